"""What an assessment proposes: scores, patterns, waves and the calendar (C10, C11).

Proves the decisions by tables and the calendar's promises for estates of any shape. Whether a point more or
less is right for a company cannot be proven here.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferry.assess import calendar, proposing, scoring
from ferry.assess.grouping import stem, workloads
from ferry.assess.model import Found, Inventory, Kind, Proposal, Workload
from ferry.assess.proposing import propose
from workloads.spec import Pattern, Wave


def endpoint(name: str = "x", **more: object) -> Found:
    """An endpoint that is asked."""
    return replace(Found(Kind.ENDPOINT, name, f"arn:{name}", machines=1, requests=100.0), **more)  # type: ignore[arg-type] # the table's own


def script(name: str, **more: object) -> Found:
    """A script of a framework."""
    return replace(Found(Kind.SCRIPT, f"{name}.py", f"/{name}/{name}.py", frozenset({"sklearn"})), **more)  # type: ignore[arg-type] # the table's own


def alone(*parts: Found) -> Proposal:
    """The proposal for one workload."""
    [found] = propose([Workload("x", parts)])
    return found


@pytest.mark.parametrize(
    ("parts", "pattern"),
    [
        ((script("a"),), Pattern.LIFT_AND_SHIFT),
        ((endpoint(),), Pattern.LIFT_AND_SHIFT),
        ((endpoint(gpus=1),), Pattern.REFACTOR_AND_OPTIMIZE),
        ((endpoint(frameworks=frozenset({"torch"})),), Pattern.REFACTOR_AND_OPTIMIZE),
        ((Found(Kind.PIPELINE, "p", "arn:p", steps=3),), Pattern.REFACTOR_AND_OPTIMIZE),
        (
            (
                endpoint(machines=3, requests=50_000.0, gpus=2, custom_image=True),
                Found(Kind.TUNING, "t", "arn:t"),
                script("a", lines=900),
            ),
            Pattern.REBUILD_AND_ENHANCE,
        ),
        ((endpoint(requests=0.0),), Pattern.RETIRE),
        ((endpoint(off=True),), Pattern.RETIRE),
        ((endpoint(requests=None),), Pattern.LIFT_AND_SHIFT),
        ((endpoint(tags=(("status", "deprecated"),)),), Pattern.RETIRE),
    ],
)
def test_pattern_follows_from_what_was_seen(parts: tuple[Found, ...], pattern: Pattern) -> None:
    """C1 to C3, C11; requests that nobody counted are not none."""
    found = alone(*parts)
    assert found.pattern is pattern
    least, most = proposing.WEEKS[pattern]
    assert least <= found.weeks <= most
    assert found.pattern_reason
    assert found.wave_reason


def test_a_workload_that_others_read_is_not_retired() -> None:
    writer = script("w", writes=frozenset({"s3://b/x"}), off=True)
    reader = script("r", sources=frozenset({"s3://b/x"}), cron="0 * * * *")
    found = {
        item.name: item for item in propose([Workload("w", (writer,)), Workload("r", (reader,), ("w",))])
    }
    assert found["w"].pattern is not Pattern.RETIRE


def test_scores_stay_between_0_and_10_and_say_why() -> None:
    """C11."""
    busy = endpoint(machines=9, requests=1e6, tags=(("criticality", "high"), ("env", "prod")))
    most = scoring.criticality(Workload("x", (busy,)), readers=9)
    assert most.value == 10
    assert "1,000,000 requests a day" in most.reasons
    assert scoring.criticality(Workload("x", (endpoint(off=True),)), 0).value == 0


def test_an_earlier_wave_is_given_to_what_others_read() -> None:
    """C10: nobody moves before those whose data it reads."""
    slow = Workload("slow", (script("slow", writes=frozenset({"s3://b/x"})),))
    fast = Workload("fast", (endpoint(machines=3, requests=20_000.0),), ("slow",))
    found = {item.name: item for item in propose([slow, fast])}
    assert found["fast"].wave is Wave.HIGH_IMPACT
    assert found["slow"].wave is Wave.HIGH_IMPACT
    assert "fast" in found["slow"].wave_reason


def test_workloads_that_read_each_other_move_as_one() -> None:
    """C10."""
    inventory = Inventory(
        [
            script("a", sources=frozenset({"s3://b/1", "s3://b/2"}), writes=frozenset({"s3://b/1"})),
            script("b", sources=frozenset({"s3://b/1", "s3://b/2"}), writes=frozenset({"s3://b/2"})),
            script("c", sources=frozenset({"s3://b/2"})),
        ]
    )
    found = {item.name: item for item in workloads(inventory)}
    assert {len(item.parts) for item in found.values()} == {1, 2}
    [merged] = [item for item in found.values() if len(item.parts) == 2]
    assert merged.needs == ()
    assert [item.needs for item in found.values() if len(item.parts) == 1] == [(merged.name,)]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("churn-prod", "churn"),
        ("ChurnTrainingPipeline", "churn"),
        ("score_churn.py", "score-churn"),
        ("model-v2", "model"),
        ("train", "train"),
    ],
)
def test_names_lose_role_and_environment(name: str, plain: str) -> None:
    assert stem(name) == plain


@st.composite
def estates(draw: st.DrawFn) -> list[Proposal]:
    """Estates without rings: each may read what earlier ones write."""
    count = draw(st.integers(1, 25))
    made = []
    for number in range(count):
        needs = draw(st.sets(st.integers(0, number - 1), max_size=3)) if number else set()
        part = draw(
            st.sampled_from(
                [endpoint(), script("s"), endpoint(machines=3, requests=20_000.0), endpoint(off=True)]
            )
        )
        made.append(Workload(f"w{number:02}", (part,), tuple(sorted(f"w{need:02}" for need in needs))))
    return propose(made)


@settings(max_examples=60, deadline=None)
@given(estates(), st.integers(1, 4))
def test_the_calendar_keeps_its_promises(proposals: list[Proposal], teams: int) -> None:
    """C10: 44 weeks, dependencies kept, waves not before their time, each team one thing at a time."""
    drawn = calendar.draw(proposals, teams)
    by_name = {slot.name: slot for slot in drawn.slots}
    wanted = {item.name: item for item in proposals}
    assert set(by_name) | set(drawn.left_over) == set(wanted)
    assert not set(by_name) & set(drawn.left_over)
    for name, slot in by_name.items():
        assert slot.first >= wanted[name].wave.weeks[0]
        assert slot.last <= 44
        assert slot.last - slot.first + 1 == wanted[name].weeks
        for need in wanted[name].workload.needs:
            if wanted[need].pattern.moves:
                assert by_name[need].last < slot.first
    busy = [(slot.team, week) for slot in drawn.slots for week in range(slot.first, slot.last + 1)]
    assert len(busy) == len(set(busy))
    assert {team for team, _ in busy} <= set(range(1, teams + 1))


def test_what_has_no_room_is_named_with_the_teams_that_it_takes() -> None:
    """C10: capacity is a limit."""
    many = propose(
        [Workload(f"w{number:03}", (endpoint(gpus=1, requests=20_000.0),)) for number in range(60)]
    )
    drawn = calendar.draw(many, 1)
    assert drawn.left_over
    assert not calendar.draw(many, drawn.teams_needed).left_over
    assert calendar.draw(many, drawn.teams_needed - 1).left_over


def test_there_is_one_pilot_and_it_is_plain() -> None:
    """C10: weeks 1 to 8."""
    found = propose(
        [
            Workload("a", (endpoint(),)),
            Workload("b", (endpoint(machines=3),)),
            Workload("c", (endpoint(gpus=1),)),
        ]
    )
    assert [item.name for item in found if item.wave is Wave.PILOT] == ["b"]
    assert calendar.draw(found, 1).slots[0].name == "b"
