"""One gate: everything that was measured about a workload, judged and written down as evidence. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ferry.gates import checks, exported
from ferry.gates.checks import Compared, TrainingRun
from ferry.gates.exported import Exported
from ferry.gates.power import MULTIPLICITY
from ferry.gates.rows import COVERED, Joined, Side, join
from workloads.evidence import UNKNOWN, Check, Evidence, Kind, Verdict
from workloads.spec import WorkloadSpec
from workloads.state import Stage

GOOD_FOR = timedelta(hours=24)
"""Evidence expires after a day: models, data and neighbours change."""


@dataclass(frozen=True)
class Measured:
    """What there is to judge.

    Attributes:
        legacy, platform: answers of both sides in the window.
        truth: labels by key.
        serving: digest of the model that the registry calls serving; None if no registry was asked.
        runs: training runs of the old side and the new one.
        compared: reads of each feature from both stores.
        exported: the old system's archive; None if there is none.
    """

    legacy: Side
    platform: Side
    truth: Mapping[str, bool]
    serving: str | None = None
    runs: tuple[Sequence[TrainingRun], Sequence[TrainingRun]] = ((), ())
    compared: Mapping[str, Compared] | None = None
    exported: Exported | None = None


@dataclass(frozen=True)
class Where:
    """Which environment, and where the workload stands there."""

    environment: str
    stage: Stage
    ceiling: int | None


def judge(
    spec: WorkloadSpec, where: Where, kinds: frozenset[Kind], measured: Measured, now: datetime
) -> Evidence:
    """Evidence of the kinds that the next step asks for; what could not be measured is in it as such."""
    joined = join(measured.legacy, measured.platform, measured.truth)
    found: list[Check] = []
    if Kind.PARITY in kinds:
        found += _parity(spec, measured, joined, now)
    if Kind.SLO in kinds:
        found += _slo(spec, where, measured)
    if Kind.TRAINING in kinds and spec.tolerances and spec.tolerances.training_time is not None:
        found.append(checks.training(*measured.runs, spec.tolerances.training_time))
    if Kind.FEATURES in kinds:
        found += checks.features(spec.features, measured.compared or {})
    if Kind.EXPORT in kinds:
        found.append(exported.export(measured.exported))
    found += [_unmeasured(kind) for kind in sorted(kinds - {check.kind for check in found})]
    return Evidence(
        workload=spec.name,
        environment=where.environment,
        stage=where.stage,
        ceiling=where.ceiling if where.stage is Stage.CANARY else None,
        legacy_model=_one(measured.legacy.models),
        platform_model=_one(measured.platform.models),
        dataset=joined.dataset,
        checks=tuple(found),
        multiplicity=MULTIPLICITY,
        made_at=now,
        expires_at=now + GOOD_FOR,
    )


def verdict(evidence: Evidence) -> Verdict:
    """The first verdict that is not PASS; NO_DATA if nothing was looked at."""
    bad = [check.verdict for check in evidence.checks if check.verdict is not Verdict.PASS]
    return bad[0] if bad else (Verdict.PASS if evidence.checks else Verdict.NO_DATA)


def _unmeasured(kind: Kind) -> Check:
    """A kind that is asked for and that nothing was measured about: said, not left out."""
    note = "this version of Ferry has no measurement of it"
    return Check(kind=kind, metric="any", verdict=Verdict.NO_DATA, method="not judged", n=0, note=note)


def _one(models: frozenset[str]) -> str:
    return next(iter(models)) if len(models) == 1 else UNKNOWN


def _parity(spec: WorkloadSpec, measured: Measured, joined: Joined, now: datetime) -> list[Check]:
    """Parity, unless the rows are about something else, too old, or leave out what only one side answered."""
    if spec.tolerances is None:
        return []
    wrong = _mismatch(measured) or _stale(measured, now) or _uncovered(joined)
    if wrong is None:
        return checks.parity(joined.pairs, spec.tolerances, spec.pattern.comparison)
    n = len(joined.pairs.labels)
    state, note = wrong
    return [
        Check(kind=Kind.PARITY, metric=item.name, verdict=state, method="not judged", n=n, note=note)
        for item in spec.tolerances.metrics
    ]


def _mismatch(measured: Measured) -> tuple[Verdict, str] | None:
    for name, side in (("legacy", measured.legacy), ("platform", measured.platform)):
        if len(side.models) > 1:
            return Verdict.MISMATCH, f"{len(side.models)} different models answered on the {name} side"
    if measured.serving and measured.platform.models - {measured.serving}:
        return Verdict.MISMATCH, "another model answered than the registry calls serving"
    return None


def _stale(measured: Measured, now: datetime) -> tuple[Verdict, str] | None:
    newest = measured.platform.newest
    if newest is not None and now - newest > GOOD_FOR:
        hours = (now - newest).total_seconds() / 3600
        return Verdict.STALE, f"the newest answer of the platform is {hours:.0f} h old"
    return None


def _uncovered(joined: Joined) -> tuple[Verdict, str] | None:
    if len(joined.pairs.labels) and joined.covered < COVERED:
        share = f"{joined.covered:.1%} of the old system's labelled answers"
        return Verdict.NO_DATA, f"only {share} have one of the platform beside them ({COVERED:.0%} needed)"
    return None


def _slo(spec: WorkloadSpec, where: Where, measured: Measured) -> list[Check]:
    """Requests of the side that callers or copies get; files in time are a report of the batch publisher."""
    if spec.slo is None or spec.slo.online is None:
        return [
            Check(kind=Kind.SLO, metric="deadline", verdict=Verdict.NO_DATA, method="publisher's report", n=0)
        ]
    side = measured.legacy if where.stage is Stage.FRONTED else measured.platform
    answers = list(side.answers.values())
    good = [item.ms for item in answers if not item.error]
    return checks.slo(good, len(answers) - len(good), spec.slo.online)
