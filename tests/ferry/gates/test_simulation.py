"""How often the gate lets a worse model through, by simulation (C7).

Two fixed models answer rows that neither has seen: labels are drawn anew for every repetition. The worse one
is worse by exactly the figure *in the population*, in the metric under test. Bars: 0.010 worse is promoted at
most 5% of the time, 0.015 worse at most 1%, an equal one at least 90%, each at the number of rows that the
gate itself asks for. A simulated rate is held against the binomial bound that a true rate at the bar would
exceed once in a thousand tests. Seeded, so the figures do not wander.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binom, norm

from ferry.gates.checks import Pairs, parity
from ferry.gates.paired import auc, newcombe
from ferry.gates.power import rows_needed
from workloads.evidence import Verdict
from workloads.spec import Comparison, MetricSpec, Tolerances

SURE = 0.999

SAME, BETTER = Comparison.EQUIVALENCE, Comparison.NON_INFERIORITY
BOTH = pytest.mark.parametrize("comparison", [SAME, BETTER])


def at_most(bar: float, runs: int) -> float:
    """The rate that ``runs`` repetitions of a true rate at the bar stay below, 999 times of 1,000."""
    return float(binom.ppf(SURE, runs, bar)) / runs


def at_least(bar: float, runs: int) -> float:
    return float(binom.ppf(1 - SURE, runs, bar)) / runs


def accuracy_promoted(worse: float, comparison: Comparison, runs: int = 20_000) -> float:
    """Share of repetitions that pass: models that disagree on 4% of the rows, one right 91%."""
    n = rows_needed(0.2, 0.01, comparison)
    only_new, only_old = 0.02 - worse / 2, 0.02 + worse / 2
    cells = np.random.default_rng(7).multinomial(n, [0.89, only_new, only_old, 0.07], size=runs)
    low, high = newcombe(cells)
    passed = (low > -0.01) & ((high < 0.01) | (comparison is BETTER))
    return float(passed.mean())


@BOTH
def test_accuracy_gate_promotes_worse_models_rarely_and_equal_ones_usually(comparison: Comparison) -> None:
    """C7: at the stated n, which is 3,846 rows for non-inferiority and 4,751 for equivalence."""
    assert rows_needed(0.2, 0.01, comparison) == (3_846 if comparison is BETTER else 4_751)
    assert accuracy_promoted(0.010, comparison) <= at_most(0.05, 20_000)
    assert accuracy_promoted(0.015, comparison) <= at_most(0.01, 20_000)
    assert accuracy_promoted(0.0, comparison) >= at_least(0.90, 20_000)


# Both models as scorers of one population


def area(separation: float) -> float:
    """AUC of a scorer whose positives lie ``separation`` standard deviations above its negatives."""
    return float(norm.cdf(separation / np.sqrt(2)))


def separation(wanted: float) -> float:
    return float(norm.ppf(wanted) * np.sqrt(2))


OLD_AUC, SHARED = 0.93, 0.9
"""The old model's area; correlation of the two models' scores within a class."""


def scored(n: int, worse: float, rng: np.random.Generator) -> Pairs:
    """Fresh rows, one in five positive, and what both fixed models say about them."""
    labels = rng.random(n) < 0.2
    common, own_old, own_new = rng.standard_normal((3, n))
    mix, rest = np.sqrt(SHARED), np.sqrt(1 - SHARED)
    old = mix * common + rest * own_old + labels * separation(OLD_AUC)
    new = mix * common + rest * own_new + labels * separation(OLD_AUC - worse)
    return Pairs(labels, old, new)


def spread() -> float:
    """What a row adds to the difference of areas in this population: from one large pilot."""
    pilot = scored(200_000, 0.0, np.random.default_rng(1))
    return auc(pilot.labels, pilot.legacy, pilot.platform).sd


def auc_promoted(worse: float, comparison: Comparison, runs: int) -> float:
    sd = spread()
    tolerances = Tolerances(metrics=(MetricSpec(name="auc", tolerance=0.01, planned_sd=sd),))
    n = rows_needed(sd, 0.01, comparison)
    rng = np.random.default_rng(11)
    passed = [
        parity(scored(n, worse, rng), tolerances, comparison)[0].verdict is Verdict.PASS for _ in range(runs)
    ]
    return float(np.mean(passed))


@BOTH
def test_auc_gate_promotes_worse_models_rarely_and_equal_ones_usually(comparison: Comparison) -> None:
    """C7: through the gate's own code, DeLong included."""
    runs = 200
    assert auc_promoted(0.010, comparison, runs) <= at_most(0.05, runs)
    assert auc_promoted(0.015, comparison, runs) <= at_most(0.01, runs)
    assert auc_promoted(0.0, comparison, runs) >= at_least(0.90, runs)


def flipped(n: int, wrong_old: float, wrong_new: float, rng: np.random.Generator) -> Pairs:
    """Rows with three positives in ten; each side is wrong on its own share of them, often on the same."""
    labels = rng.random(n) < 0.3
    luck = rng.random(n)
    own = rng.random((2, n))
    shared = 0.05
    old = labels ^ ((luck < shared) | (own[0] < wrong_old))
    new = labels ^ ((luck < shared) | (own[1] < wrong_new))
    return Pairs(labels, old.astype(float), new.astype(float))


def f1_of(wrong: float) -> float:
    """F1 in the population of a side that is wrong on a share of the rows of either class."""
    error = 0.05 + 0.95 * wrong
    hits, false = 0.3 * (1 - error), 0.7 * error
    return 2 * hits / (hits + false + 0.3)


def wrong_for(worse: float) -> float:
    """The share that makes the platform's F1 worse by exactly this much."""
    grid = np.linspace(0.02, 0.08, 60_001)
    return float(grid[np.argmin([abs(f1_of(0.02) - worse - f1_of(x)) for x in grid])])


@pytest.mark.parametrize(
    ("worse", "holds"),
    [
        (0.020, lambda rate, runs: rate <= at_most(0.05, runs)),
        (0.030, lambda rate, runs: rate <= at_most(0.01, runs)),
        (0.0, lambda rate, runs: rate >= at_least(0.90, runs)),
    ],
)
def test_joint_gate_of_three_metrics_keeps_both_promises(
    worse: float, holds: Callable[[float, int], bool]
) -> None:
    """C7, several metrics: worse by F1's tolerance, or by half as much again, against all three at once."""
    metrics = (
        MetricSpec(name="accuracy", tolerance=0.01, planned_sd=0.2),
        MetricSpec(name="f1", tolerance=0.02, planned_sd=0.4),
        MetricSpec(name="auc", tolerance=0.01, planned_sd=0.23),
    )
    tolerances, runs = Tolerances(metrics=metrics), 250
    n = max(rows_needed(metric.planned_sd, metric.tolerance, BETTER, 3) for metric in metrics)
    rng, wrong = np.random.default_rng(13), wrong_for(worse)
    passed = [
        all(
            check.verdict is Verdict.PASS
            for check in parity(flipped(n, 0.02, wrong, rng), tolerances, BETTER)
        )
        for _ in range(runs)
    ]
    assert holds(float(np.mean(passed)), runs), float(np.mean(passed))
