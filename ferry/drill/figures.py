"""From what was seen to figures: medians, percentiles, who else would have noticed when. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

import numpy as np

from ferry.drill.programs import Answer
from ferry.guard import detectors, others
from ferry.guard.loop import EVERY_S

MEDIAN, HIGH, TAIL = 50, 95, 99


@dataclass(frozen=True)
class Spread:
    """Values of several runs."""

    values: tuple[float, ...]

    @property
    def p50(self) -> float:
        """Median."""
        return percentile(self.values, MEDIAN)

    @property
    def p95(self) -> float:
        """95th percentile."""
        return percentile(self.values, HIGH)

    def told(self, unit: str) -> str:
        """One line for a person."""
        low, high = min(self.values), max(self.values)
        return (
            f"{len(self.values)} runs: p50 {self.p50:.2f} {unit}, p95 {self.p95:.2f} {unit}, "
            f"least {low:.2f}, most {high:.2f}"
        )


def percentile(values: Sequence[float], share: float) -> float:
    """A percentile, interpolated; of nothing there is none.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("no run gave a value, so there is no percentile of them")
    return float(np.percentile(values, share))


def lost(answers: Iterable[Answer]) -> int:
    """Requests without a usable answer."""
    return sum(item.status != HTTPStatus.OK for item in answers)


@dataclass(frozen=True)
class Detection:
    """One failure, from its first bad response to the last answer that the platform had a hand in.

    Attributes:
        seconds: between the two, by the load generator's clock.
        exposed: answers that the bad model gave, or would have given had no retry hidden them.
    """

    seconds: float
    exposed: int


def detection(answers: Sequence[Answer], asked: Iterable[str], bad: Iterable[str]) -> Detection | None:
    """What one failure cost callers.

    Args:
        answers: everything the load generator was told.
        asked: keys of callers' requests that the platform tried since it fell ill.
        bad: those of them that went wrong there; None is returned when no caller met one.
    """
    ended = {item.key: item.began + item.seconds for item in answers}
    tried = [ended[key] for key in asked if key in ended]
    wrong = [ended[key] for key in bad if key in ended]
    if not wrong:
        return None
    return Detection(max(0.0, max(tried) - min(wrong)), len(tried))


def elsewhere(bad: float, ours: float, per_second: float, runs: int = 2_000) -> list[str]:
    """When the documented default rules of others would have ended the same failure, and the ratio.

    Args:
        bad: share of bad answers that these rules see: 0 for what is slow below their limit, or wrong.
        ours: seconds, median.
        per_second: what the platform gets.
    """
    lines = []
    for rule in (others.FLAGGER, others.ARGO_ROLLOUTS):
        theirs = percentile([*others.seconds(rule, bad, per_second, runs)], MEDIAN) if bad else math.inf
        if math.isfinite(theirs):
            lines.append(f"{rule.name}: p50 {theirs:.0f} s, {theirs / max(ours, 0.01):.0f} times ours")
        else:
            lines.append(f"{rule.name}: never found; its default rules do not look at that")
    return lines


def false_hours(hours: int, per_second: float, seed: int = 1, every_s: float = EVERY_S) -> dict[str, float]:
    """Share of healthy hours in which each detector raises an alarm, and any of them.

    Every hour is 3,600 s of windows at its healthy share of badness, through the detectors' own code.
    """
    rng, size = np.random.default_rng(seed), int(per_second * every_s)
    scores = {item.name: np.zeros(hours) for item in detectors.DETECTORS}
    over = {item.name: np.zeros(hours, dtype=bool) for item in detectors.DETECTORS}
    for _ in range(int(detectors.HOUR / every_s)):
        for item in detectors.DETECTORS:
            bad = rng.binomial(size, item.healthy, hours)
            scores[item.name] = item.step(scores[item.name], size, bad)
            over[item.name] |= scores[item.name] >= item.limit(per_second)
    shares = {name: float(found.mean()) for name, found in over.items()}
    return {**shares, "any": float(np.logical_or.reduce([*over.values()]).mean())}
