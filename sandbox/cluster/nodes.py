"""What a node of a managed node group looks like once its kubelet has joined. Pure.

Sources: labels and taints from the EKS user guide ("managed node groups"); what a kubelet keeps for itself
    from the AMI's bootstrap (amazon-eks-ami, ``nodeadm``: 255 MiB + 11 MiB per pod, CPU by steps) and the
    kubelet's default eviction threshold (100 MiB); pods per node from the VPC CNI's formula.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.controlplane.client import MANAGER, Object

GROUP_LABEL = "eks.amazonaws.com/nodegroup"
MADE_BY_LABEL = "rehearsal.ferry/made-by"

_EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}
_FIRST_ADDRESS = 10  # AWS keeps the first four of a subnet and the last
_EVICTION_MIB = 100
_DEFAULT_DISK_GIB = 20


@dataclass(frozen=True)
class Place:
    """Where one node stands: its group, its number in it, its subnet."""

    group: Mapping[str, Any]
    index: int
    subnet: Mapping[str, Any]
    region: str

    @property
    def address(self) -> str:
        """Its address in the subnet, the same whenever it is asked for."""
        network = ipaddress.ip_network(self.subnet["CidrBlock"])
        seed = hashlib.sha256(f"{self.group['nodegroupName']}/{self.index}".encode()).digest()
        room = network.num_addresses - _FIRST_ADDRESS - 1
        return str(network[_FIRST_ADDRESS + int.from_bytes(seed[:4]) % room])

    @property
    def name(self) -> str:
        """Its private DNS name, as EC2 gives it: ``ip-10-0-1-10.ec2.internal`` in us-east-1."""
        domain = "ec2.internal" if self.region == "us-east-1" else f"{self.region}.compute.internal"
        return f"ip-{self.address.replace('.', '-')}.{domain}"


def places(group: Mapping[str, Any], subnets: Sequence[Mapping[str, Any]], region: str) -> list[Place]:
    """Where the group's nodes stand: as many as it desires, spread over its subnets in turn."""
    wanted = int((group.get("scalingConfig") or {}).get("desiredSize") or 0)
    return [Place(group, number, subnets[number % len(subnets)], region) for number in range(wanted)]


def node(place: Place, hardware: Mapping[str, Any], version: str) -> Object:
    """The Node object, hardware and all; kwok takes it from there."""
    group, zone = place.group, place.subnet["AvailabilityZone"]
    instance = "i-" + hashlib.sha256(place.name.encode()).hexdigest()[:17]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": place.name,
            # An annotation, never the label of that name: Karpenter's kwok flavour deletes nodes that carry
            # the label and are no instance of its own.
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {**_labels(place, hardware), **(group.get("labels") or {})},
        },
        "spec": {"providerID": f"aws:///{zone}/{instance}", "taints": _taints(group)},
        "status": {
            "capacity": capacity(hardware, _disk(group)),
            "allocatable": allocatable(hardware, _disk(group)),
            "addresses": [
                {"type": "InternalIP", "address": place.address},
                {"type": "Hostname", "address": place.name},
            ],
            "nodeInfo": _info(hardware, version),
        },
    }


def capacity(hardware: Mapping[str, Any], disk_gib: int) -> dict[str, str]:
    """What the machine has, as Kubernetes quantities."""
    found = {
        "cpu": str(hardware["VCpuInfo"]["DefaultVCpus"]),
        "memory": f"{hardware['MemoryInfo']['SizeInMiB']}Mi",
        "ephemeral-storage": f"{disk_gib}Gi",
        "pods": str(pods(hardware)),
    }
    gpus = sum(gpu["Count"] for gpu in (hardware.get("GpuInfo") or {}).get("Gpus", []))
    return {**found, "nvidia.com/gpu": str(gpus)} if gpus else found


def allocatable(hardware: Mapping[str, Any], disk_gib: int) -> dict[str, str]:
    """What is left for pods after what the kubelet keeps."""
    total = capacity(hardware, disk_gib)
    cpu = int(total["cpu"]) * 1000 - kept_cpu(int(total["cpu"]))
    memory = hardware["MemoryInfo"]["SizeInMiB"] - (255 + 11 * pods(hardware)) - _EVICTION_MIB
    return {
        **total,
        "cpu": f"{cpu}m",
        "memory": f"{memory}Mi",
        "ephemeral-storage": f"{disk_gib * 9 // 10}Gi",
    }


def kept_cpu(cores: int) -> int:
    """Millicores that the kubelet keeps: 6% of the first core, 1% of the second, 0.5% of two, 0.25% after."""
    steps = [60.0, 10.0, 5.0, 5.0, *([2.5] * max(0, cores - 4))]
    return int(sum(steps[:cores]))


def pods(hardware: Mapping[str, Any]) -> int:
    """Pods that the VPC CNI can give an address: interfaces * (addresses - 1) + 2."""
    network = hardware.get("NetworkInfo") or {}
    interfaces = network.get("MaximumNetworkInterfaces", 4)
    addresses = network.get("Ipv4AddressesPerInterface", 15)
    return int(interfaces * (addresses - 1) + 2)


def _labels(place: Place, hardware: Mapping[str, Any]) -> dict[str, str]:
    group = place.group
    return {
        GROUP_LABEL: group["nodegroupName"],
        "eks.amazonaws.com/capacityType": group.get("capacityType") or "ON_DEMAND",
        "kubernetes.io/arch": _architecture(hardware),
        "kubernetes.io/os": "linux",
        "kubernetes.io/hostname": place.name,
        "node.kubernetes.io/instance-type": hardware["InstanceType"],
        "topology.kubernetes.io/region": place.region,
        "topology.kubernetes.io/zone": place.subnet["AvailabilityZone"],
        "topology.k8s.aws/zone-id": place.subnet.get("AvailabilityZoneId", ""),
        MADE_BY_LABEL: MANAGER,
    }


def _taints(group: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {"key": taint["key"], "value": taint.get("value") or "", "effect": _EFFECTS[taint["effect"]]}
        for taint in group.get("taints") or []
    ]


def _disk(group: Mapping[str, Any]) -> int:
    return int(group.get("diskSize") or _DEFAULT_DISK_GIB)


def _architecture(hardware: Mapping[str, Any]) -> str:
    supported = (hardware.get("ProcessorInfo") or {}).get("SupportedArchitectures") or []
    return "arm64" if "arm64" in supported else "amd64"


def _info(hardware: Mapping[str, Any], version: str) -> dict[str, str]:
    """Every field is required by the API; those no controller reads are empty."""
    empty = ("bootID", "kernelVersion", "kubeProxyVersion", "machineID", "osImage", "systemUUID")
    return {
        **dict.fromkeys(empty, ""),
        "architecture": _architecture(hardware),
        "containerRuntimeVersion": "kwok",
        "kubeletVersion": f"v{version}.0-eks-rehearsal",
        "operatingSystem": "linux",
    }
