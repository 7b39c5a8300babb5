"""From measurements to checks with a verdict. Pure: what is held against what, and what is too little."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest, ttest_ind

from ferry.gates import paired
from ferry.gates.paired import Difference, Labels, Scores
from ferry.gates.power import ALPHA, rows_needed
from workloads.evidence import Check, Kind, Verdict
from workloads.features import FEATURE_GROUPS
from workloads.spec import Comparison, MetricSpec, OnlineSlo, Tolerances

SEEDS = 5
"""Training runs of each side, each from another seed (issue: at least five)."""

SLOW = 0.01
"""An SLO on the 99th percentile allows this share of slower requests."""

FEATURE_READS = 1_000
"""Comparisons of each feature: with none different, at most 0.3% differ (95%)."""


@dataclass(frozen=True)
class Pairs:
    """Rows on which both sides answered and the truth is known."""

    labels: Labels
    legacy: Scores
    platform: Scores

    def called(self, threshold: float = 0.5) -> tuple[Labels, Labels]:
        """Classes that both sides say."""
        return self.legacy >= threshold, self.platform >= threshold


def parity(pairs: Pairs, tolerances: Tolerances, comparison: Comparison) -> list[Check]:
    """One check for each metric; all of them have to pass."""
    return [_metric(pairs, metric, tolerances, comparison) for metric in tolerances.metrics]


def _metric(pairs: Pairs, metric: MetricSpec, tolerances: Tolerances, comparison: Comparison) -> Check:
    n, k = len(pairs.labels), len(tolerances.metrics)
    planned = rows_needed(metric.planned_sd, metric.tolerance, comparison, k)
    method = f"{comparison} at one-sided {ALPHA}"
    empty = Check(
        kind=Kind.PARITY, metric=metric.name, verdict=Verdict.NO_DATA, method=method, n=n, needed=planned
    )
    if n == 0:
        return empty.model_copy(update={"note": "no row was answered by both sides and has a label"})
    try:
        found = _measured(pairs, metric.name)
    except ValueError as error:
        return empty.model_copy(update={"note": str(error)})
    limit = min(metric.tolerance, tolerances.degradation * found.legacy)
    needed = max(planned, rows_needed(metric.planned_sd, limit, comparison, k) if limit > 0 else planned)
    observed = rows_needed(found.sd, limit, comparison, k) if limit > 0 else needed
    return Check(
        kind=Kind.PARITY,
        metric=metric.name,
        verdict=_parity_verdict(found, limit, comparison, n, (needed, observed)),
        method=f"{method}: {found.method}",
        n=n,
        needed=needed,
        estimate=found.estimate,
        low=found.low,
        high=found.high,
        limit=limit,
        note=f"legacy {found.legacy:.4f}; with the spread of these rows {observed} give 90% power",
    )


def _measured(pairs: Pairs, name: str) -> Difference:
    if name == "auc":
        return paired.auc(pairs.labels, pairs.legacy, pairs.platform)
    classes: dict[str, Callable[[Labels, Labels, Labels], Difference]] = {
        "accuracy": paired.accuracy,
        "f1": paired.f1,
    }
    return classes[name](pairs.labels, *pairs.called())


def _parity_verdict(
    found: Difference, limit: float, comparison: Comparison, n: int, needed: tuple[int, int]
) -> Verdict:
    """TOO_SMALL before looking if fewer than planned; after, if undecided and these rows cannot say more."""
    planned, observed = needed
    if n < planned:
        return Verdict.TOO_SMALL
    good = found.low > -limit and (comparison is Comparison.NON_INFERIORITY or found.high < limit)
    if good:
        return Verdict.PASS
    undecided = abs(found.estimate) < limit and n < observed
    return Verdict.TOO_SMALL if undecided else Verdict.FAIL


@dataclass(frozen=True)
class TrainingRun:
    """One run: its seed, its seconds, and what it ran on (e.g. ``g4dn.xlarge``)."""

    seed: int
    seconds: float
    hardware: str


def training(legacy: Sequence[TrainingRun], platform: Sequence[TrainingRun], limit: float) -> Check:
    """Whether training takes at most ``limit`` longer, as a share: Welch's t on the logarithms."""
    n = min(len({run.seed for run in side}) for side in (legacy, platform))
    machines = [sorted({run.hardware for run in side if run.hardware}) for side in (legacy, platform)]
    check = Check(
        kind=Kind.TRAINING,
        metric="seconds",
        verdict=Verdict.NO_DATA,
        method=f"upper bound of the ratio at one-sided {ALPHA}, Welch's t on log seconds",
        n=n,
        needed=SEEDS,
        limit=limit,
        note=f"legacy on {', '.join(machines[0]) or '?'}; platform on {', '.join(machines[1]) or '?'}",
    )
    if n == 0 or not all(machines) or any(not run.hardware for run in (*legacy, *platform)):
        return check
    if n < SEEDS:
        return check.model_copy(update={"verdict": Verdict.TOO_SMALL})
    test = ttest_ind(
        np.log([run.seconds for run in platform]), np.log([run.seconds for run in legacy]), equal_var=False
    )
    bounds = test.confidence_interval(1 - 2 * ALPHA)
    ratio = math.exp(
        float(np.mean(np.log([r.seconds for r in platform])) - np.mean(np.log([r.seconds for r in legacy])))
    )
    low, high = math.exp(float(bounds.low)) - 1, math.exp(float(bounds.high)) - 1
    verdict = Verdict.PASS if high <= limit else Verdict.FAIL
    return check.model_copy(update={"verdict": verdict, "estimate": ratio - 1, "low": low, "high": high})


