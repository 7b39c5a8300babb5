"""A version of a model as objects for one slot: what stands in the repository that Argo CD follows. Pure.

Pulumi makes the room (accounts, Services, fences, budgets); a version comes and goes without it. The pipeline
renders these files for the idle slot, commits them, and waits for Argo CD.
"""

from __future__ import annotations

from typing import Any

from infra.specs.base import Spec
from infra.specs.domain import ImageDigest
from infra.specs.triton import TritonSpec
from infra.triton import pod, scaling
from workloads.patterns import pods
from workloads.patterns.fences import SLOTS
from workloads.patterns.migration import VERSION, Names
from workloads.state import Slot


class Packaged(Spec):
    """A lift and shift's version: its code and model as one image that answers at Triton's port.

    Attributes:
        image: by digest; the digest is the version.
        cpu, memory: of a pod.
        replicas: of the slot.
    """

    image: ImageDigest
    cpu: str = "1"
    memory: str = "2Gi"
    replicas: int = 2

    @property
    def digest(self) -> str:
        """``sha256:…``."""
        return self.image.partition("@")[2]


def served(place: pods.Place, slot: Slot, spec: TritonSpec, bucket: str) -> list[dict[str, Any]]:
    """Triton with one version of a model, behind its recorder, scaled by its queue."""
    names = place.names
    found = []
    for capacity, least, most in scaling.shares(spec):
        name = names.slot(slot) if capacity == spec.capacity else f"{names.slot(slot)}-floor"
        template = pod.template(names.slot(slot), spec, bucket, place.region, capacity)
        template["spec"]["volumes"] = [
            *(item for item in template["spec"]["volumes"] if item["name"] != "fetch"),
            {"name": "fetch", "configMap": {"name": names.fetch}},
        ]
        found.append(_deployment(place, slot, name, template, (least, spec.model.digest)))
        if least != most:
            found.append(_object("autoscaling/v2", "HorizontalPodAutoscaler", names, slot, name))
            found[-1]["spec"] = scaling.autoscaler(name, least, most, spec)
    return found


def packaged(place: pods.Place, slot: Slot, spec: Packaged) -> list[dict[str, Any]]:
    """A workload's own image as it is, behind the same recorder."""
    names = place.names
    container = {
        "name": "workload",
        "image": spec.image,
        "resources": {
            "requests": {"cpu": spec.cpu, "memory": spec.memory},
            "limits": {"memory": spec.memory},
        },
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    security = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    inner = {"automountServiceAccountToken": False, "securityContext": security, "containers": [container]}
    template = {"metadata": {"annotations": {}, "labels": {}}, "spec": {**inner, "volumes": []}}
    return [_deployment(place, slot, names.slot(slot), template, (spec.replicas, spec.digest))]


def labels(names: Names, slot: Slot) -> dict[str, str]:
    """Of a slot's pods: what its Service and its fence look for."""
    return {**names.labels(str(slot)), SLOTS: "true"}


def _deployment(
    place: pods.Place, slot: Slot, name: str, template: dict[str, Any], scale: tuple[int, str]
) -> dict[str, Any]:
    names, (replicas, digest) = place.names, scale
    own = {**template["metadata"]["labels"], **labels(names, slot), "ferry.dev/deployment": name}
    inner = template["spec"]
    recorder = pods.recorder(place, slot, digest)
    scratch = {item["name"] for item in inner["volumes"]} >= {"scratch"}
    inner |= {
        "serviceAccountName": names.slots,
        "containers": [*inner["containers"], recorder],
        "volumes": [
            *inner["volumes"],
            *([] if scratch else [{"name": "scratch", "emptyDir": {"sizeLimit": "256Mi"}}]),
            pods.policy_volume(names),
        ],
    }
    for rule in inner.get("topologySpreadConstraints", []):
        rule["labelSelector"] = {"matchLabels": labels(names, slot)}
    made = _object("apps/v1", "Deployment", names, slot, name)
    made["metadata"]["annotations"] = {VERSION: digest}
    made["spec"] = {
        "replicas": replicas,
        "revisionHistoryLimit": 3,
        "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "selector": {"matchLabels": {**labels(names, slot), "ferry.dev/deployment": name}},
        "template": {**template, "metadata": {**template["metadata"], "labels": own}},
    }
    return made


def _object(version: str, kind: str, names: Names, slot: Slot, name: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": names.namespace, "labels": labels(names, slot)}
    return {"apiVersion": version, "kind": kind, "metadata": metadata}
