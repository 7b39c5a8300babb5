"""Which step a workload may take: a table of stages and one pure decision (requirements C5, C7, C12).

Only neighbours are reachable. Forward needs fresh passing evidence; back is always open, one step at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime

from infra.specs.base import Spec
from workloads.evidence import Finding, Kind, Verdict
from workloads.spec import WorkloadSpec
from workloads.state import CEILINGS, Slot, Stage, WorkloadState

LADDER = tuple(Stage)
"""The way of a workload that moves."""

SHORT_LADDER = (Stage.LEGACY, Stage.STANDBY, Stage.RETIRED)
"""The way of one that is retired without moving: locked and archived before it goes."""


class Recorded(Spec):
    """Where a workload stood after the last `up`: the stack's own output.

    Attributes:
        since: when it came to this stage or ceiling; None before its first step.
    """

    stage: Stage = Stage.LEGACY
    ceiling: int | None = None
    evidence: str | None = None
    epoch: int = 1
    active: Slot | None = None
    since: AwareDatetime | None = None


class Move(StrEnum):
    """What a change of configuration asks for."""

    STAY = "stay"
    """Same stage and ceiling; nothing is judged, so an unrelated `up` never fails for old evidence."""
    ADVANCE = "advance"
    """To the next stage."""
    RAISE = "raise"
    """To the next ceiling within ``canary``."""
    LOWER = "lower"
    """To a lower ceiling."""
    BACK = "back"
    """To the stage before."""
    ILLEGAL = "illegal"
    """Anything else."""


@dataclass(frozen=True)
class Refusal:
    """Why not: what is the case, what follows, what to do."""

    fact: str
    consequence: str
    way_out: str

    def __str__(self) -> str:
        return f"{self.fact}, so {self.consequence}. {self.way_out}"


@dataclass(frozen=True)
class Decision:
    """What becomes of a change.

    Attributes:
        move: what was asked for.
        refusal: why it is not done; None if it is.
    """

    move: Move
    refusal: Refusal | None = None

    @property
    def allowed(self) -> bool:
        """Whether the change may be applied."""
        return self.refusal is None


def ladder(spec: WorkloadSpec) -> tuple[Stage, ...]:
    """The stages that this workload passes, in order."""
    return LADDER if spec.pattern.moves else SHORT_LADDER


def move(spec: WorkloadSpec, before: Recorded, wanted: WorkloadState) -> Move:
    """What the change from ``before`` to ``wanted`` asks for."""
    if wanted.stage is Stage.CANARY and wanted.ceiling not in CEILINGS:
        return (
            Move.ILLEGAL
        )  # also on the way back: a canary without a ceiling would be no place to leave from
    steps = ladder(spec)
    if wanted.stage not in steps or before.stage not in steps:
        return Move.ILLEGAL
    distance = steps.index(wanted.stage) - steps.index(before.stage)
    if distance == 0:
        return _within(before, wanted)
    if distance == 1:
        starts_low = wanted.stage is not Stage.CANARY or wanted.ceiling == CEILINGS[0]
        from_the_top = before.stage is not Stage.CANARY or before.ceiling == CEILINGS[-1]
        return Move.ADVANCE if starts_low and from_the_top else Move.ILLEGAL
    return Move.BACK if distance == -1 else Move.ILLEGAL


def _within(before: Recorded, wanted: WorkloadState) -> Move:
    """A change of the ceiling at ``canary``; elsewhere it has no meaning."""
    if wanted.stage is not Stage.CANARY or wanted.ceiling == before.ceiling:
        return Move.STAY
    if wanted.ceiling not in CEILINGS or before.ceiling not in CEILINGS:
        return Move.ILLEGAL
    distance = CEILINGS.index(wanted.ceiling) - CEILINGS.index(before.ceiling)
    if distance < 0:
        return Move.LOWER
    return Move.RAISE if distance == 1 else Move.ILLEGAL


_NEEDS: Mapping[tuple[Stage, Stage], frozenset[Kind]] = {
    (Stage.LEGACY, Stage.FRONTED): frozenset(),
    (Stage.FRONTED, Stage.SHADOW): frozenset({Kind.SLO}),
    (Stage.SHADOW, Stage.CANARY): frozenset({Kind.PARITY, Kind.SLO, Kind.FEATURES, Kind.TRAINING}),
    (Stage.CANARY, Stage.CANARY): frozenset({Kind.PARITY, Kind.SLO}),
    (Stage.CANARY, Stage.PLATFORM): frozenset({Kind.PARITY, Kind.SLO}),
    (Stage.PLATFORM, Stage.STANDBY): frozenset({Kind.PARITY, Kind.SLO}),
    (Stage.STANDBY, Stage.RETIRED): frozenset({Kind.SLO, Kind.EXPORT}),
    (Stage.LEGACY, Stage.STANDBY): frozenset({Kind.UNUSED}),
}
"""What each step forward has to show. The first builds the gateway that everything else is measured at."""


def needs(spec: WorkloadSpec, before: Stage, after: Stage) -> frozenset[Kind]:
    """What evidence must show for a step forward of this workload; empty for one that needs none."""
    kinds = set(_NEEDS[before, after])
    if not spec.features:
        kinds.discard(Kind.FEATURES)
    if spec.tolerances is None or spec.tolerances.training_time is None:
        kinds.discard(Kind.TRAINING)
    if not spec.pattern.moves:
        kinds.discard(Kind.SLO)
    return frozenset(kinds)


_TENTH_OF_A_DAY = timedelta(days=0.1)


def soak(spec: WorkloadSpec, stage: Stage) -> timedelta:
    """How long a workload has to have stood at ``stage`` before it may leave it forward."""
    days = {Stage.PLATFORM: spec.soak.platform_days, Stage.STANDBY: spec.soak.standby_days}
    return timedelta(days=days.get(stage, 0))


def next_stage(
    spec: WorkloadSpec, before: Recorded, wanted: WorkloadState, evidence: Finding | None, now: datetime
) -> Decision:
    """Whether a workload may go from where it stood to where configuration wants it.

    Args:
        before: the stack's own last output.
        evidence: what the evidence named in ``wanted`` says; None if it names none.
        now: for soaking times; evidence was judged against the same clock.
    """
    asked = move(spec, before, wanted)
    if wanted.epoch < before.epoch:
        return Decision(asked, _epoch_lowered(spec, before, wanted))
    if asked is Move.ILLEGAL:
        return Decision(asked, _not_a_neighbour(spec, before, wanted))
    if asked in (Move.STAY, Move.BACK, Move.LOWER):
        return Decision(asked)
    return Decision(asked, _soaking(spec, before, wanted, now) or _unproven(spec, before, wanted, evidence))


def after(before: Recorded, wanted: WorkloadState, decision: Decision, now: datetime) -> Recorded:
    """What the stack records once the change is applied; nothing changes if it was refused."""
    if not decision.allowed:
        return before
    ceiling = wanted.ceiling if wanted.stage is Stage.CANARY else None
    moved = decision.move is not Move.STAY
    return Recorded(
        stage=wanted.stage,
        ceiling=ceiling,
        evidence=wanted.evidence,
        epoch=wanted.epoch,
        active=wanted.active,
        since=now if moved else before.since,
    )


def place(stage: Stage, ceiling: int | None) -> str:
    """A stage as one says it: ``canary at 5%``."""
    return f"{stage} at {ceiling}%" if stage is Stage.CANARY and ceiling is not None else str(stage)


def _unproven(
    spec: WorkloadSpec, before: Recorded, wanted: WorkloadState, evidence: Finding | None
) -> Refusal | None:
    kinds = needs(spec, before.stage, wanted.stage)
    if evidence is None and not kinds:
        return None
    if evidence is not None and evidence.verdict is Verdict.PASS:
        return None
    verdict = evidence.verdict if evidence else Verdict.NO_DATA
    why = evidence.why if evidence else "no evidence is named"
    goal = place(wanted.stage, wanted.ceiling)
    shown = ", ".join(sorted(kinds)) or "nothing bad"
    return Refusal(
        f"{spec.name}: {goal} needs fresh passing evidence of {shown}; what there is says {verdict} ({why})",
        f"it stays at {place(before.stage, before.ceiling)}",
        f"Run `ferry gate {spec.name}` and put the digest that it prints into "
        f"`ferry:workloads.{spec.name}.evidence`.",
    )


def _soaking(spec: WorkloadSpec, before: Recorded, wanted: WorkloadState, now: datetime) -> Refusal | None:
    wait = soak(spec, before.stage)
    if not wait or (before.since is not None and now - before.since >= wait):
        return None
    stood = (now - before.since) if before.since else timedelta(0)
    end = f"{before.since + wait:%Y-%m-%d %H:%M} UTC" if before.since else "a recorded start"
    what = "destroyed" if wanted.stage is Stage.RETIRED else "scaled down"
    return Refusal(
        f"{spec.name}: it has stood at {before.stage} for {stood // _TENTH_OF_A_DAY / 10} of "
        f"{wait.days} days",
        f"the old system may not be {what} yet and it stays at {before.stage}",
        f"Wait until {end}, then run `ferry gate {spec.name}` again.",
    )


def _not_a_neighbour(spec: WorkloadSpec, before: Recorded, wanted: WorkloadState) -> Refusal:
    steps = ladder(spec)
    goal, start = place(wanted.stage, wanted.ceiling), place(before.stage, before.ceiling)
    if wanted.stage not in steps or before.stage not in steps:
        way = f"Its stages are {', '.join(steps)}: choose the one next to {before.stage}."
    else:
        way = f"Go one step at a time: set {_toward(steps, before, wanted)} first."
    return Refusal(f"{spec.name}: {goal} is not next to {start}", f"it stays at {start}", way)


def _toward(steps: tuple[Stage, ...], before: Recorded, wanted: WorkloadState) -> str:
    """The first legal step towards what was wanted, as a line of configuration."""
    at, to = steps.index(before.stage), steps.index(wanted.stage)
    if before.stage is Stage.CANARY and to >= at and before.ceiling != CEILINGS[-1]:
        reached = CEILINGS.index(before.ceiling) if before.ceiling in CEILINGS else -1
        return f"`stage: canary, ceiling: {CEILINGS[reached + 1]}`"
    stage = steps[at + (1 if to > at else -1)]
    return f"`stage: canary, ceiling: {CEILINGS[0]}`" if stage is Stage.CANARY else f"`stage: {stage}`"


def _epoch_lowered(spec: WorkloadSpec, before: Recorded, wanted: WorkloadState) -> Refusal:
    return Refusal(
        f"{spec.name}: epoch {wanted.epoch} is lower than {before.epoch}, which was applied",
        "a latch that a rollback left could open by itself; nothing changes",
        f"Write `epoch: {before.epoch}`, or {before.epoch + 1} to release the latch.",
    )
