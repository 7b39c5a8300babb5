"""Routes and the ConfigMap of a workload, as data (C5, C6, C8).

Proves the numbers and the names. That the real Envoy obeys is proved with the real gateway.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workloads.catalogue import CATALOGUE
from workloads.patterns import routes
from workloads.patterns.migration import (
    POLICY,
    EvidencePlace,
    Migration,
    MigrationError,
    Way,
    data,
    migration,
    read,
)
from workloads.patterns.routes import LATCH, PARTS, Share, overlay
from workloads.slots import Slots
from workloads.stages import Recorded
from workloads.state import CEILINGS, Slot, Stage
from workloads.traffic import STEPS, TABLE, Side, Up, traffic

WAY = Way(hostname="ml.example.com", parent={"name": "ferry", "namespace": "gateway", "sectionName": "https"})
PLACE = EvidencePlace(bucket="evidence", owner="123456789012", key="alias/evidence", region="us-east-1")
FRAUD = CATALOGUE["fraud-detection"]
BOTH = {Slot.BLUE: "sha256:1", Slot.GREEN: "sha256:2"}

stages = st.sampled_from([stage for stage in Stage if stage is not Stage.LEGACY])
ceilings, steps = st.sampled_from(CEILINGS), st.sampled_from(STEPS)
slot_states = st.builds(
    Slots,
    active=st.sampled_from(Slot),
    versions=st.just(BOTH),
    step=st.sampled_from(STEPS[:-1]),
    pin=st.none() | st.sampled_from(Slot),
)


def told(stage: Stage, ceiling: int | None = None, **more: Any) -> Migration:
    return migration(FRAUD, Recorded(stage=stage, ceiling=ceiling, **more), "dev", WAY, PLACE)


def share(step: int = 0, **more: Any) -> Share:
    return Share(step, Slots(**{"active": Slot.BLUE, "versions": BOTH, **more}))


def refs(item: dict[str, Any]) -> dict[str, int]:
    (rule,) = item["spec"]["rules"]
    return {ref["name"]: ref["weight"] for ref in rule["backendRefs"]}


@given(stages, ceilings, steps, slot_states)
def test_only_weights_ever_change_and_they_sum_to_the_whole(
    stage: Stage, ceiling: int, step: int, slots: Slots
) -> None:
    """C6: adding or removing a backend would give errors for a moment."""
    policy = told(stage, ceiling)
    found = refs(overlay(policy, Share(step, slots)))
    assert list(found) == list(refs(overlay(told(Stage.SHADOW), share())))
    services = [found[name] for name in routes.backends(policy.names)]
    assert sum(services) == PARTS
    assert found["fraud-detection-legacy"] == traffic(stage, ceiling, step).legacy * 100


@given(stages, ceilings, steps, slot_states)
def test_what_the_guard_reads_back_is_what_it_wrote(
    stage: Stage, ceiling: int, step: int, slots: Slots
) -> None:
    """C8: its memory is the object itself."""
    policy = told(stage, ceiling)
    item = overlay(policy, Share(step, slots), latched=3)
    item["metadata"]["resourceVersion"] = "41"
    found = routes.read(policy.names, item)
    wanted = traffic(stage, ceiling, step).platform
    assert (found.weight, found.version, found.latched) == (wanted, "41", 3)
    if wanted:
        assert found.within == slots.weights


def test_a_route_that_warms_up_takes_no_request_of_a_caller() -> None:
    """C6: only one with a header that no caller sends; nothing else of it differs from the open one."""
    policy = told(Stage.SHADOW)
    closed, open_ = (overlay(policy, share(), warming=warming) for warming in (True, False))
    rule, other = closed["spec"]["rules"][0], open_["spec"]["rules"][0]
    assert all(match.pop("headers")[0]["name"] == routes.WARMING for match in rule["matches"])
    assert rule == other


@given(stages, ceilings, slot_states)
def test_second_choice_is_never_who_is_asleep(stage: Stage, ceiling: int, slots: Slots) -> None:
    """C8: the old system while it runs, the other slot once it sleeps, nobody before there is a platform.

    Already at `shadow`: the second choice is there before the first share, and is not added under load.
    """
    policy = told(stage, ceiling)
    found = refs(overlay(policy, Share(0, slots)))
    chosen = [name for name in routes.seconds(policy.names) if found[name]]
    side = TABLE[stage].fallback
    if TABLE[stage].up is not Up.MODEL:
        assert chosen == []
    elif side in (None, Side.LEGACY):
        assert chosen == ["fraud-detection-legacy-second"]
    else:
        (name,) = chosen
        most = max(Slot, key=lambda slot: (found[policy.names.slot(slot)], slot is slots.active))
        assert name == f"fraud-detection-{most.other}-second"


def test_overlay_is_the_more_specific_of_two_routes_for_the_same_paths() -> None:
    """C6: a path and a method beat the path alone, whichever was there first."""
    policy = told(Stage.CANARY, 5)
    first = overlay(policy, share(1))["spec"]["rules"][0]["matches"]
    below = routes.base(policy)["rules"][0]["matches"]
    assert {item["path"]["value"] for item in first} == {item["path"]["value"] for item in below}
    assert all("method" in item for item in first)
    assert not any("method" in item for item in below)


def test_clients_of_sagemaker_keep_their_path() -> None:
    """C5: at `fronted` they change only their endpoint's URL."""
    assert routes.paths(told(Stage.FRONTED)) == (
        "/v2/models/fraud-detection",
        "/endpoints/fraud-detection-prod/invocations",
    )


