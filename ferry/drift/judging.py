"""Two samples of scores, one question: do they come from one distribution? Pure.

Labels come weeks later; scores are there at once. A shift of scores is no proof of a worse model, but a worse
model without one is rare: it is the signal that asks for a look, and for retraining.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scipy.stats import ks_2samp

from infra.specs.base import Spec
from workloads.evidence import Verdict

FEWEST = 500
"""Scores on each side below which nothing is said."""
CHANCE = 0.001
"""Of an alarm in an hour in which nothing changed: one in six weeks, if it were not for :data:`SHIFT`."""
SHIFT = 0.1
"""The largest difference of the two cumulative distributions that is let pass, however sure it is: with
many rows any small difference is certain. A judgement, to be set from your own data."""


class Drift(Spec):
    """What was found.

    Attributes:
        verdict: PASS, FAIL (drifted), NO_DATA, TOO_SMALL, MISMATCH (another model than the reference's).
        shift: Kolmogorov and Smirnov's statistic; ``chance`` of one as large if nothing had changed.
        reference, recent: how many scores.
    """

    verdict: Verdict
    model: str
    reference: int
    recent: int
    shift: float | None = None
    chance: float | None = None


def judge(model: str, reference: Sequence[float], recent: Sequence[float]) -> Drift:
    """Compare the scores of one model, when it was accepted and now."""
    counts: dict[str, Any] = {"model": model, "reference": len(reference), "recent": len(recent)}
    if not reference or not recent:
        return Drift(verdict=Verdict.NO_DATA, **counts)
    if min(len(reference), len(recent)) < FEWEST:
        return Drift(verdict=Verdict.TOO_SMALL, **counts)
    found = ks_2samp(reference, recent)
    shift, chance = float(found.statistic), float(found.pvalue)
    drifted = shift > SHIFT and chance < CHANCE
    return Drift(verdict=Verdict.FAIL if drifted else Verdict.PASS, shift=shift, chance=chance, **counts)
