"""No workload takes a step that is illegal or unproven, whatever it is asked and shown (C5, C7, C12).

The property test walks from any state under any sequence of wishes, evidence and time, and holds the decision
against rules written down here a second time. It proves the decision; that the preview asks it, and that the
evidence is what it says, is proven elsewhere.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from workloads.catalogue import CATALOGUE
from workloads.evidence import Finding, Verdict
from workloads.spec import WorkloadSpec
from workloads.stages import Move, Recorded, after, next_stage
from workloads.state import CEILINGS, Stage, WorkloadState

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
FRAUD = CATALOGUE["fraud-detection"]
PASS = Finding(verdict=Verdict.PASS, why="all is well")
WAY = ["legacy", "fronted", "shadow", "canary", "platform", "standby", "retired"]
SHORT = ["legacy", "standby", "retired"]

finding = st.one_of(
    st.just(PASS), st.none(), st.builds(Finding, verdict=st.sampled_from(Verdict), why=st.just("drawn"))
)
anything = st.builds(
    WorkloadState,
    stage=st.sampled_from(Stage),
    ceiling=st.one_of(st.none(), st.sampled_from(CEILINGS)),
    epoch=st.integers(1, 4),
)
near = st.sampled_from([1, 1, 1, 2, 3, 0, -1, -2])
"""A wish by its distance, counting ceilings as steps: most are legal, so that walks get far."""
wait = st.one_of(st.just(timedelta(hours=1)), st.timedeltas(timedelta(0), timedelta(days=40)))


@st.composite
def beginnings(draw: st.DrawFn) -> tuple[WorkloadSpec, Recorded]:
    """Any workload, in any state that it could have been recorded in."""
    spec = CATALOGUE[draw(st.sampled_from(["fraud-detection", "churn", "experimental", "deprecated"]))]
    stage = Stage(draw(st.sampled_from(WAY if spec.pattern.moves else SHORT)))
    ceiling = draw(st.sampled_from(CEILINGS)) if stage is Stage.CANARY else None
    since = NOW - draw(wait) if stage is not Stage.LEGACY else None
    return spec, Recorded(stage=stage, ceiling=ceiling, epoch=draw(st.integers(1, 3)), since=since)


def height(spec: WorkloadSpec, stage: Stage, ceiling: int | None) -> float:
    """How far along: stages are 1 apart, ceilings within canary a tenth."""
    way = WAY if spec.pattern.moves else SHORT
    return way.index(stage) + (CEILINGS.index(ceiling) / 10 if stage is Stage.CANARY and ceiling else 0)


def points(spec: WorkloadSpec) -> list[tuple[Stage, int | None]]:
    """Every place that a workload can stand at, in order."""
    way = [Stage(stage) for stage in (WAY if spec.pattern.moves else SHORT)]
    return [(stage, c) for stage in way for c in (CEILINGS if stage is Stage.CANARY else (None,))]


def wished(spec: WorkloadSpec, state: Recorded, wish: WorkloadState | int) -> WorkloadState:
    """The line of configuration: as drawn, or so many places from here."""
    if isinstance(wish, WorkloadState):
        return wish
    way = points(spec)
    at = way.index((state.stage, state.ceiling)) + wish
    stage, ceiling = way[min(max(at, 0), len(way) - 1)]
    return WorkloadState(stage=stage, ceiling=ceiling, epoch=state.epoch)


def assert_rules(
    spec: WorkloadSpec, old: Recorded, new: Recorded, shown: Finding | None, now: datetime
) -> None:
    """What must be true of any step that was taken."""
    way = WAY if spec.pattern.moves else SHORT
    assert abs(way.index(new.stage) - way.index(old.stage)) <= 1, "only neighbours"
    up = height(spec, new.stage, new.ceiling) > height(spec, old.stage, old.ceiling)
    if up:
        first = (old.stage, new.stage) == (Stage.LEGACY, Stage.FRONTED)
        assert (shown is None and first) or (shown is not None and shown.verdict is Verdict.PASS)
    if new.stage is Stage.RETIRED and old.stage is not Stage.RETIRED:
        assert old.stage is Stage.STANDBY
        assert old.since is not None
        assert now - old.since >= timedelta(days=spec.soak.standby_days)
    if up and new.stage is Stage.CANARY:
        below = old.ceiling if old.stage is Stage.CANARY else None
        reached = 0 if below is None else CEILINGS.index(below) + 1
        assert new.ceiling == CEILINGS[reached], "one ceiling at a time"
    assert new.epoch >= old.epoch


@examples(max_examples=400, deadline=None, derandomize=True)
@given(beginnings(), st.lists(st.tuples(near | anything, finding, wait), max_size=12))
def test_no_sequence_of_wishes_and_evidence_breaks_a_rule(
    beginning: tuple[WorkloadSpec, Recorded],
    story: list[tuple[WorkloadState | int, Finding | None, timedelta]],
) -> None:
    """C5, C7, C12: no illegal step, none on FAIL, NO_DATA or STALE, and no early end of the old system."""
    spec, state = beginning
    now = NOW
    for wish, shown, passed in story:
        now += passed
        wanted = wished(spec, state, wish)
        decision = next_stage(spec, state, wanted, shown, now)
        new = after(state, wanted, decision, now)
        assert_rules(spec, state, new, shown, now)
        if decision.refusal:
            assert new == state
            assert str(decision.refusal).count(". ") == 1, "fact and consequence, then the way out"
        state = new


@examples(deadline=None)
@given(beginnings(), finding)
def test_every_state_can_be_left_by_going_back(
    beginning: tuple[WorkloadSpec, Recorded], shown: Finding | None
) -> None:
    """C5, C8: whatever evidence says, step by step down to legacy."""
    spec, state = beginning
    way = WAY if spec.pattern.moves else SHORT
    while state.stage is not Stage.LEGACY:
        below = Stage(way[way.index(state.stage) - 1])
        ceiling = CEILINGS[-1] if below is Stage.CANARY else None
        wanted = WorkloadState(stage=below, ceiling=ceiling, epoch=state.epoch)
        decision = next_stage(spec, state, wanted, shown, NOW)
        assert (decision.allowed, decision.move) == (True, Move.BACK)
        state = after(state, wanted, decision, NOW)


@examples(deadline=None)
@given(beginnings(), finding)
def test_an_unrelated_up_judges_no_evidence(
    beginning: tuple[WorkloadSpec, Recorded], shown: Finding | None
) -> None:
    """C7: freshness counts when a stage advances, never otherwise; the clock of a soak runs on."""
    spec, state = beginning
    wanted = WorkloadState(stage=state.stage, ceiling=state.ceiling, epoch=state.epoch)
    decision = next_stage(spec, state, wanted, shown, NOW)
    assert decision.move is Move.STAY
    assert decision.allowed
    assert after(state, wanted, decision, NOW).since == state.since


def test_whole_way_up_with_good_evidence_and_patience() -> None:
    """C5: each step of the design's table, in order."""
    wishes = [
        *(WorkloadState(stage=stage) for stage in (Stage.FRONTED, Stage.SHADOW)),
        *(WorkloadState(stage=Stage.CANARY, ceiling=ceiling) for ceiling in (1, 5, 25, 50)),
        *(WorkloadState(stage=stage) for stage in (Stage.PLATFORM, Stage.STANDBY, Stage.RETIRED)),
    ]
    state, now = Recorded(), NOW
    for wanted in wishes:
        now += timedelta(days=31)
        decision = next_stage(FRAUD, state, wanted, PASS, now)
        assert decision.allowed, decision.refusal
        state = after(state, wanted, decision, now)
    assert state.stage is Stage.RETIRED


