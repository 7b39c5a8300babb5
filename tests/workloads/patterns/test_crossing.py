"""What each stage of each pattern makes, as the real program registers it (C1 to C6, C9).

Through the SDK's mocks: it proves what is asked for, and that nothing is asked for outside the workload whose
line changed. That the API server takes it and a second preview is empty is proved with the real engine.
"""

from __future__ import annotations

import functools
import json
from typing import Any

import pulumi
import pytest

from sandbox.rendering import World
from stacks import crossings, fleet, program
from stacks.settings import Settings
from tests.infra.engine import Made, Registered, run
from tests.infra.environments import settings
from tests.workloads.patterns.ground import EVERYTHING, PLACE, component, ground, made
from workloads.catalogue import CATALOGUE
from workloads.patterns.migration import read
from workloads.spec import Pattern
from workloads.stages import Recorded
from workloads.state import Slot, Stage
from workloads.traffic import TABLE, Old, Up

FRAUD, CHURN, SEGMENTS, RECOMMEND = "fraud-detection", "churn", "customer-segmentation", "recommendation"
PACKAGED = dict.fromkeys((CHURN, SEGMENTS), f"registry.example/x@sha256:{'1' * 64}")
STANDING = [stage for stage in Stage if stage is not Stage.LEGACY]
DEPLOYMENT, CRON = "kubernetes:apps/v1:Deployment", "kubernetes:batch/v1:CronJob"
ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"


@functools.cache
def wanted() -> Settings:
    """Development with the way in and model serving."""
    base = settings("dev")
    on = dict.fromkeys(("gateway", "model_serving"), True)
    services = base.services
    assert services.crossing is not None
    crossing = services.crossing.model_copy(update={"packaged": PACKAGED})
    return base.model_copy(
        update={
            "capabilities": {**base.capabilities, **on},
            "services": services.model_copy(update={"crossing": crossing}),
        }
    )


@functools.cache
def whole(stage: Stage) -> Made:
    """Everything that the program registers with one workload at a stage."""
    return run(lambda: program.build(wanted(), {FRAUD: Recorded(stage=stage)}))


def own(found: Made, name: str) -> list[Registered]:
    """A workload's component and everything below it."""
    inside = {
        item.urn for item in found.resources if item.type.startswith("ferry:workloads:") and item.name == name
    }
    grown = True
    while grown:
        below = {item.urn for item in found.resources if item.parent in inside} - inside
        inside, grown = inside | below, bool(below)
    return [item for item in found.resources if item.urn in inside]


def named(found: Made, kind: str, name: str) -> Registered | None:
    """The one object of that name in the cluster."""
    hits = [item for item in found.of(kind) if item.inputs["metadata"]["name"] == name]
    assert len(hits) <= 1
    return hits[0] if hits else None


def kinds(found: Made, name: str) -> set[str]:
    """Short types of what a workload's component made."""
    return {item.type.rpartition(":")[2] for item in own(found, name)}


def outside(found: Made, name: str) -> dict[str, str]:
    """Everything else, with its inputs: what a stage change of the workload must not touch."""
    inner = {item.urn for item in own(found, name)}
    return {
        item.urn: json.dumps(item.inputs, sort_keys=True, default=str)
        for item in found.resources
        if item.urn not in inner and item.type != "pulumi:pulumi:Stack"
    }


def test_at_legacy_there_is_nothing() -> None:
    """C5: callers go straight to the old system."""
    found = whole(Stage.LEGACY)
    assert own(found, FRAUD) == []
    assert found.exports["workloads"] == {FRAUD: {"stage": "legacy", "epoch": 1}}


@pytest.mark.parametrize("stage", STANDING)
def test_a_stage_makes_what_the_designs_table_says(stage: Stage) -> None:
    """C5: gateway and adapter at `fronted`, slots and guard from `shadow`; the adapter goes with the old."""
    found, row = made(stage, FRAUD), TABLE[stage]
    assert named(found, ROUTE, FRAUD) is not None
    guard = named(found, DEPLOYMENT, f"{FRAUD}-guard")
    assert (guard is not None) == (row.up is Up.MODEL)
    slots = named(found, "kubernetes:policy/v1:PodDisruptionBudget", f"{FRAUD}-blue")
    assert (slots is not None) == (row.up is Up.MODEL)
    adapter = named(found, DEPLOYMENT, f"{FRAUD}-adapter")
    if row.old is Old.GONE:
        assert adapter is None
    else:
        assert adapter is not None
        assert (adapter.inputs["spec"]["replicas"] == 0) == (row.old is Old.ASLEEP)


