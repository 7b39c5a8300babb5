"""What Karpenter found by tags, and whether every pod and every NodePool has a use (requirements A1, A3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ferry.rehearsal.checks import gpu
from ferry.rehearsal.checks.context import CheckContext, Note, Object
from ferry.rehearsal.checks.everything import live_objects
from ferry.rehearsal.checks.fleet import machines, node_classes, node_pools
from ferry.report.model import Check, Claim
from sandbox.kubelet import Machine, unschedulable, unusable
from sandbox.kubelet.objects import dig, name_of, pod_of

SUBNETS = Claim(
    "discovery.subnets", "A1", "Karpenter's node classes list exactly the subnets that carry the tag"
)
GROUPS = Claim(
    "discovery.security-groups", "A3", "Karpenter's node classes list exactly the tagged security groups"
)
READY = Claim("discovery.ready", "A3", "every NodePool and EC2NodeClass is Ready")
PODS = Claim("discovery.pods-fit", "A3", "there is no pod that no NodePool and no node can hold")
POOLS = Claim("discovery.pools-used", "A3", "there is no NodePool that no pod can use")


def differences(node_class: Object, field: str, tagged: set[str]) -> list[str]:
    """How the ids in a node class's status (`subnets`, `securityGroups`) differ from the tagged ones."""
    found = {entry["id"] for entry in dig(node_class, ("status", field)) or []}
    name = f"EC2NodeClass {name_of(node_class)}"
    if not tagged:
        return [f"{name}: nothing in the account carries the tags of its {field}"]
    missed = [
        f"{name}: {item} carries the tag and is not in status.{field}" for item in sorted(tagged - found)
    ]
    return missed + [
        f"{name}: {item} is in status.{field} without the tag" for item in sorted(found - tagged)
    ]


def unready(objects: Sequence[Object]) -> list[str]:
    """Objects without a true Ready condition, with what they say themselves."""
    found = []
    for item in objects:
        conditions = {entry["type"]: entry for entry in dig(item, ("status", "conditions")) or []}
        ready = conditions.get("Ready", {})
        if ready.get("status") != "True":
            reason = ready.get("message") or ready.get("reason") or "it has no Ready condition"
            found.append(f"{item['kind']} {name_of(item)}: {reason}")
    return found


def misfits(
    pods: Sequence[Object],
    pools: Sequence[Object],
    nodes: Sequence[Object],
    types: Sequence[Machine],
    classes: Sequence[Object] = (),
) -> list[str]:
    """Pods that nothing can ever hold."""
    return [reason for pod in pods if (reason := unschedulable(pod, pools, nodes, types, classes))]


def idle_pools(
    pods: Sequence[Object],
    pools: Sequence[Object],
    types: Sequence[Machine],
    classes: Sequence[Object] = (),
) -> list[str]:
    """NodePools that no pod can use."""
    return [reason for pool in pools if (reason := unusable(pool, pods, types, classes))]


def prospects() -> list[Object]:
    """Pods that the pools are there for although none may run yet: an ordinary one, and one that asks for a
    GPU.
    """
    container = {"name": "any", "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}}}
    metadata = {"name": "any-ordinary-pod", "namespace": "default"}
    ordinary = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}
    return [ordinary, *gpu.manifests()]


def run(context: CheckContext, note: Note) -> list[Check]:
    """Compare the node classes' status with the account, and pods with NodePools."""
    note("reading NodePools and node classes")
    classes = node_classes(context)
    pools = node_pools(context)
    if not classes or not pools:
        return [READY.failed("the cluster has no EC2NodeClass or no NodePool")]
    objects, types = live_objects(context.kube), machines(context, pools)
    nodes = [item for item in objects if item["kind"] == "Node"]
    pods = [item for item in objects if pod_of(item) is not None]
    note("pods against NodePools")
    return [
        SUBNETS.none_of(_compare(context, classes, "subnet")),
        GROUPS.none_of(_compare(context, classes, "security group")),
        READY.none_of(unready([*pools, *classes])),
        PODS.none_of(misfits(pods, pools, nodes, types, classes)),
        POOLS.none_of(idle_pools([*pods, *prospects()], pools, types, classes)),
    ]


FIELDS: Mapping[str, tuple[str, str, str, str, str]] = {
    "subnet": ("subnetSelectorTerms", "subnets", "describe_subnets", "Subnets", "SubnetId"),
    "security group": (
        "securityGroupSelectorTerms",
        "securityGroups",
        "describe_security_groups",
        "SecurityGroups",
        "GroupId",
    ),
}
"""What is discovered: selector and status field of the node class; operation, list and id of the EC2 API."""


def _compare(context: CheckContext, classes: Sequence[Object], what: str) -> list[str]:
    selector, field, operation, collection, identifier = FIELDS[what]
    found = []
    for node_class in classes:
        tagged: set[str] = set()
        for term in dig(node_class, ("spec", selector)) or []:
            arguments: dict[str, Any] = (
                {"Filters": filters(term)} if "tags" in term else {f"{identifier}s": [term["id"]]}
            )
            answer = getattr(context.aws("ec2"), operation)(**arguments)
            tagged |= {item[identifier] for item in answer[collection]}
        found += differences(node_class, field, tagged)
    return found


def filters(term: Object) -> list[dict[str, Any]]:
    """A selector term's tags as EC2 filters; the value ``*`` means any."""
    return [
        {"Name": "tag-key", "Values": [key]} if value == "*" else {"Name": f"tag:{key}", "Values": [value]}
        for key, value in term["tags"].items()
    ]
