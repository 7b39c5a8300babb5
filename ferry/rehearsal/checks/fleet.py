"""What the cluster may grow into: its NodePools, and the machines that the cloud offers for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ferry.rehearsal.checks.context import CheckContext, Object
from sandbox.kubelet import Machine
from sandbox.kubelet.objects import dig

FAMILY = "karpenter.k8s.aws/instance-family"
TYPE = "node.kubernetes.io/instance-type"


def node_pools(context: CheckContext) -> list[dict[str, Any]]:
    """All NodePools."""
    return context.kube.list("karpenter.sh/v1", "NodePool")


def node_classes(context: CheckContext) -> list[dict[str, Any]]:
    """All EC2NodeClasses."""
    return context.kube.list("karpenter.k8s.aws/v1", "EC2NodeClass")


def machines(context: CheckContext, pools: Sequence[Object]) -> list[Machine]:
    """The instance types that the NodePools could mean, with the zones in which each is offered."""
    ec2 = context.aws("ec2")
    asked = {"Filters": [{"Name": "instance-type", "Values": patterns(pools)}]}
    pages = ec2.get_paginator("describe_instance_types").paginate(**asked)
    entries = [entry for page in pages for entry in page["InstanceTypes"]]
    named = {"Filters": [{"Name": "instance-type", "Values": [entry["InstanceType"] for entry in entries]}]}
    pages = ec2.get_paginator("describe_instance_type_offerings").paginate(
        LocationType="availability-zone", **named
    )
    zones: dict[str, set[str]] = {}
    for offer in (offer for page in pages for offer in page["InstanceTypeOfferings"]):
        zones.setdefault(offer["InstanceType"], set()).add(offer["Location"])
    return [machine(entry, zones.get(entry["InstanceType"], set())) for entry in entries]


def patterns(pools: Sequence[Object]) -> list[str]:
    """Patterns of instance types (``g4dn.*``) that cover what the NodePools allow; ``*`` when one names
    nothing.
    """
    families: set[str] = set()
    for pool in pools:
        named = {
            value.partition(".")[0]
            for entry in dig(pool, ("spec", "template", "spec", "requirements")) or []
            if entry["key"] in {FAMILY, TYPE} and entry["operator"] == "In"
            for value in entry["values"]
        }
        if not named:
            return ["*"]
        families |= named
    return sorted(f"{family}.*" for family in families)


def machine(entry: Object, zones: Iterable[str]) -> Machine:
    """One answer of DescribeInstanceTypes."""
    gpus = dig(entry, ("GpuInfo", "Gpus")) or []
    arch = (dig(entry, ("ProcessorInfo", "SupportedArchitectures")) or ["x86_64"])[0]
    return Machine(
        name=entry["InstanceType"],
        cpu=entry["VCpuInfo"]["DefaultVCpus"],
        memory=entry["MemoryInfo"]["SizeInMiB"] * 2**20,
        gpus=sum(gpu["Count"] for gpu in gpus),
        arch={"x86_64": "amd64"}.get(arch, arch),
        zones=tuple(sorted(zones)),
        gpu_name=str(gpus[0].get("Name", "")).lower() if gpus else "",
    )