@pytest.mark.parametrize("stage", STANDING)
def test_every_backend_of_the_routes_is_there_at_every_stage(stage: Stage) -> None:
    """C6: a reference to a Service that is not there answers errors."""
    found = made(stage, FRAUD)
    route = named(found, ROUTE, FRAUD)
    assert route is not None
    (rule,) = route.inputs["spec"]["rules"]
    services = {item.inputs["metadata"]["name"] for item in found.of("kubernetes:core/v1:Service")}
    assert {ref["name"] for ref in rule["backendRefs"]} == services & {
        f"{FRAUD}-{end}" for end in ("legacy", "blue", "green")
    }
    assert len(rule["backendRefs"]) == 3
    backends = found.of("kubernetes:gateway.envoyproxy.io/v1alpha1:Backend")
    assert {item.inputs["metadata"]["name"] for item in backends} == {
        f"{FRAUD}-{end}-second" for end in ("legacy", "blue", "green")
    }


@pytest.mark.parametrize("stage", STANDING)
def test_pulumi_never_writes_the_guards_route(stage: Stage) -> None:
    """C8: who owns the weight."""
    names = {item.inputs["metadata"]["name"] for item in made(stage, FRAUD).of(ROUTE)}
    assert names == {FRAUD}


def test_a_change_of_one_workload_changes_nothing_outside_it() -> None:
    """C5: blast radius, at every stage on the way."""
    before = outside(whole(Stage.LEGACY), FRAUD)
    assert len(before) > 100
    for stage in (Stage.FRONTED, Stage.SHADOW):
        after = outside(whole(stage), FRAUD)
        changed = {key for key in before | after if before.get(key) != after.get(key)}
        assert changed == set(), stage
        assert own(whole(stage), FRAUD)


def test_guard_is_told_what_configuration_says() -> None:
    """C5, C8: stage, ceiling, epoch and pin; nothing of it waits for an environment variable."""
    found = made(Stage.CANARY, FRAUD, Slot.GREEN)
    item = named(found, "kubernetes:core/v1:ConfigMap", f"{FRAUD}-migration")
    assert item is not None
    told = read(item.inputs["data"])
    assert (told.stage, told.ceiling, told.active) == (Stage.CANARY, 5, Slot.GREEN)
    assert told.way is not None
    assert told.evidence == PLACE


@pytest.mark.parametrize("pattern", sorted(crossings.COMPONENTS))
def test_the_patterns_differ_in_what_they_provision(pattern: Pattern) -> None:
    """C1, C2, C3: the same machinery, and what each brings on top."""
    names = {
        Pattern.LIFT_AND_SHIFT: CHURN,
        Pattern.REFACTOR_AND_OPTIMIZE: RECOMMEND,
        Pattern.REBUILD_AND_ENHANCE: FRAUD,
    }
    name = names[pattern]
    assert CATALOGUE[name].pattern is pattern
    found = made(Stage.SHADOW, name)
    objects = {
        (item.type.rpartition(":")[2], item.inputs.get("metadata", {}).get("name"))
        for item in own(found, name)
    }
    refactored, rebuilt = pattern is not Pattern.LIFT_AND_SHIFT, pattern is Pattern.REBUILD_AND_ENHANCE
    assert (("ConfigMap", f"{name}-fetch") in objects) == refactored
    assert (("ServiceAccount", f"{name}-training") in objects) == refactored
    assert (("CronJob", f"{name}-drift") in objects) == rebuilt
    assert (("Experiment", f"{name}-training") in objects) == rebuilt
    assert (("CronJob", f"{name}-training") in objects) == rebuilt
    space = named(found, "kubernetes:core/v1:Namespace", name)
    assert space is not None
    assert ("ferry.dev/redis-client" in space.inputs["metadata"]["labels"]) == refactored


def test_batch_work_runs_on_both_sides_and_the_old_one_is_suspended_before_it_goes() -> None:
    """C9: never two runs of one side at once, and what was missed is not made up for."""
    there: dict[Stage, dict[str, bool]] = {}
    for stage in STANDING:
        runs = made(stage, SEGMENTS).of(CRON)
        there[stage] = {item.inputs["metadata"]["name"]: item.inputs["spec"]["suspend"] for item in runs}
        for item in runs:
            assert item.inputs["spec"]["concurrencyPolicy"] == "Forbid"
            assert item.inputs["spec"]["jobTemplate"]["spec"]["backoffLimit"] == 0
    old, new = f"{SEGMENTS}-batch-legacy", f"{SEGMENTS}-batch-platform"
    assert there[Stage.FRONTED] == {old: False}
    assert there[Stage.SHADOW] == there[Stage.CANARY] == there[Stage.PLATFORM] == {old: False, new: False}
    assert there[Stage.STANDBY] == {old: True, new: False}
    assert there[Stage.RETIRED] == {new: False}
    assert made(Stage.SHADOW, SEGMENTS).of(ROUTE) == []