@pytest.mark.parametrize(
    ("stage", "leads_to"),
    [
        (Stage.FRONTED, "fraud-detection-legacy"),
        (Stage.PLATFORM, "fraud-detection-legacy"),
        (Stage.STANDBY, "fraud-detection-green"),
        (Stage.RETIRED, "fraud-detection-green"),
    ],
)
def test_base_route_leads_to_the_old_system_until_it_sleeps(stage: Stage, leads_to: str) -> None:
    """C5, C8: what answers if the guard never ran."""
    found = refs({"spec": routes.base(told(stage, active=Slot.GREEN))})
    assert [name for name, weight in found.items() if weight] == [leads_to]


@pytest.mark.parametrize(
    ("stage", "copies"),
    [
        (Stage.FRONTED, []),
        (Stage.SHADOW, ["fraud-detection-blue"]),
        (Stage.CANARY, ["fraud-detection-blue"]),
        (Stage.PLATFORM, ["fraud-detection-legacy"]),
        (Stage.STANDBY, []),
    ],
)
def test_copies_go_where_the_designs_table_says(stage: Stage, copies: list[str]) -> None:
    """C6."""
    assert routes.mirrors(told(stage, 1), share()) == copies
    judged = Share(0, replace(share().slots, judged="v2"))
    assert routes.mirrors(told(stage, 1), judged) == [*copies, "fraud-detection-green"]


def test_latch_is_written_with_the_weights() -> None:
    """C8: one object, one patch: there is no moment with the one and without the other."""
    item = overlay(told(Stage.CANARY, 5), share(0), latched=2)
    assert item["metadata"]["annotations"][LATCH] == "2"
    assert refs(item)["fraud-detection-legacy"] == PARTS


def test_a_failed_try_goes_to_the_next_priority() -> None:
    """C8: without it a platform that dies at 100% loses requests (measured)."""
    found = routes.policy(told(Stage.PLATFORM))
    assert found["retry"]["numAttemptsPerPriority"] == 1
    assert found["circuitBreaker"]["maxParallelRetries"] == 1_024
    assert {ref["name"] for ref in found["targetRefs"]} == {"fraud-detection", "fraud-detection-guard"}
    assert routes.backend("10.0.0.7")["fallback"] is True


def test_batch_work_has_no_route() -> None:
    """C9: there is no traffic to split."""
    spec = CATALOGUE["customer-segmentation"]
    policy = migration(spec, Recorded(stage=Stage.SHADOW), "dev", WAY, PLACE)
    assert policy.way is None
    with pytest.raises(ValueError, match="only runs in batch"):
        routes.base(policy)


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.LEGACY])
def test_policy_is_read_as_it_was_written(stage: Stage) -> None:
    """C5."""
    policy = told(stage, 5, epoch=4, active=Slot.GREEN)
    assert read(data(policy)) == policy


@pytest.mark.parametrize("wrong", [{}, {POLICY: "{"}, {POLICY: '{"stage": "warp"}'}])
def test_a_policy_that_cannot_be_read_changes_nothing(wrong: dict[str, str]) -> None:
    """C8."""
    with pytest.raises(MigrationError, match="nothing is changed"):
        read(wrong)


def test_every_workloads_names_fit_and_none_is_another_ones() -> None:
    """C4: names of Kubernetes objects have 63 characters at most."""
    every = [
        name
        for spec in CATALOGUE.values()
        if spec.model
        for policy in [migration(spec, Recorded(stage=Stage.SHADOW), "dev", WAY, PLACE)]
        for name in (*routes.backends(policy.names), *routes.seconds(policy.names), policy.names.overlay)
    ]
    assert max(map(len, every)) <= 63
    assert not [pair for pair in itertools.combinations(every, 2) if pair[0] == pair[1]]
