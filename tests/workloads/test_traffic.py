"""What each stage means for requests and files (C5, C6, C8, C9), against the design's table.

Proves the numbers that Pulumi and the guard will use. That Envoy obeys them is measured in the rehearsal.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workloads.state import CEILINGS, Stage
from workloads.traffic import STEPS, TABLE, Old, Side, Traffic, Up, publisher, traffic

stages, steps = st.sampled_from(Stage), st.sampled_from(STEPS)
ceilings = st.one_of(st.none(), st.sampled_from(CEILINGS))


@given(stages, ceilings, steps)
def test_weights_sum_to_a_hundred_and_stay_under_the_ceiling(
    stage: Stage, ceiling: int | None, step: int
) -> None:
    """C6: whatever stage, ceiling and step."""
    share = traffic(stage, ceiling, step)
    assert share.legacy + share.platform == 100
    assert min(share.legacy, share.platform) >= 0
    if stage is Stage.CANARY:
        assert share.platform == min(ceiling or 0, step)


@given(stages, ceilings, steps)
def test_nobody_is_sent_to_what_is_not_there(stage: Stage, ceiling: int | None, step: int) -> None:
    """C8: no live, copied or second request goes to a side that is asleep, gone or not yet up."""
    row, share = TABLE[stage], traffic(stage, ceiling, step)
    used = {Side.LEGACY} if share.legacy else set()
    used |= {Side.PLATFORM} if share.platform else set()
    used |= {side for side in (share.mirror, share.fallback) if side}
    if row.old in (Old.ASLEEP, Old.GONE):
        assert Side.LEGACY not in used
    if row.up is not Up.MODEL:
        assert used == {Side.LEGACY}


@pytest.mark.parametrize(
    ("stage", "step", "expected"),
    [
        ("legacy", 100, Traffic(100, 0, None, None)),
        ("fronted", 100, Traffic(100, 0, None, None)),
        ("shadow", 100, Traffic(100, 0, Side.PLATFORM, None)),
        ("canary", 100, Traffic(75, 25, Side.PLATFORM, Side.LEGACY)),
        ("canary", 5, Traffic(95, 5, Side.PLATFORM, Side.LEGACY)),
        ("canary", 0, Traffic(100, 0, Side.PLATFORM, Side.LEGACY)),
        ("platform", 100, Traffic(0, 100, Side.LEGACY, Side.LEGACY)),
        ("platform", 0, Traffic(100, 0, Side.LEGACY, Side.LEGACY)),
        ("standby", 0, Traffic(0, 100, None, Side.PREVIOUS)),
        ("retired", 0, Traffic(0, 100, None, Side.PREVIOUS)),
    ],
)
def test_traffic_is_as_in_the_designs_table(stage: str, step: int, expected: Traffic) -> None:
    """C5, C6: at a ceiling of 25; a rollback (step 0) takes effect where the old system is awake."""
    assert traffic(Stage(stage), 25, step) == expected


def test_base_route_changes_sides_with_standby() -> None:
    """C8: without any guard, requests go to the old system as long as it is awake."""
    assert {stage for stage, row in TABLE.items() if row.base is Side.PLATFORM} == {
        Stage.STANDBY,
        Stage.RETIRED,
    }


def test_a_step_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="30 is not a step of a guard"):
        traffic(Stage.CANARY, 50, 30)


DATES = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(4_000)]


@pytest.mark.parametrize("ceiling", CEILINGS)
def test_files_of_about_the_ceilings_share_of_dates_are_the_platforms(ceiling: int) -> None:
    """C9: the same dates at every call; a higher ceiling keeps those of a lower one."""
    chosen = {date for date in DATES if publisher(Stage.CANARY, ceiling, date) is Side.PLATFORM}
    assert abs(len(chosen) / len(DATES) - ceiling / 100) < 0.02
    higher = {date for date in DATES if publisher(Stage.CANARY, 50, date) is Side.PLATFORM}
    assert chosen <= higher


def test_one_side_publishes_before_and_after_canary() -> None:
    """C9."""
    for stage in Stage:
        sides = {publisher(stage, 25, date) for date in DATES[:200]}
        if stage is not Stage.CANARY:
            late = list(Stage).index(stage) > list(Stage).index(Stage.CANARY)
            assert sides == {Side.PLATFORM if late else Side.LEGACY}
