"""Each state of a check is reached by what deserves it, and the intervals are the published ones (C7, C13).

Proves the formulas against definitions by brute force and textbook figures, and the verdicts by tables. How
often a verdict is wrong is simulated beside this file.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from ferry.gates import gate
from ferry.gates.checks import Compared, Pairs, TrainingRun, features, parity, slo, training
from ferry.gates.gate import Measured, Where
from ferry.gates.paired import accuracy, auc, f1, newcombe
from ferry.gates.power import rows_needed
from ferry.gates.rows import Prediction, RowsError, Side, labels, side
from workloads.catalogue import CATALOGUE
from workloads.evidence import Evidence, Kind, Verdict
from workloads.features import FEATURE_GROUPS
from workloads.spec import Comparison, MetricSpec, OnlineSlo, Tolerances
from workloads.state import Stage

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
RNG = np.random.default_rng(5)
N = rows_needed(0.2, 0.01, Comparison.EQUIVALENCE)
ACCURACY = Tolerances(metrics=(MetricSpec(name="accuracy", tolerance=0.01),))


# The statistics


def test_newcombe_agrees_with_its_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newcombe (1998), table III: cells 36, 12, 2, 0 at 95% give 0.0569 to 0.3404 by method 10."""
    monkeypatch.setattr("ferry.gates.paired.z_level", lambda: 1.959964)
    low, high = newcombe(np.array([36, 12, 2, 0]))
    assert (round(float(low), 4), round(float(high), 4)) == (0.0569, 0.3404)


def test_area_and_its_variance_agree_with_their_definition() -> None:
    """DeLong (1988): the mean over all pairs, ties counted half, and the variance of its row sums."""
    truth = np.array([True] * 12 + [False] * 20)
    old, new = RNG.integers(0, 6, (2, 32)).astype(float)
    kernel = [(s[truth][:, None] > s[~truth]) + 0.5 * (s[truth][:, None] == s[~truth]) for s in (old, new)]
    found = auc(truth, old, new)
    assert found.estimate == pytest.approx(kernel[1].mean() - kernel[0].mean())
    gap = kernel[1] - kernel[0]
    variance = gap.mean(axis=1).var(ddof=1) / 12 + gap.mean(axis=0).var(ddof=1) / 20
    assert found.sd == pytest.approx(np.sqrt(variance * 32))


def test_bootstrap_of_counts_is_the_bootstrap_of_rows() -> None:
    """F1: the spread equals that of rows drawn one by one."""
    truth = RNG.random(800) < 0.4
    old, new = (truth ^ (RNG.random(800) < share) for share in (0.1, 0.12))

    def score(rows: Any, called: Any) -> float:
        return float(2 * (truth[rows] & called[rows]).sum() / (truth[rows].sum() + called[rows].sum()))

    drawn = [score(r, new) - score(r, old) for r in RNG.integers(0, 800, (2_000, 800))]
    found = f1(truth, old, new)
    assert found.sd == pytest.approx(np.std(drawn) * np.sqrt(800), rel=0.08)
    assert found.estimate == pytest.approx(score(np.arange(800), new) - score(np.arange(800), old))


def test_accuracy_is_platform_minus_legacy() -> None:
    truth, right = np.array([True] * 100), np.array([True] * 100)
    worse = np.array([False] * 10 + [True] * 90)
    assert accuracy(truth, right, worse).estimate == pytest.approx(-0.10)


# The verdicts


def pairs(n: int, wrong_old: float, wrong_new: float) -> Pairs:
    """Rows of which exactly these shares are wrong on each side, never on the same row."""
    truth = np.arange(n) % 2 == 0
    order = np.random.default_rng(3).permutation(n)
    old, new = truth.copy(), truth.copy()
    first = int(n * wrong_old)
    old[order[:first]] ^= True
    new[order[first : first + int(n * wrong_new)]] ^= True
    return Pairs(truth, old.astype(float), new.astype(float))


