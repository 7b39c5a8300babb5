"""Change detectors: that something is worse since a moment ago, not since the stage began. Pure; numpy.

Each is a CUSUM over requests that are good or bad: a bad one adds ``up`` points, a good one takes one point
away, never below zero, and ``limit`` points are an alarm. Points are the likelihood ratio of "bad share
``worse``" against "bad share ``healthy``" on a lattice. After ten healthy minutes it is as quick as after ten
seconds, which a test begun at stage entry is not (measured: 4 s against 190 s).

A score may be an array, one element for each of many simulated hours: simulations run this very code.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

FALSE_ALARM = 0.003
"""Chance of a false alarm of one detector in one healthy hour; three detectors stay under 1% together."""

HOUR = 3_600.0


@dataclass(frozen=True)
class Detector:
    """One signal.

    Attributes:
        name: of what is counted, for the reason of a rollback.
        healthy: share of bad requests that is normal.
        worse: share that has to be found quickly; more is found quicker.
        limits: lowest points that a healthy hour reaches with at most :data:`FALSE_ALARM`, for 1, 2, 4, …
            requests a second; computed with :func:`alarm_in`, which a test does again.
    """

    name: str
    healthy: float
    worse: float
    limits: tuple[int, ...]

    @property
    def up(self) -> int:
        """Points that a bad request adds; a good one takes one away."""
        good = math.log((1 - self.healthy) / (1 - self.worse))
        return max(1, round(math.log(self.worse / self.healthy) / good))

    def limit(self, per_second: float) -> int:
        """Points that are an alarm, so that false alarms are as rare as promised at this many requests.

        The next higher power of two is assumed, so that a limit moves seldom while traffic grows; above
        4,096 a second the highest is taken.
        """
        return self.limits[min(doublings(per_second), len(self.limits) - 1)]

    def step(self, score: Any, seen: Any, bad: Any) -> Any:
        """The score after ``seen`` more requests, ``bad`` of them bad."""
        return np.maximum(0, score + (self.up + 1) * np.asarray(bad) - np.asarray(seen))


ERRORS = Detector("errors", 0.001, 0.03, (316, 334, 359, 387, 410, 430, 453, 479, 503, 525, 548, 572, 596))
"""5xx of the platform, those that a retry to the old system hid included; 0.1% is normal."""

SLOW = Detector("latency", 0.01, 0.15, (74, 79, 83, 88, 93, 97, 102, 107, 111, 116, 121, 125, 130))
"""Answers slower than the SLO's 99th percentile; 1% is normal by its meaning."""

DISAGREEMENT = Detector(
    "disagreement", 0.04, 0.12, (127, 136, 145, 153, 162, 170, 179, 187, 196, 205, 213, 222, 230)
)
"""Copied requests on which the two sides disagree; 4% is what parity was planned with."""

DETECTORS = (ERRORS, SLOW, DISAGREEMENT)


def doublings(per_second: float) -> int:
    """How often 1 request a second has to be doubled to be at least this many."""
    return math.ceil(math.log2(max(per_second, 1.0)))


def alarm_in(up: int, healthy: float, limit: int, requests: int) -> float:
    """Chance that a healthy stream of requests, counted one by one, reaches the limit at least once.

    Exact: the score is a Markov chain on ``0 … limit``; its matrix is raised to the power ``requests``.
    """
    chain = np.zeros((limit + 1, limit + 1))
    for score in range(limit):
        chain[score, max(0, score - 1)] += 1 - healthy
        chain[score, min(limit, score + up)] += healthy
    chain[limit, limit] = 1.0
    return float(np.linalg.matrix_power(chain, requests)[0, limit])


def run_length(detector: Detector, per_second: float) -> float:
    """Hours between two false alarms of a healthy stream, on average."""
    requests = int(2 ** doublings(per_second) * HOUR)
    chance = alarm_in(detector.up, detector.healthy, detector.limit(per_second), requests)
    return 1 / -math.log1p(-chance)
