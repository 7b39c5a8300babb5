"""GPUs on demand: a check Job pends, the real Karpenter answers with the smallest node, and takes it away
again.

Meanwhile a training pod runs on a GPU node of its own and must not be moved (requirement A3).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ferry.rehearsal.checks.gpu_time import Meter
from ferry.report.model import Check, Claim, Node, Pod
from sandbox.kubelet.scheduling import GPU

NAMESPACE = "default"
TRAINING = "gpu-check-training"
JOBS = ("gpu-check-1", "gpu-check-2")
LABEL = {"app.kubernetes.io/name": "gpu-check"}
DO_NOT_DISRUPT = "karpenter.sh/do-not-disrupt"
TAKES = "pod-complete.stage.kwok.x-k8s.io/delay"
"""How long a simulated kubelet lets the pod run; a real one never reads it."""
JOB_SECONDS = 10
"""Long enough for all nodes to come: a Job that ends sooner hands its GPU to the next pod, and a node stays
unused.
"""
IMAGE = "nvcr.io/nvidia/cuda:13.0.1-base-ubuntu24.04"
"""Only the check's own pods run it, and they are gone before images are judged."""

PENDS = Claim("gpu.pends", "A3", "pods that ask for a GPU pend first: no GPU node stands idle")
ANSWER = Claim(
    "gpu.one-node-per-gpu", "A3", "Karpenter answers with one node per GPU asked, none with more than one GPU"
)
SMALLEST = Claim("gpu.smallest-size", "A3", "every GPU node is of the smallest size that fits")
RUNS = Claim("gpu.nvidia-smi", "B8", "the nvidia-smi Jobs complete")
GONE = Claim("gpu.consolidated", "A3", "the nodes of the finished Jobs are consolidated away")
STAYS = Claim("gpu.training-stays", "A3", "a running training pod is not evicted meanwhile")


@dataclass
class Sightings:
    """What was seen of the check's pods and of the nodes under them."""

    pended: set[str] = field(default_factory=set)
    """Pods that the scheduler could not place at first."""
    placed: dict[str, str] = field(default_factory=dict)
    """Pod to node."""
    nodes: dict[str, Node] = field(default_factory=dict)
    """GPU nodes by name, as they were when last seen."""
    standing: set[str] = field(default_factory=set)
    """Names of the nodes that stand now."""
    finished: set[str] = field(default_factory=set)
    """Jobs that completed."""
    training: list[tuple[str, str]] = field(default_factory=list)
    """What the training pod was, look by look: its uid and phase; a change means that it was evicted."""
    meter: Meter = field(default_factory=Meter)
    """For how long nodes were there, and GPUs held."""

    def look(
        self,
        pods: Sequence[Mapping[str, Any]],
        nodes: Sequence[Mapping[str, Any]],
        now: float | None = None,
    ) -> None:
        """Take in one look at the check's pods and at all nodes, at a time in seconds; by default now."""
        self.meter.look(pods, nodes, time.time() if now is None else now)
        for pod in pods:
            self._look_at(pod)
        self.standing = {node["metadata"]["name"] for node in nodes}
        for seen in map(node_of, nodes):
            if seen.gpus:
                self.nodes[seen.name] = seen
        if TRAINING in self.placed and not any(pod["metadata"]["name"] == TRAINING for pod in pods):
            self._training("", "gone")

    def _look_at(self, pod: Mapping[str, Any]) -> None:
        name, status = pod["metadata"]["name"], pod.get("status") or {}
        if any(item.get("reason") == "Unschedulable" for item in status.get("conditions") or []):
            self.pended.add(name)
        node = (pod.get("spec") or {}).get("nodeName")
        if node:
            self.placed[name] = node
            if name == TRAINING:
                self._training(pod["metadata"].get("uid", ""), status.get("phase", ""))
        job = pod["metadata"].get("labels", {}).get("batch.kubernetes.io/job-name")
        if job and status.get("phase") == "Succeeded":
            self.finished.add(job)

    def _training(self, uid: str, phase: str) -> None:
        if not self.training or self.training[-1] != (uid, phase):
            self.training.append((uid, phase))

    def job_nodes(self) -> set[str]:
        """GPU nodes that came, but not the training pod's."""
        return set(self.nodes) - {self.placed.get(TRAINING, "")}

    def nodes_with_pods(self) -> dict[str, Node]:
        """The GPU nodes with the check's pods that ran on them, for the report's picture."""
        on_node: dict[str, list[Pod]] = {}
        for name, node in sorted(self.placed.items()):
            on_node.setdefault(node, []).append(Pod(namespace=NAMESPACE, name=name, gpus=1))
        return {
            name: node.model_copy(
                update={
                    "pods": on_node.get(name, []),
                    "paid_s": self.meter.paid(name),
                    "used_s": self.meter.used(name),
                }
            )
            for name, node in self.nodes.items()
        }

    def evictions(self) -> list[str]:
        """Each way in which the training pod ceased to be the pod that once ran."""
        uids = list(dict.fromkeys(uid for uid, _ in self.training))
        lost = [f"{TRAINING} was replaced: {len(uids)} pods of that name were seen"] if len(uids) > 1 else []
        ended = [phase for _, phase in self.training if phase not in {"Pending", "Running"}]
        return lost + [f"{TRAINING} was seen as {phase}" for phase in ended]