@pytest.mark.parametrize(
    ("rows", "comparison", "verdict"),
    [
        (pairs(0, 0, 0), Comparison.NON_INFERIORITY, Verdict.NO_DATA),
        (pairs(N - 1, 0.02, 0.02), Comparison.EQUIVALENCE, Verdict.TOO_SMALL),
        (pairs(N, 0.02, 0.02), Comparison.EQUIVALENCE, Verdict.PASS),
        (pairs(N, 0.02, 0.035), Comparison.EQUIVALENCE, Verdict.FAIL),
        (pairs(N, 0.035, 0.02), Comparison.EQUIVALENCE, Verdict.FAIL),
        (pairs(N, 0.035, 0.02), Comparison.NON_INFERIORITY, Verdict.PASS),
        (pairs(N, 0.15, 0.15), Comparison.NON_INFERIORITY, Verdict.TOO_SMALL),
        (pairs(20 * N, 0.02, 0.0295), Comparison.NON_INFERIORITY, Verdict.FAIL),
    ],
    ids=["none", "one row short", "equal", "worse", "better", "better rebuild", "noisy", "at the edge"],
)
def test_parity_has_a_state_for_each_case(rows: Pairs, comparison: Comparison, verdict: Verdict) -> None:
    """C7: same code has to be equivalent, a rebuild may be better; few or noisy rows are no failure."""
    assert parity(rows, ACCURACY, comparison)[0].verdict is verdict


def test_a_low_metric_may_not_lose_a_larger_share_of_itself() -> None:
    """C7: less than 5% degradation: of an F1 near 0.2, 0.01 and not 0.02."""
    truth = np.arange(2_000) % 10 == 0
    called = np.random.default_rng(1).random(2_000) < 0.15
    rows = Pairs(truth, called.astype(float), called.astype(float))
    tolerances = Tolerances(metrics=(MetricSpec(name="f1", tolerance=0.02),))
    (check,) = parity(rows, tolerances, Comparison.NON_INFERIORITY)
    old = f1(truth, called, called).legacy
    assert check.limit == pytest.approx(0.05 * old)
    assert 0.05 * old < 0.02


def test_one_class_only_is_no_data_about_a_curve() -> None:
    rows = Pairs(np.array([False] * 9_000), np.zeros(9_000), np.zeros(9_000))
    tolerances = Tolerances(metrics=(MetricSpec(name="auc", tolerance=0.01),))
    assert parity(rows, tolerances, Comparison.NON_INFERIORITY)[0].verdict is Verdict.NO_DATA


def runs(seconds: float, count: int = 5, hardware: str = "g4dn.xlarge") -> list[TrainingRun]:
    return [TrainingRun(seed, seconds * (1 + 0.01 * (seed % 3)), hardware) for seed in range(count)]


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        (runs(100), runs(100), Verdict.PASS),
        (runs(100), runs(117), Verdict.PASS),
        (runs(100), runs(121), Verdict.FAIL),
        (runs(100), runs(100, count=4), Verdict.TOO_SMALL),
        (runs(100), [*runs(100, count=4), TrainingRun(3, 100, "g4dn.xlarge")], Verdict.TOO_SMALL),
        (runs(100), [], Verdict.NO_DATA),
        (runs(100), runs(100, hardware=""), Verdict.NO_DATA),
    ],
    ids=["same", "a sixth slower", "a fifth slower", "four runs", "a seed twice", "none", "no hardware"],
)
def test_training_may_take_a_fifth_longer(
    old: list[TrainingRun], new: list[TrainingRun], verdict: Verdict
) -> None:
    """C7: at least five seeds, hardware named."""
    check = training(old, new, 0.20)
    assert check.verdict is verdict
    assert verdict is Verdict.NO_DATA or "legacy on g4dn.xlarge; platform on g4dn.xlarge" in check.note


SLO = OnlineSlo(p99_ms=50, error_rate=0.001)


@pytest.mark.parametrize(
    ("fast", "slow", "failed", "verdicts"),
    [
        (10_000, 50, 2, (Verdict.PASS, Verdict.PASS)),
        (10_000, 150, 0, (Verdict.FAIL, Verdict.PASS)),
        (10_000, 0, 20, (Verdict.PASS, Verdict.FAIL)),
        (1_000, 0, 0, (Verdict.PASS, Verdict.TOO_SMALL)),
        (0, 0, 0, (Verdict.NO_DATA, Verdict.NO_DATA)),
    ],
)
def test_slo_needs_enough_requests(fast: int, slow: int, failed: int, verdicts: tuple[Verdict, ...]) -> None:
    """C7: that no request of a thousand failed does not show that fewer than one in a thousand do."""
    assert tuple(check.verdict for check in slo([10.0] * fast + [90.0] * slow, failed, SLO)) == verdicts


