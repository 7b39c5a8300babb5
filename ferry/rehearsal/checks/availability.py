"""Everything that is wanted is there: controllers ready, no pod pending; and the picture of it for the
report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ferry.rehearsal.checks.context import CheckContext, Note, Object
from ferry.rehearsal.checks.gpu import node_of
from ferry.rehearsal.checks.graph import manifest
from ferry.rehearsal.checks.waiting import until
from ferry.report.model import Check, Claim, Cluster, Deployments, Node, Pod
from sandbox.controlplane.client import Client
from sandbox.kubelet.objects import dig, is_controlled, name_of, namespace_of, title
from sandbox.kubelet.scheduling import GPU, requests

READY = Claim(
    "cluster.ready", "B1", "every Deployment, StatefulSet and DaemonSet has all the replicas it wants"
)
PENDING = Claim("cluster.pending", "B1", "no pod pends")

KINDS = ("Deployment", "StatefulSet", "DaemonSet")


def wanted(controller: Object) -> int:
    """How many ready pods the controller wants."""
    if controller["kind"] == "DaemonSet":
        return int(dig(controller, ("status", "desiredNumberScheduled")) or 0)
    replicas = dig(controller, ("spec", "replicas"))
    return 1 if replicas is None else int(replicas)


def ready(controller: Object) -> int:
    """How many ready pods it has, as far as it has looked at its newest version."""
    status = controller.get("status") or {}
    if int(status.get("observedGeneration", 0)) < int(controller["metadata"].get("generation", 0)):
        return 0
    return int(status.get("numberReady" if controller["kind"] == "DaemonSet" else "readyReplicas", 0))


def shortfalls(controllers: Iterable[Object]) -> list[str]:
    """Controllers with fewer ready pods than wanted."""
    return [
        f"{title(item)}: {ready(item)} of {wanted(item)} ready"
        for item in controllers
        if ready(item) < wanted(item)
    ]


def pending(pods: Iterable[Object]) -> list[str]:
    """Pods that pend, with the scheduler's reason."""
    found = []
    for pod in pods:
        if dig(pod, ("status", "phase")) == "Pending":
            conditions = dig(pod, ("status", "conditions")) or []
            reasons = [entry.get("message", "") for entry in conditions if entry.get("status") == "False"]
            found.append(f"{title(pod)}: {'; '.join(filter(None, reasons)) or 'no reason given'}")
    return found


def picture(
    controllers: Sequence[Object], nodes: Sequence[Object], pods: Sequence[Object], seen: Mapping[str, Node]
) -> Cluster:
    """The cluster for the report: as it stands, with what came and went meanwhile.

    A node of `seen` that no longer stands is marked as gone; pods of a check that has tidied up stay in the
    picture.
    """
    on_node: dict[str, list[Pod]] = {}
    for item in pods:
        on_node.setdefault(str(dig(item, ("spec", "nodeName")) or ""), []).append(_pod(item))
    standing = [node_of(item) for item in nodes]
    shown = [
        node.model_copy(update={"pods": _pods_of(node.name, on_node, seen), **_hours(seen.get(node.name))})
        for node in standing
    ]
    names = {node.name for node in standing}
    shown += [node.model_copy(update={"gone": True}) for node in seen.values() if node.name not in names]
    satisfied = sum(1 for item in controllers if ready(item) >= wanted(item))
    deployments = Deployments(ready=satisfied, wanted=len(controllers))
    return Cluster(deployments=deployments, pending_pods=len(pending(pods)), nodes=shown)


def _hours(watched: Node | None) -> dict[str, float | None]:
    """What only who watched a node knows."""
    return {"paid_s": watched.paid_s, "used_s": watched.used_s} if watched else {}


def _pods_of(name: str, on_node: Mapping[str, list[Pod]], seen: Mapping[str, Node]) -> list[Pod]:
    now = on_node.get(name, [])
    names = {pod.name for pod in now}
    return now + [pod for pod in (seen[name].pods if name in seen else []) if pod.name not in names]


def _pod(item: Object) -> Pod:
    owners = item["metadata"].get("ownerReferences") or []
    owner = f"{owners[0]['kind']}/{owners[0]['name']}" if is_controlled(item) else ""
    return Pod(
        namespace=namespace_of(item),
        name=name_of(item),
        phase=str(dig(item, ("status", "phase")) or ""),
        gpus=int(requests(item.get("spec") or {}).get(GPU, 0)),
        owner=owner,
    )


def controllers(kube: Client) -> list[Object]:
    """Every controller that wants pods."""
    return [item for kind in KINDS for item in kube.list("apps/v1", kind)]


def cluster(context: CheckContext) -> Cluster | None:
    """The cluster as it stands, for the report; None when the API server never found time to answer."""
    kube, taken = context.kube, list[Cluster]()

    def take() -> bool:
        nodes, pods = kube.list("v1", "Node"), kube.list("v1", "Pod")
        taken.append(picture(controllers(kube), nodes, pods, context.nodes_seen))
        return True

    until(take, context.patience)
    return taken[-1] if taken else None


def absent(resources: Iterable[Object], controllers: Iterable[Object]) -> list[str]:
    """Controllers that the stack made and the cluster does not have."""
    live = {title(item) for item in controllers}
    made = [manifest(item) for item in resources if str(item["type"]).startswith("kubernetes:apps/v1:")]
    return [f"{title(item)} is not in the cluster" for item in made if item and title(item) not in live]


def run(context: CheckContext, note: Note) -> list[Check]:
    """Judge the living cluster against itself and against what the stack made."""
    note("controllers and pods")
    held = controllers(context.kube)
    missing = absent(context.resources, held)
    short = shortfalls(held)
    wants, enough = len(held) + len(missing), len(held) - len(short)
    return [
        READY.equal(wants, enough, "controllers", missing + short),
        PENDING.none_of(pending(context.kube.list("v1", "Pod")), "pods"),
    ]
