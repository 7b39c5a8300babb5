"""Proves that a node of a node group looks as on EKS to whatever schedules, spreads or selects. Pure."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from sandbox.cluster.nodes import Place, allocatable, capacity, kept_cpu, node, places, pods

M5_XLARGE: dict[str, Any] = {
    "InstanceType": "m5.xlarge",
    "VCpuInfo": {"DefaultVCpus": 4},
    "MemoryInfo": {"SizeInMiB": 16384},
    "NetworkInfo": {"MaximumNetworkInterfaces": 4, "Ipv4AddressesPerInterface": 15},
    "ProcessorInfo": {"SupportedArchitectures": ["x86_64"]},
}
G4DN_XLARGE = {**M5_XLARGE, "InstanceType": "g4dn.xlarge", "GpuInfo": {"Gpus": [{"Count": 1}]}}
SUBNETS = [
    {"CidrBlock": f"10.0.{number}.0/24", "AvailabilityZone": f"us-east-1{zone}", "AvailabilityZoneId": zone}
    for number, zone in enumerate("abc")
]
GROUP: dict[str, Any] = {
    "nodegroupName": "system",
    "scalingConfig": {"desiredSize": 3},
    "labels": {"role": "system"},
    "taints": [{"key": "CriticalAddonsOnly", "value": "true", "effect": "NO_SCHEDULE"}],
    "diskSize": 50,
}


def test_nodes_are_spread_over_the_zones() -> None:
    """A2."""
    stands = places(GROUP, SUBNETS, "us-east-1")
    assert [place.subnet["AvailabilityZone"] for place in stands] == [
        "us-east-1a",
        "us-east-1b",
        "us-east-1c",
    ]


def test_group_scaled_down_keeps_its_first_nodes() -> None:
    fewer = {**GROUP, "scalingConfig": {"desiredSize": 1}}
    names = [place.name for place in places(GROUP, SUBNETS, "us-east-1")]
    assert [place.name for place in places(fewer, SUBNETS, "us-east-1")] == names[:1]


def test_addresses_are_of_the_subnet_and_not_amazons_own() -> None:
    for number in range(200):
        address = ipaddress.IPv4Address(Place(GROUP, number, SUBNETS[1], "us-east-1").address)
        assert ipaddress.IPv4Address("10.0.1.10") <= address < ipaddress.IPv4Address("10.0.1.255")


@pytest.mark.parametrize(
    ("region", "domain"), [("us-east-1", "ec2.internal"), ("us-west-2", "us-west-2.compute.internal")]
)
def test_name_is_the_private_dns_name(region: str, domain: str) -> None:
    place = Place(GROUP, 0, SUBNETS[0], region)
    assert place.name == f"ip-{place.address.replace('.', '-')}.{domain}"


def test_labels_and_taints_are_those_of_eks() -> None:
    body = node(Place(GROUP, 0, SUBNETS[0], "us-east-1"), M5_XLARGE, "1.35")
    labels = body["metadata"]["labels"]
    assert labels["eks.amazonaws.com/nodegroup"] == "system"
    assert labels["topology.kubernetes.io/zone"] == "us-east-1a"
    assert labels["node.kubernetes.io/instance-type"] == "m5.xlarge"
    assert labels["role"] == "system"
    assert body["spec"]["taints"] == [{"key": "CriticalAddonsOnly", "value": "true", "effect": "NoSchedule"}]


def test_node_does_not_carry_the_label_by_which_karpenter_deletes_strangers() -> None:
    body = node(Place(GROUP, 0, SUBNETS[0], "us-east-1"), M5_XLARGE, "1.35")
    assert "kwok.x-k8s.io/node" not in body["metadata"]["labels"]


def test_pods_per_node_follow_the_networks_formula() -> None:
    assert pods(M5_XLARGE) == 58  # AWS's own list for m5.xlarge


def test_kubelet_keeps_its_share() -> None:
    assert kept_cpu(4) == 80
    assert kept_cpu(1) == 60
    left = allocatable(M5_XLARGE, 50)
    assert left["cpu"] == "3920m"
    assert left["memory"] == f"{16384 - 255 - 11 * 58 - 100}Mi"


def test_gpus_are_counted_only_where_there_are_some() -> None:
    assert capacity(G4DN_XLARGE, 20)["nvidia.com/gpu"] == "1"
    assert "nvidia.com/gpu" not in capacity(M5_XLARGE, 20)