def node_of(item: Mapping[str, Any]) -> Node:
    """A cluster's Node in the report's terms."""
    labels = item["metadata"].get("labels") or {}
    capacity = (item.get("status") or {}).get("capacity") or {}
    return Node(
        name=item["metadata"]["name"],
        instance_type=labels.get("node.kubernetes.io/instance-type", "unknown"),
        capacity_type=labels.get("karpenter.sh/capacity-type")
        or labels.get("eks.amazonaws.com/capacityType", "ON_DEMAND").lower().replace("_", "-"),
        nodepool=labels.get("karpenter.sh/nodepool", ""),
        gpus=int(capacity.get(GPU, 0)),
        zone=labels.get("topology.kubernetes.io/zone", ""),
    )


def judge(seen: Sightings, smallest: frozenset[str]) -> list[Check]:
    """The checks, from what was seen and the names of the smallest instance types that fit."""
    asked = len(JOBS) + 1
    answers = [f"{pod} on {node} ({_kind(seen, node)})" for pod, node in sorted(seen.placed.items())]
    big = [
        f"{node.name} is a {node.instance_type} with {node.gpus} GPUs"
        for node in seen.nodes.values()
        if node.gpus > 1
    ]
    kinds = sorted({node.instance_type for node in seen.nodes.values()})
    left = sorted(seen.job_nodes() & seen.standing)
    gone = len(seen.job_nodes()) - len(left)
    return [
        PENDS.equal(asked, len(seen.pended), "pods"),
        ANSWER.equal(asked, 0 if big else len(seen.nodes), "nodes", big or answers),
        SMALLEST.equal(" or ".join(sorted(smallest)), " and ".join(kinds) or "none", detail=answers)
        if len(smallest) == 1
        else SMALLEST.none_of(
            [kind for kind in kinds if kind not in smallest] if kinds else ["no node came"]
        ),
        RUNS.equal(len(JOBS), len(seen.finished), "Jobs"),
        GONE.equal(len(JOBS), gone, "nodes", [f"{name} still stands" for name in left]),
        STAYS.none_of(seen.evictions() if seen.training else ["the training pod never ran"], "evictions"),
    ]


def _kind(seen: Sightings, node: str) -> str:
    found = seen.nodes.get(node)
    return f"{found.instance_type}, {found.capacity_type}" if found else "no GPU node"


def manifests() -> list[dict[str, Any]]:
    """The training pod and the check Jobs, one GPU each."""
    pods = [_pod(TRAINING)]
    return pods + [_job(name) for name in JOBS]


def _spec(command: list[str]) -> dict[str, Any]:
    container = {
        "name": "cuda",
        "image": IMAGE,
        "command": command,
        "resources": {"limits": {GPU: "1"}, "requests": {"cpu": "500m", "memory": "1Gi"}},
    }
    return {
        "restartPolicy": "Never",
        "tolerations": [{"key": GPU, "operator": "Exists", "effect": "NoSchedule"}],
        "containers": [container],
    }


def _pod(name: str) -> dict[str, Any]:
    metadata = {
        "name": name,
        "namespace": NAMESPACE,
        "labels": LABEL,
        "annotations": {DO_NOT_DISRUPT: "true"},
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": _spec(["sleep", "infinity"])}


def _job(name: str) -> dict[str, Any]:
    pod_metadata = {"labels": LABEL, "annotations": {TAKES: f"{JOB_SECONDS}s"}}
    template = {"metadata": pod_metadata, "spec": _spec(["nvidia-smi"])}
    metadata = {"name": name, "namespace": NAMESPACE, "labels": LABEL}
    spec = {"backoffLimit": 0, "template": template}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}
