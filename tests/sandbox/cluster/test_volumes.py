"""Proves when a claim gets a volume, where and how large. Pure; ``test_stand_ins.py`` binds real claims."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.cluster.volumes import Order, order, to_bytes, volume

EBS: dict[str, Any] = {
    "metadata": {"name": "gp3"},
    "provisioner": "ebs.csi.aws.com",
    "volumeBindingMode": "WaitForFirstConsumer",
    "reclaimPolicy": "Retain",
}
NODES = {"n1": {"metadata": {"labels": {"topology.kubernetes.io/zone": "us-east-1b"}}}}


def claim(**spec: Any) -> dict[str, Any]:
    """A claim of 5 GiB whose pod was given node n1."""
    meta = {"name": "data", "namespace": "db", "uid": "u1", "resourceVersion": "7"}
    return {
        "metadata": {**meta, "annotations": {"volume.kubernetes.io/selected-node": "n1"}},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}}, **spec},
    }


def made(given: dict[str, Any], storage_class: dict[str, Any] | None = EBS) -> Order | None:
    """The order for a claim."""
    return order(given, storage_class, NODES, "us-east-1")


def test_volume_is_made_in_the_zone_of_the_chosen_node() -> None:
    wanted = made(claim())
    assert wanted
    assert (wanted.zone, wanted.gib) == ("us-east-1b", 5)


def test_claim_without_a_pod_waits() -> None:
    waiting = claim()
    del waiting["metadata"]["annotations"]
    assert made(waiting) is None


def test_claim_for_a_node_that_is_not_known_yet_waits() -> None:
    assert order(claim(), EBS, {}, "us-east-1") is None


def test_bound_claims_and_those_of_other_drivers_are_left_alone() -> None:
    assert made(claim(volumeName="pv-1")) is None
    assert made(claim(), {**EBS, "provisioner": "efs.csi.aws.com"}) is None
    assert made(claim(), None) is None


def test_immediate_class_needs_no_pod() -> None:
    early = claim()
    del early["metadata"]["annotations"]
    assert made(early, {**EBS, "volumeBindingMode": "Immediate"})


def test_volume_is_tied_to_its_claim_zone_and_policy() -> None:
    wanted = made(claim())
    assert wanted
    spec = volume(wanted, "vol-1")["spec"]
    assert spec["claimRef"]["uid"] == "u1"
    assert spec["persistentVolumeReclaimPolicy"] == "Retain"
    assert spec["csi"]["volumeHandle"] == "vol-1"
    [term] = spec["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"][0]["values"] == ["us-east-1b"]


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [("5Gi", 5 * 2**30), ("1.5Gi", 3 * 2**29), ("500M", 500_000_000), ("1024", 1024), ("1Ti", 2**40)],
)
def test_quantities_are_read_as_kubernetes_does(quantity: str, expected: int) -> None:
    assert to_bytes(quantity) == expected


def test_odd_sizes_are_rounded_up_as_ebs_does() -> None:
    wanted = made(claim(resources={"requests": {"storage": "1500Mi"}}))
    assert wanted
    assert wanted.gib == 2
