"""Differences between two models on the same rows, each with an interval. Pure; numpy and scipy.

All differences are platform minus legacy, so that below zero is worse; each bound is one-sided at ``ALPHA``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from ferry.gates.power import ALPHA, z_level

Labels = NDArray[np.bool_]
Scores = NDArray[np.float64]

DRAWS = 2_000
"""Bootstrap samples; the error of a 4.5% quantile is then about half a point of its level."""


@dataclass(frozen=True)
class Difference:
    """Platform minus legacy.

    Attributes:
        legacy: the old system's own value.
        estimate, low, high: the difference and its bounds.
        sd: what one row adds to the difference, from these rows; rows for another width follow from it.
        method: for the evidence.
    """

    legacy: float
    estimate: float
    low: float
    high: float
    sd: float
    method: str


def accuracy(labels: Labels, legacy: Labels, platform: Labels) -> Difference:
    """Difference of two accuracies on the same rows: Newcombe's hybrid score interval for paired proportions.

    Newcombe (1998), Statistics in Medicine 17, 2635, method 10.
    """
    right_old, right_new = legacy == labels, platform == labels
    n = len(labels)
    both, new, old = (
        int(np.sum(c)) for c in (right_new & right_old, right_new & ~right_old, ~right_new & right_old)
    )
    low, high = newcombe(np.array([both, new, old, n - both - new - old]))
    share = (new + old) / n
    estimate = (new - old) / n
    sd = float(np.sqrt(share - estimate**2))
    return Difference(
        (both + old) / n, estimate, float(low), float(high), sd, "Newcombe's paired score interval"
    )


def newcombe(cells: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bounds of the difference of paired proportions.

    Args:
        cells: counts, last axis: both right, only the first, only the second, neither.
    """
    a, b, c, d = np.moveaxis(cells.astype(float), -1, 0)
    n = a + b + c + d
    first, second = (a + b) / n, (a + c) / n
    low1, high1 = _wilson(first, n)
    low2, high2 = _wilson(second, n)
    spread = np.sqrt((a + b) * (c + d) * (a + c) * (b + d))
    cross = a * d - b * c
    corrected = np.where(cross > 0, np.maximum(cross - n / 2, 0), cross)
    phi = np.divide(corrected, spread, out=np.zeros_like(spread), where=spread > 0)
    down1, up1, down2, up2 = first - low1, high1 - first, second - low2, high2 - second
    below = np.sqrt(np.maximum(down1**2 - 2 * phi * down1 * up2 + up2**2, 0))
    above = np.sqrt(np.maximum(up1**2 - 2 * phi * up1 * down2 + down2**2, 0))
    return first - second - below, first - second + above


def _wilson(share: NDArray[Any], n: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    z = z_level()
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return middle - half, middle + half


def auc(labels: Labels, legacy: Scores, platform: Scores) -> Difference:
    """Difference of two areas under the ROC curve on the same rows: DeLong's variance.

    DeLong et al. (1988), Biometrics 44, 837, with the ranks of Sun and Xu (2014).

    Raises:
        ValueError: not both classes are there.
    """
    n = len(labels)
    positives = int(labels.sum())
    if positives in (0, n):
        raise ValueError("rows of both classes are needed for an area under a curve")
    old_area, old_hit, old_miss = _components(labels, legacy)
    new_area, new_hit, new_miss = _components(labels, platform)
    estimate = new_area - old_area
    variance = np.var(new_hit - old_hit, ddof=1) / positives + np.var(new_miss - old_miss, ddof=1) / (
        n - positives
    )
    half = z_level() * float(np.sqrt(variance))
    sd = float(np.sqrt(variance * n))
    return Difference(old_area, estimate, estimate - half, estimate + half, sd, "DeLong's paired interval")


def _components(labels: Labels, scores: Scores) -> tuple[float, Scores, Scores]:
    """The area, and what each positive and each negative row adds to it."""
    hits, misses = scores[labels], scores[~labels]
    ranks = rankdata(scores)
    among_hits, among_misses = rankdata(hits), rankdata(misses)
    per_hit = (ranks[labels] - among_hits) / len(misses)
    per_miss = 1 - (ranks[~labels] - among_misses) / len(hits)
    return float(per_hit.mean()), per_hit, per_miss


def f1(labels: Labels, legacy: Labels, platform: Labels, seed: int = 0, draws: int = DRAWS) -> Difference:
    """Difference of two F1 scores on the same rows: paired bootstrap, percentiles.

    Rows are of eight kinds (label, legacy, platform), so drawing rows anew is drawing their counts from a
    multinomial; the result has the same distribution and takes milliseconds.

    Raises:
        ValueError: there is no positive row.
    """
    n = len(labels)
    if not labels.any():
        raise ValueError("positive rows are needed for an F1 score")
    kinds = labels * 4 + legacy * 2 + platform * 1
    counts = np.bincount(kinds, minlength=8)
    drawn = np.random.default_rng(seed).multinomial(n, counts / n, size=draws)
    old, new = _f1(counts)
    old_drawn, new_drawn = _f1(drawn)
    differences = new_drawn - old_drawn
    low, high = np.quantile(differences, [ALPHA, 1 - ALPHA])
    sd = float(differences.std() * np.sqrt(n))
    return Difference(
        float(old),
        float(new - old),
        float(low),
        float(high),
        sd,
        f"paired bootstrap, {draws} draws, percentiles",
    )


def _f1(counts: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """F1 of both sides from the counts of the eight kinds (last axis)."""
    k = np.moveaxis(counts, -1, 0)
    positives = k[4] + k[5] + k[6] + k[7]
    old = _ratio(k[6] + k[7], k[2] + k[3] + k[6] + k[7], positives)
    new = _ratio(k[5] + k[7], k[1] + k[3] + k[5] + k[7], positives)
    return old, new


def _ratio(hits: NDArray[Any], called: NDArray[Any], positives: NDArray[Any]) -> NDArray[np.float64]:
    total = np.asarray(called + positives, dtype=float)
    shares: NDArray[np.float64] = np.divide(2.0 * hits, total, out=np.zeros_like(total), where=total > 0)
    return shares
