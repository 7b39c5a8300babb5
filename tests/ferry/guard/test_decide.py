"""Whatever a guard sees, in whatever order, it never does what it must not (C6, C7, C8).

Random looks, then two guards on one API server that refuses stale writes, as the real one does. Proves the
decisions; the Kubernetes client and Envoy are met in the rehearsal.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from ferry.guard.decide import (
    BLIND,
    DWELL,
    LEASE,
    MARGIN,
    Beat,
    Claim,
    Lease,
    Memory,
    Policy,
    Route,
    Seen,
    SetWeight,
    Window,
    step,
)
from workloads.evidence import Finding, Verdict
from workloads.state import CEILINGS, Stage
from workloads.traffic import STEPS, allowed, traffic

PASS = Finding(verdict=Verdict.PASS, why="")
ME, OTHER = "a", "b"
HEALTHY, BROKEN = Window(0.5, 10, 0, 0, 10, 0), Window(0.5, 10, 10, 10, 10, 10)

policies = st.builds(Policy, st.sampled_from(Stage), st.sampled_from(CEILINGS), st.integers(1, 3), st.none())
routes = st.builds(
    Route, st.sampled_from([*STEPS, 33]), st.sampled_from(["7", "8"]), st.none() | st.integers(1, 3)
)
looks = st.builds(
    Seen,
    lease=st.none() | st.builds(Lease, st.sampled_from([ME, OTHER]), st.floats(-20, 40)),
    route=st.none() | routes,
    policy=st.none() | policies,
    window=st.sampled_from([None, HEALTHY, HEALTHY, BROKEN]),
    evidence=st.builds(Finding, verdict=st.sampled_from(Verdict), why=st.just("")),
    warm=st.booleans(),
)


def assert_rules(seen: Seen, before: Memory, actions: list[object], now: float) -> None:
    writes = [item for item in actions if isinstance(item, SetWeight)]
    assert len(writes) <= 1
    for write in writes:
        assert seen.lease is not None
        assert (seen.lease.holder, now <= seen.lease.until - MARGIN) == (ME, True), "only with a sure lease"
        assert seen.route is not None
        assert seen.policy is not None
        assert write.version == seen.route.version, "every write has its precondition"
        stage, ceiling = seen.policy.stage, seen.policy.ceiling
        assert traffic(stage, ceiling, 0).platform <= write.weight <= allowed(stage, ceiling)
        raised = write.weight > seen.route.weight
        if raised and write.weight != traffic(stage, ceiling, 0).platform:
            assert write.weight in STEPS
            assert not [s for s in STEPS if seen.route.weight < s < write.weight], "one step at a time"
            assert (seen.evidence.verdict, seen.warm) == (Verdict.PASS, True)
            assert seen.window is not None, "not blind"
            assert seen.route.latched_epoch is None or seen.route.latched_epoch < seen.policy.epoch
            assert before.weight == seen.route.weight, "after a time at this step"
    if any(isinstance(item, Beat) for item in actions):
        assert seen.route is not None, "a heartbeat means a whole step"


@examples(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.tuples(looks, st.sampled_from([0.5, 0.5, DWELL + 1])), max_size=15))
def test_no_sequence_of_looks_makes_a_forbidden_write(story: list[tuple[Seen, float]]) -> None:
    """C6, C7, C8: lease, precondition, ceiling, one step, evidence, warm capacity, latch, heartbeat."""
    memory, now = Memory(), 0.0
    for seen, passed in story:
        now += passed
        lease = replace(seen.lease, until=now + seen.lease.until) if seen.lease else None
        look = replace(seen, lease=lease)
        before = memory
        memory, actions = step(ME, memory, look, now)
        assert_rules(look, before, list(actions), now)


# One guard, one story


def world(weight: int = 0, window: Window | None = HEALTHY, **policy: int) -> Seen:
    wanted = Policy(Stage.CANARY, policy.get("ceiling", 25), policy.get("epoch", 1))
    return Seen(Lease(ME, 1e9), Route(weight, "1"), wanted, window, PASS, warm=True)


def live(seen: Seen, seconds: float, memory: Memory | None = None) -> tuple[Memory, Seen, list[SetWeight]]:
    """So many seconds of steps, writes carried out at once."""
    memory, writes = memory or Memory(), []
    for tick in range(int(seconds * 2)):
        memory, actions = step(ME, memory, seen, tick * 0.5)
        for write in (item for item in actions if isinstance(item, SetWeight)):
            assert seen.route is not None
            latch = write.latch if write.latch is not None else seen.route.latched_epoch
            seen = replace(seen, route=Route(write.weight, str(tick), latch))
            writes.append(write)
    return memory, seen, writes


def test_a_healthy_platform_rises_to_its_ceiling_and_no_further() -> None:
    """C6."""
    _, _, writes = live(world(), 5 * DWELL)
    assert [write.weight for write in writes] == [1, 5, 25]


def test_a_new_route_takes_no_request_before_every_proxy_knows_it() -> None:
    """C6: callers would meet a cluster that has not been looked at; until then the base route has them."""
    seen = world()
    assert seen.route is not None
    seen = replace(seen, route=replace(seen.route, warming=True))
    memory, _, writes = live(seen, 2 * DWELL)
    assert writes == []
    _, actions = step(ME, memory, replace(seen, known=True), 2 * DWELL)
    assert [item for item in actions if isinstance(item, SetWeight)] == [
        SetWeight(0, "1", None, "every proxy knows it", opens=True)
    ]


@pytest.mark.parametrize("verdict", sorted(set(Verdict) - {Verdict.PASS}))
def test_nothing_is_raised_on_any_verdict_but_pass_or_without_warm_capacity(verdict: Verdict) -> None:
    """C7, C8."""
    seen = world(weight=5)
    _, _, writes = live(replace(seen, evidence=Finding(verdict=verdict, why="")), 2 * DWELL)
    assert writes == []
    _, _, writes = live(replace(seen, warm=False), 2 * DWELL)
    assert writes == []


def test_a_failure_takes_everything_back_and_latches_until_the_epoch_is_bumped() -> None:
    """C8: at most ten ticks; then nothing raises it, however healthy, until a reviewed change."""
    memory, seen, writes = live(world(weight=25, window=BROKEN), 5)
    assert [(write.weight, write.latch) for write in writes] == [(0, 1)]
    memory, seen, writes = live(replace(seen, window=HEALTHY), 10 * DWELL, memory)
    assert writes == []
    bumped = replace(seen, policy=Policy(Stage.CANARY, 25, epoch=2))
    _, _, writes = live(bumped, 2 * DWELL, memory)
    assert [write.weight for write in writes] == [1]


def test_a_restarted_guard_still_knows_the_latch() -> None:
    """C8: it is on the route, not in the guard."""
    _, seen, _ = live(world(weight=25, window=BROKEN), 5)
    _, _, writes = live(replace(seen, window=HEALTHY), 5 * DWELL)
    assert writes == []


def test_without_metrics_it_goes_back_after_a_while() -> None:
    """C8: no data is not healthy, and not an alarm either: nothing latches."""
    _, seen, writes = live(world(weight=25, window=None), BLIND + 2)
    assert [(write.weight, write.latch) for write in writes] == [(0, None)]
    assert seen.route is not None


@pytest.mark.parametrize(
    "seen",
    [
        replace(world(weight=25, window=BROKEN), route=None),
        replace(world(weight=25, window=BROKEN), policy=None),
    ],
    ids=["no route", "no policy"],
)
def test_what_it_cannot_read_it_does_not_change(seen: Seen) -> None:
    """C8: API server down: no write, and no heartbeat, so the watchdog knows."""
    _, actions = step(ME, Memory(), seen, 0.0)
    assert [type(item) for item in actions] == [Claim]


def test_a_lower_ceiling_is_obeyed_at_once() -> None:
    """C6: a half-applied update or a hand-set weight is judged by what the route says now."""
    for weight in (50, 33):
        _, _, writes = live(world(weight=weight, ceiling=5), 1)
        assert [write.weight for write in writes] == [5]


def test_where_the_old_system_sleeps_nothing_goes_back_to_it() -> None:
    """C8, C12: with the old system asleep or gone, the platform has everything, broken or not."""
    seen = replace(world(weight=0, window=BROKEN), policy=Policy(Stage.RETIRED, None, 1))
    _, _, writes = live(seen, 20)
    assert [write.weight for write in writes] == [100]


# Two guards


@examples(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([ME, OTHER]), st.sampled_from(["live", "stall"]), st.floats(0.5, 20)),
        max_size=40,
    )
)
def test_two_guards_never_write_over_each_other(story: list[tuple[str, str, float]]) -> None:
    """C8, split brain: a guard that read, slept, and writes late is refused by the version it read."""
    lease: Lease | None = None
    route, version, now = Route(0, "0"), 0, 0.0
    memories = {ME: Memory(), OTHER: Memory()}
    late: list[tuple[str, SetWeight]] = []
    policy = Policy(Stage.CANARY, 50, 1)
    for guard, mood, passed in story:
        now += passed
        seen = Seen(lease, route, policy, Window(passed, int(passed * 20)), PASS, warm=True)
        memories[guard], actions = step(guard, memories[guard], seen, now)
        for action in actions:
            if isinstance(action, Claim):
                assert lease is None or lease.holder == guard or now >= lease.until
                lease = Lease(guard, action.until)
                assert action.until == now + LEASE
            elif isinstance(action, SetWeight):
                late.append((guard, action))
        if mood == "live":
            accepted = [write for _, write in late if write.version == route.version]
            for write in accepted[:1]:
                assert STEPS.index(write.weight) - STEPS.index(route.weight) <= 1
                version += 1
                route = Route(write.weight, str(version))
            late.clear()