def test_the_output_is_what_fleet_reads_back() -> None:
    """C5: through the whole program, of a workload that stands and of one that does not."""
    assert whole(Stage.SHADOW).exports["workloads"] == {FRAUD: {"stage": "shadow", "epoch": 1}}


def test_a_stage_that_failed_half_way_is_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """C5: what could not be applied was not reached, whatever configuration says."""
    seen: list[object] = []
    answer = World.new_resource

    def refuses(world: World, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        if args.typ == DEPLOYMENT and args.name.endswith("guard"):
            raise RuntimeError("the cluster said no")
        return answer(world, args)

    def body() -> None:
        component(FRAUD, Recorded(stage=Stage.SHADOW), ground()).recorded.apply(seen.append)

    run(body)
    assert len(seen) == 1
    monkeypatch.setattr(World, "new_resource", refuses)
    with pytest.raises(Exception, match="the cluster said no"):
        run(body)
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"gateway": False}, FRAUD, "shadow needs gateway, which dev has switched off"),
        ({"model_serving": False}, FRAUD, "shadow needs model_serving, which dev has switched off"),
        ({"model_serving": False}, CHURN, ""),
        ({"gateway": False}, SEGMENTS, ""),
        ({"legacy_adapters": False}, SEGMENTS, "shadow needs legacy_adapters, which dev has switched off"),
        ({"legacy_adapters": False}, FRAUD, ""),
    ],
)
def test_what_a_stage_needs_and_is_switched_off_is_one_clear_error(
    changes: dict[str, bool], name: str, words: str
) -> None:
    """C5, E5: before anything is registered."""
    base = wanted()
    lacking = base.model_copy(update={"capabilities": {**base.capabilities, **changes}})
    stood = {name: Recorded(stage=Stage.SHADOW)}
    if not words:
        crossings.check(lacking, stood)
        return
    with pytest.raises(fleet.RefusedError) as caught:
        crossings.check(lacking, stood)
    assert words in str(caught.value)
    assert "Set `ferry:capabilities:" in str(caught.value)


def test_without_images_nothing_is_begun() -> None:
    """C5, C9."""
    base, stood = wanted(), {SEGMENTS: Recorded(stage=Stage.SHADOW)}
    services = base.services.model_copy(update={"crossing": None})
    with pytest.raises(fleet.RefusedError, match="nothing names it"):
        crossings.check(base.model_copy(update={"services": services}), stood)
    assert base.services.crossing is not None
    bare = base.services.crossing.model_copy(update={"packaged": {}})
    services = base.services.model_copy(update={"crossing": bare})
    with pytest.raises(fleet.RefusedError, match=r"crossing\.packaged\.customer-segmentation"):
        crossings.check(base.model_copy(update={"services": services}), stood)


def pods_of(found: Made) -> dict[str, dict[str, Any]]:
    """Pod specs by the name of what makes them."""
    result = {}
    for item in found.resources:
        if item.type == DEPLOYMENT:
            result[item.name] = item.inputs["spec"]["template"]["spec"]
        if item.type == CRON:
            result[item.name] = item.inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return result


def test_only_the_guard_and_who_watches_it_speak_to_the_api_server() -> None:
    """C8, A4: every other pod of the workload has no token for it."""
    found = {key: spec for key, spec in pods_of(made(Stage.SHADOW, FRAUD)).items() if key.startswith(FRAUD)}
    tokens = {key for key, spec in found.items() if spec["automountServiceAccountToken"]}
    assert tokens == {f"{FRAUD}-guard", f"{FRAUD}-watchdog"}
    assert len(found) == 5


@pytest.mark.parametrize(
    ("capability", "gone"),
    [
        ("drift_detection", ("CronJob", f"{FRAUD}-drift")),
        ("hyperparameter_search", ("Experiment", f"{FRAUD}-training")),
        ("automated_retraining", ("CronJob", f"{FRAUD}-training")),
        ("scheduled_runs", ("CronJob", f"{FRAUD}-training")),
    ],
)
def test_what_is_switched_off_leaves_nothing_behind(capability: str, gone: tuple[str, str]) -> None:
    """E5, C3, C9: each takes its own away, and nothing of the others."""

    def objects(enabled: frozenset[str]) -> set[tuple[str, str]]:
        return {
            (item.type.rpartition(":")[2], item.inputs.get("metadata", {}).get("name", item.name))
            for item in made(Stage.SHADOW, FRAUD, enabled=enabled).resources
        }

    everything, without = objects(EVERYTHING), objects(EVERYTHING - {capability})
    assert gone in everything
    assert gone not in without
    assert without < everything
