"""What the documented default rules of Flagger and Argo Rollouts would do about the same failures. Computed.

Neither was run: these are their rules as their documents state them, fed with simulated requests.

- Flagger (fluxcd.io/flagger/usage/metrics): every minute the share of good requests of the last minute, at
  least 99%; back after ``threshold: 5`` failed checks, as in its tutorials.
- Argo Rollouts (docs/features/analysis.md, background analysis): every five minutes ``irate`` over the last
  two scrapes, at least 95%; with ``failureLimit: 3`` the fourth failure ends it.

Neither compares answers: a model that is silently wrong is never found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Rule:
    """Looks every ``interval`` seconds at the last ``window`` seconds; ``failures`` bad looks end it."""

    name: str
    interval: float
    window: float
    minimum: float
    failures: int


FLAGGER = Rule("Flagger (documented defaults, computed)", 60, 60, 0.99, 5)
ARGO_ROLLOUTS = Rule("Argo Rollouts (documented example, computed)", 300, 15, 0.95, 4)
"""The window of its ``irate`` is one scrape interval, 15 s by Prometheus's example configuration."""


def seconds(rule: Rule, bad: float, per_second: float, runs: int, seed: int = 0) -> NDArray[np.float64]:
    """Seconds from a failure to the decision, ``runs`` times; infinite where it is not found in two hours.

    Args:
        bad: share of requests that fail from then on; before, none did.
        per_second: requests that the platform gets.
    """
    rng = np.random.default_rng(seed)
    first = rng.random((runs, 1)) * rule.interval
    looks = first + rule.interval * np.arange(int(7_200 // rule.interval))
    exposed = np.minimum(looks, rule.window) / rule.window
    total = max(1, int(per_second * rule.window))
    failed = rng.binomial(total, bad * exposed)
    misses = np.cumsum(1 - failed / total < rule.minimum, axis=1)
    over = misses >= rule.failures
    found = np.take_along_axis(looks, np.argmax(over, axis=1)[:, None], axis=1)[:, 0]
    return np.where(over.any(axis=1), found, np.inf)