def slo(latencies_ms: Sequence[float], failed: int, objective: OnlineSlo) -> list[Check]:
    """Latency and errors of the platform: exact upper bounds of the shares that are too slow or failed."""
    requests = len(latencies_ms) + failed
    slow = sum(1 for value in latencies_ms if value > objective.p99_ms) + failed
    return [
        _share("p99_ms", slow, requests, SLOW, f"slower than {objective.p99_ms} ms or failed"),
        _share("error_rate", failed, requests, objective.error_rate, "failed"),
    ]


def _share(metric: str, bad: int, n: int, limit: float, what: str) -> Check:
    needed = math.ceil(math.log(ALPHA) / math.log(1 - limit))
    check = Check(
        kind=Kind.SLO,
        metric=metric,
        verdict=Verdict.NO_DATA,
        method=f"Clopper-Pearson upper bound of the share {what}, one-sided {ALPHA}",
        n=n,
        needed=needed,
        limit=limit,
    )
    if n == 0:
        return check
    high = float(binomtest(bad, n, alternative="less").proportion_ci(1 - ALPHA).high)
    verdict = Verdict.PASS if high <= limit else (Verdict.FAIL if bad / n > limit else Verdict.TOO_SMALL)
    return check.model_copy(update={"verdict": verdict, "estimate": bad / n, "low": 0.0, "high": high})


@dataclass(frozen=True)
class Compared:
    """Reads of one feature from both stores: how many, how many differed or were missing in the new one."""

    reads: int
    different: int


def features(groups: Sequence[str], compared: Mapping[str, Compared]) -> list[Check]:
    """One check for each group: every feature by its own name, often enough, none different (C13)."""
    return [_group(group, compared) for group in groups]


def _group(group: str, compared: Mapping[str, Compared]) -> Check:
    names = [f"{group}.{feature}" for feature in FEATURE_GROUPS[group].features]
    there = [compared[name] for name in names if name in compared]
    missing = [name for name in names if name not in compared]
    different = sum(item.different for item in there)
    reads = min((item.reads for item in there), default=0)
    if different:
        verdict = Verdict.FAIL
    elif missing or not there:
        verdict = Verdict.NO_DATA
    else:
        verdict = Verdict.PASS if reads >= FEATURE_READS else Verdict.TOO_SMALL
    return Check(
        kind=Kind.FEATURES,
        metric=group,
        verdict=verdict,
        method="every feature read from both stores and compared for equality",
        n=reads,
        needed=FEATURE_READS,
        estimate=float(different),
        limit=0.0,
        note=f"not compared: {', '.join(missing)}" if missing else f"{len(names)} features",
    )