GROUP = "card-transactions"


def compared(reads: int = 1_000, different: int = 0, without: int = 0) -> dict[str, Compared]:
    names = FEATURE_GROUPS[GROUP].features[without:]
    return {f"{GROUP}.{name}": Compared(reads, different) for name in names}


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (compared(), Verdict.PASS),
        (compared(different=1), Verdict.FAIL),
        (compared(without=1), Verdict.NO_DATA),
        (compared(reads=999), Verdict.TOO_SMALL),
        ({}, Verdict.NO_DATA),
    ],
    ids=["equal", "one differs", "one missing", "too few", "none"],
)
def test_features_are_equal_one_by_one(found: dict[str, Compared], verdict: Verdict) -> None:
    """C13: 100% parity; a feature that was renamed is missing, not equal."""
    assert features([GROUP], found)[0].verdict is verdict


# Joining


def answered(count: int, model: str = "a", at: datetime = NOW, skip: int = 0) -> Side:
    digest = "sha256:" + model * 64
    items = [
        Prediction(key=str(i), model=digest, at=at, ms=5, score=float(i % 2)) for i in range(skip, count)
    ]
    return Side({item.key: item for item in items})


TRUTH = {str(number): number % 2 == 1 for number in range(6_000)}
CHURN = CATALOGUE["churn"]


def judged(**changes: Any) -> Evidence:
    values: dict[str, Any] = {"legacy": answered(6_000), "platform": answered(6_000, "b"), "truth": TRUTH}
    where = Where("dev", Stage.SHADOW, None)
    return gate.judge(CHURN, where, frozenset({Kind.PARITY}), Measured(**{**values, **changes}), NOW)


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, Verdict.PASS),
        ({"legacy": answered(5_000), "platform": answered(5_000, "b")}, Verdict.TOO_SMALL),
        ({"truth": {}}, Verdict.NO_DATA),
        ({"platform": Side({})}, Verdict.NO_DATA),
        ({"platform": answered(6_000, "b", NOW - timedelta(hours=25))}, Verdict.STALE),
        ({"serving": "sha256:" + "c" * 64}, Verdict.MISMATCH),
        ({"platform": Side({**answered(6_000, "b").answers, **answered(9, "c").answers})}, Verdict.MISMATCH),
        ({"platform": answered(6_000, "b", skip=61)}, Verdict.NO_DATA),
    ],
    ids=["good", "small", "no truth", "no platform", "stale", "other model", "two models", "1% left out"],
)
def test_rows_that_prove_nothing_are_told_apart(changes: dict[str, Any], verdict: Verdict) -> None:
    """C7: stale, too small, mismatched and missing are states of their own."""
    assert gate.verdict(judged(**changes)) is verdict


def test_what_nothing_measures_is_no_data_and_not_left_out() -> None:
    """C7, C12: a step that asks for the export of history does not pass for want of a measurement."""
    kinds = frozenset({Kind.EXPORT})
    item = gate.judge(CHURN, Where("dev", Stage.STANDBY, None), kinds, Measured(Side({}), Side({}), {}), NOW)
    assert [(check.kind, check.verdict) for check in item.checks] == [(Kind.EXPORT, Verdict.NO_DATA)]


def test_evidence_names_both_models_and_exactly_its_rows() -> None:
    item = judged()
    assert (item.legacy_model, item.platform_model) == ("sha256:" + "a" * 64, "sha256:" + "b" * 64)
    assert item.dataset != judged(truth={**TRUTH, "0": True}).dataset
    assert "intersection-union" in item.multiplicity
    assert item.expires_at - item.made_at == timedelta(hours=24)


def test_a_line_that_is_none_is_named_with_a_right_one() -> None:
    with pytest.raises(RowsError, match=r"Line 2 is not a prediction .* nothing was judged\. A right one"):
        side([answered(1).answers["0"].model_dump_json(), '{"key": "1"}'], NOW)
    with pytest.raises(RowsError, match="is not a label"):
        labels(['{"key": "1", "label": "yes"}'])
