"""Karpenter's objects as data (A3). That real Karpenter takes them and acts on them is rehearsed."""

from __future__ import annotations

from typing import Any

import pytest

from infra.karpenter import manifests
from infra.specs.karpenter import PoolSpec


def pool(kind: Any = "gpu", **more: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": kind,
        "kind": kind,
        "families": ["g4dn"] if kind == "gpu" else ["m5", "m6i"],
        "sizes": ["xlarge"],
        "capacity": ["spot", "on-demand"],
        "cpu_limit": 32,
        "gpu_limit": 4 if kind == "gpu" else 0,
        "consolidate_after": "1m",
        "expire_after": "720h",
    }
    return manifests.node_pool(PoolSpec(**{**facts, **more}))


def values_of(found: dict[str, Any], key: str) -> list[str]:
    wanted = found["template"]["spec"]["requirements"]
    return next(item["values"] for item in wanted if item["key"] == key)


def test_gpu_pool_takes_only_pods_that_ask_for_gpus() -> None:
    taints = pool("gpu")["template"]["spec"]["taints"]
    assert taints == [{"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}]
    assert "taints" not in pool("general")["template"]["spec"]


def test_gpu_pool_buys_only_the_sizes_it_is_told() -> None:
    """With a size of four GPUs among them, two pods of one GPU each were answered with that one."""
    assert values_of(pool("gpu"), "karpenter.k8s.aws/instance-size") == ["xlarge"]
    assert values_of(pool("gpu"), "karpenter.k8s.aws/instance-family") == ["g4dn"]


def test_gpu_pool_removes_only_empty_nodes_and_the_general_one_moves_pods() -> None:
    assert pool("gpu")["disruption"]["consolidationPolicy"] == "WhenEmpty"
    assert pool("general")["disruption"]["consolidationPolicy"] == "WhenEmptyOrUnderutilized"


def test_limits_are_cpu_memory_and_for_gpu_pools_gpus() -> None:
    assert pool("gpu")["limits"] == {"cpu": "32", "memory": "256Gi", "nvidia.com/gpu": "4"}
    assert set(pool("general")["limits"]) == {"cpu", "memory"}


def test_node_waits_for_its_pods_and_grows_old() -> None:
    spec = pool("gpu")["template"]["spec"]
    assert (spec["terminationGracePeriod"], spec["expireAfter"]) == ("30m", "720h")


def node_class() -> dict[str, Any]:
    return manifests.node_class("ferry-dev", "al2023@v20260903", "profile", {"owner": "somebody"})


def test_nodes_run_a_pinned_image() -> None:
    assert node_class()["amiSelectorTerms"] == [{"alias": "al2023@v20260903"}]


def test_pods_cannot_borrow_the_nodes_role() -> None:
    options = node_class()["metadataOptions"]
    assert (options["httpTokens"], options["httpPutResponseHopLimit"]) == ("required", 1)


def test_disks_are_encrypted_and_machines_tagged() -> None:
    assert all(item["ebs"]["encrypted"] for item in node_class()["blockDeviceMappings"])
    assert node_class()["tags"]["owner"] == "somebody"


@pytest.mark.parametrize("terms", ["subnetSelectorTerms", "securityGroupSelectorTerms"])
def test_subnets_and_groups_are_found_by_the_clusters_tag(terms: str) -> None:
    assert node_class()[terms] == [{"tags": {"karpenter.sh/discovery": "ferry-dev"}}]


def test_node_class_names_a_profile_so_that_karpenter_makes_none() -> None:
    assert node_class()["instanceProfile"] == "profile"
    assert "role" not in node_class()


def test_values_name_cluster_queue_and_role() -> None:
    found = manifests.values("ferry-dev", "queue", "arn:role", 2)
    assert found["settings"]["clusterName"] == "ferry-dev"
    assert found["settings"]["interruptionQueue"] == "queue"
    assert found["serviceAccount"]["annotations"] == {"eks.amazonaws.com/role-arn": "arn:role"}
