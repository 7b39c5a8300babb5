"""A version for a slot: what Argo CD's repository holds (C6, B4, B5). Pure."""

from __future__ import annotations

from typing import Any

import pytest

from infra.deploying.manifests import ALLOWED
from infra.specs.triton import ModelSpec, TritonSpec
from tests.workloads.patterns.ground import IMAGE, made
from workloads.patterns import pods, release
from workloads.patterns.migration import VERSION, Names
from workloads.state import Slot, Stage

FRAUD = Names("fraud-detection")
PLACE = pods.Place(FRAUD, IMAGE, "us-east-1")


def spec(digit: str = "1", **more: Any) -> TritonSpec:
    model = ModelSpec(name="fraud-detection", prefix="fraud-detection/7/", digest=f"sha256:{digit * 64}")
    return TritonSpec.model_validate({"image": IMAGE, "fetch_image": IMAGE, "model": model, **more})


def versions(**more: Any) -> list[dict[str, Any]]:
    return release.served(PLACE, Slot.BLUE, spec(**more), "models")


def everything() -> list[dict[str, Any]]:
    packaged = release.packaged(
        pods.Place(Names("churn"), IMAGE, "us-east-1"), Slot.GREEN, release.Packaged(image=IMAGE)
    )
    return [*versions(), *versions(capacity="spot", on_demand_floor=1), *packaged]


def test_a_version_brings_only_what_a_models_repository_may_bring() -> None:
    """B5: no Secret, no right, no route."""
    kinds = {(item["apiVersion"].rpartition("/")[0], item["kind"]) for item in everything()}
    assert kinds <= set(ALLOWED)


def test_what_a_version_refers_to_is_what_the_component_made() -> None:
    """C6: accounts, ConfigMaps and the Service's selector; nothing dangles."""
    found = made(Stage.SHADOW, "fraud-detection")
    there = {
        (item.type.rpartition(":")[2], item.inputs.get("metadata", {}).get("name"))
        for item in found.resources
    }
    for item in (item for item in versions() if item["kind"] == "Deployment"):
        pod = item["spec"]["template"]
        assert ("ServiceAccount", pod["spec"]["serviceAccountName"]) in there
        maps = [volume["configMap"]["name"] for volume in pod["spec"]["volumes"] if "configMap" in volume]
        assert {("ConfigMap", name) for name in maps} <= there
        (service,) = [
            entry
            for entry in found.of("kubernetes:core/v1:Service")
            if entry.inputs["metadata"]["name"] == item["metadata"]["name"]
        ]
        assert service.inputs["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
        ports = [port["name"] for box in pod["spec"]["containers"] for port in box.get("ports", [])]
        assert service.inputs["spec"]["ports"][0]["targetPort"] in ports
        assert len(ports) == len(set(ports))


@pytest.mark.parametrize("index", range(3))
def test_each_slots_pods_are_its_own(index: int) -> None:
    """C6: a selector that met the other slot's pods would mix versions."""
    deployments = [item for item in everything() if item["kind"] == "Deployment"]
    item = deployments[index]
    selector = item["spec"]["selector"]["matchLabels"]
    assert selector.items() <= item["spec"]["template"]["metadata"]["labels"].items()
    others = [other for other in deployments if other["metadata"]["name"] != item["metadata"]["name"]]
    for other in others:
        assert not selector.items() <= other["spec"]["template"]["metadata"]["labels"].items()


def test_another_version_is_another_pod_and_says_so() -> None:
    """C6: what the guard reads to know which version a slot holds."""
    one, two = versions()[0], versions(digit="2")[0]
    assert one["metadata"]["annotations"][VERSION] == spec().model.digest
    assert one["spec"]["template"] != two["spec"]["template"]


def test_every_request_passes_the_recorder() -> None:
    """C7: a model server records nothing by itself."""
    for item in (item for item in everything() if item["kind"] == "Deployment"):
        answering = [
            box["name"]
            for box in item["spec"]["template"]["spec"]["containers"]
            for port in box.get("ports", [])
            if port["name"] == pods.PORT
        ]
        assert answering == ["recorder"]


def test_what_a_slot_says_is_recorded_under_its_versions_digest() -> None:
    """C7: evidence is about the model that stands in the slot, and about no other."""
    for item in (item for item in everything() if item["kind"] == "Deployment"):
        boxes = item["spec"]["template"]["spec"]["containers"]
        (recorder,) = [box for box in boxes if box["name"] == "recorder"]
        digest = item["metadata"]["annotations"][VERSION]
        assert f"--model={digest}" in recorder["args"]
