"""Change detectors: that something is worse since a moment ago, not since the stage began. Pure; numpy.

Each is a CUSUM over requests that are good or bad: a bad one adds ``up`` points, a good one takes one point
away, never below zero, and ``limit`` points are an alarm. Points are the likelihood ratio of "bad share
``worse``" against "bad share ``healthy``" on a lattice. After ten healthy minutes it is as quick as after ten
seconds, which a test begun at stage entry is not (measured: 4 s against 190 s).

A score may be an array, one element for each of many simulated hours: simulations run this very code.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

FALSE_ALARM = 0.003
"""Chance of a false alarm of one detector in one healthy hour; three detectors stay under 1% together."""

HOUR = 3_600.0
LIMITS = range(8, 4_000)


@dataclass(frozen=True)
class Detector:
    """One signal.

    Attributes:
        name: of what is counted, for the reason of a rollback.
        healthy: share of bad requests that is normal.
        worse: share that has to be found quickly; more is found quicker.
    """

    name: str
    healthy: float
    worse: float

    @property
    def up(self) -> int:
        """Points that a bad request adds; a good one takes one away."""
        good = math.log((1 - self.healthy) / (1 - self.worse))
        return max(1, round(math.log(self.worse / self.healthy) / good))

    def limit(self, per_second: float) -> int:
        """Points that are an alarm, so that false alarms are as rare as promised at this many requests.

        The next higher power of two is assumed, so that a limit moves seldom while traffic grows.
        """
        rate = 2 ** math.ceil(math.log2(max(per_second, 1.0)))
        return _limit(self.up, self.healthy, rate)

    def step(self, score: Any, seen: Any, bad: Any) -> Any:
        """The score after ``seen`` more requests, ``bad`` of them bad."""
        return np.maximum(0, score + (self.up + 1) * np.asarray(bad) - np.asarray(seen))


ERRORS = Detector("errors", 0.001, 0.03)
"""5xx of the platform, those that a retry to the old system hid included; 0.1% is normal."""

SLOW = Detector("latency", 0.01, 0.15)
"""Answers slower than the SLO's 99th percentile; 1% is normal by its meaning."""

DISAGREEMENT = Detector("disagreement", 0.04, 0.12)
"""Copied requests on which the two sides disagree; 4% is what parity was planned with."""

DETECTORS = (ERRORS, SLOW, DISAGREEMENT)


@functools.cache
def _limit(up: int, healthy: float, rate: int) -> int:
    """The lowest limit that a healthy hour reaches with at most :data:`FALSE_ALARM`; bisection, exact."""
    low, high = LIMITS[0], LIMITS[0] * 2
    while alarm_in(up, healthy, high, int(rate * HOUR)) > FALSE_ALARM:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if alarm_in(up, healthy, middle, int(rate * HOUR)) > FALSE_ALARM:
            low = middle
        else:
            high = middle
    return high


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
    rate = 2 ** math.ceil(math.log2(max(per_second, 1.0)))
    chance = alarm_in(detector.up, detector.healthy, detector.limit(per_second), int(rate * HOUR))
    return 1 / -math.log1p(-chance)