SHADOW = Recorded(stage=Stage.SHADOW, since=NOW - timedelta(days=3))
STANDBY = Recorded(stage=Stage.STANDBY, since=NOW - timedelta(days=29, hours=23))
STALE = Finding(verdict=Verdict.STALE, why="it is 31 h old and was good for 24 h")


@pytest.mark.parametrize(
    ("before", "wanted", "shown", "words"),
    [
        (
            SHADOW,
            WorkloadState(stage=Stage.CANARY, ceiling=1),
            STALE,
            "fraud-detection: canary at 1% needs fresh passing evidence of features, parity, slo, training; "
            "what there is says STALE (it is 31 h old and was good for 24 h), so it stays at shadow. "
            "Run `ferry gate fraud-detection` and put the digest that it prints into "
            "`ferry:workloads.fraud-detection.evidence`.",
        ),
        (
            SHADOW,
            WorkloadState(stage=Stage.CANARY, ceiling=1),
            None,
            "says NO_DATA (no evidence is named), so it stays at shadow",
        ),
        (
            SHADOW,
            WorkloadState(stage=Stage.STANDBY),
            PASS,
            "standby is not next to shadow, so it stays at shadow. Go one step at a time: set "
            "`stage: canary, ceiling: 1` first.",
        ),
        (
            SHADOW,
            WorkloadState(stage=Stage.CANARY, ceiling=25),
            PASS,
            "canary at 25% is not next to shadow",
        ),
        (
            Recorded(stage=Stage.CANARY, ceiling=5, since=NOW),
            WorkloadState(stage=Stage.PLATFORM),
            PASS,
            "platform is not next to canary at 5%, so it stays at canary at 5%. Go one step at a time: set "
            "`stage: canary, ceiling: 25` first.",
        ),
        (
            STANDBY,
            WorkloadState(stage=Stage.RETIRED),
            PASS,
            "it has stood at standby for 29.9 of 30 days, so the old system may not be destroyed yet and it "
            "stays at standby. Wait until 2026-11-02 10:00 UTC",
        ),
        (
            Recorded(stage=Stage.CANARY, ceiling=5, epoch=3, since=NOW),
            WorkloadState(stage=Stage.CANARY, ceiling=5, epoch=2),
            PASS,
            "epoch 2 is lower than 3, which was applied, so a latch that a rollback left could open by "
            "itself",
        ),
    ],
    ids=["stale", "no evidence", "two stages", "high start", "low ceiling", "soak", "epoch"],
)
def test_a_refusal_says_fact_consequence_and_way_out(
    before: Recorded, wanted: WorkloadState, shown: Finding | None, words: str
) -> None:
    """C5, C7, C12."""
    decision = next_stage(FRAUD, before, wanted, shown, NOW)
    assert not decision.allowed
    assert words in str(decision.refusal)


def test_old_system_goes_when_its_soak_is_over_and_not_before() -> None:
    """C12: an hour later than in the refusal above."""
    wanted = WorkloadState(stage=Stage.RETIRED)
    assert not next_stage(FRAUD, STANDBY, wanted, PASS, NOW).allowed
    assert next_stage(FRAUD, STANDBY, wanted, PASS, NOW + timedelta(hours=1)).allowed
