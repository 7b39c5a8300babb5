"""The pod of a served model; pure.

Ready means that *the model* answers. By then the model is in the pod's own cache, and neither S3 nor MLflow
nor the API server is asked again: a request needs the load balancer, a proxy and this pod.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra import restricted
from infra.specs.triton import TritonSpec

HTTP, GRPC, METRICS = 8000, 8001, 8002
"""Triton's own ports."""
CACHE = "/models"
FETCH = "/opt/ferry"
SCRIPT = Path(__file__).with_name("fetch.py").read_text()
"""What the init container runs; given to it as a ConfigMap."""
USER = 1000
"""The user ``triton-server`` of NVIDIA's image."""
LETS_GO_SECONDS = 15
"""How long a pod that goes still answers: until every proxy has heard of it."""
IN_FLIGHT_SECONDS = 30
"""How long Triton then finishes what it has begun (its own default)."""
LOADING_SECONDS = 600
"""How long fetching and loading may take before the pod is started again."""
GPU = "nvidia.com/gpu"
ZONE, HOST, CAPACITY = "topology.kubernetes.io/zone", "kubernetes.io/hostname", "karpenter.sh/capacity-type"


def arguments(spec: TritonSpec) -> list[str]:
    """Triton's arguments: the one model, by name, and no other that may lie in the cache."""
    return [
        f"--model-repository={CACHE}",
        "--model-control-mode=explicit",
        f"--load-model={spec.model.name}",
        "--strict-readiness=true",
        "--disable-auto-complete-config",
        f"--http-port={HTTP}",
        f"--grpc-port={GRPC}",
        f"--metrics-port={METRICS}",
        f"--exit-timeout-secs={IN_FLIGHT_SECONDS}",
    ]


def labels(name: str) -> dict[str, str]:
    """Of every pod of one served model."""
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/component": "triton"}


def template(name: str, spec: TritonSpec, bucket: Any, region: str, capacity: str) -> dict[str, Any]:
    """The pod; ``bucket`` may be known later.

    Args:
        name: of the deployment, its account and its ConfigMap.
        capacity: ``on-demand`` or ``spot``: the nodes that this pod may run on.
    """
    marks = {
        "ferry.dev/model-digest": spec.model.digest,
        "ferry.dev/fetch-script": hashlib.sha256(SCRIPT.encode()).hexdigest()[:16],
    }
    return {
        "metadata": {"labels": {**labels(name), "ferry.dev/capacity": capacity}, "annotations": marks},
        "spec": {
            "serviceAccountName": name,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": LETS_GO_SECONDS + IN_FLIGHT_SECONDS + LETS_GO_SECONDS,
            "securityContext": restricted.pod(USER),
            "nodeSelector": {CAPACITY: capacity},
            "tolerations": [{"key": GPU, "operator": "Exists", "effect": "NoSchedule"}] if spec.gpus else [],
            "topologySpreadConstraints": _spread(name),
            "initContainers": [_fetch(spec, bucket, region)],
            "containers": [_triton(spec)],
            "volumes": _volumes(name, spec),
        },
    }


def _spread(name: str) -> list[dict[str, Any]]:
    """Over zones strictly, so that one may go; over nodes where there are enough."""
    selector = {"matchLabels": labels(name)}
    return [
        {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": when, "labelSelector": selector}
        for key, when in ((ZONE, "DoNotSchedule"), (HOST, "ScheduleAnyway"))
    ]


def _fetch(spec: TritonSpec, bucket: Any, region: str) -> dict[str, Any]:
    variables = {
        "BUCKET": bucket,
        "PREFIX": spec.model.prefix,
        "DIGEST": spec.model.digest,
        "MODEL": spec.model.name,
        "CACHE": CACHE,
        "AWS_REGION": region,
        "HOME": "/tmp",  # noqa: S108 - a volume of the pod's own
    }
    return {
        "name": "fetch-model",
        "image": spec.fetch_image,
        "command": ["python3", f"{FETCH}/fetch.py"],
        "env": [{"name": key, "value": value} for key, value in variables.items()],
        "resources": {"requests": {"cpu": "250m", "memory": "256Mi"}, "limits": {"memory": "512Mi"}},
        "securityContext": restricted.container(),
        "volumeMounts": [
            {"name": "cache", "mountPath": CACHE},
            {"name": "fetch", "mountPath": FETCH, "readOnly": True},
            {"name": "scratch", "mountPath": "/tmp"},  # noqa: S108 - see above
        ],
    }


def _triton(spec: TritonSpec) -> dict[str, Any]:
    model = {"httpGet": {"path": f"/v2/models/{spec.model.name}/ready", "port": "http"}}
    alive = {"httpGet": {"path": "/v2/health/live", "port": "http"}}
    return {
        "name": "triton",
        "image": spec.image,
        "command": ["tritonserver"],
        "args": arguments(spec),
        "env": [{"name": "HOME", "value": "/tmp"}],  # noqa: S108 - see above
        "ports": [
            {"name": name, "containerPort": port, "protocol": "TCP"}
            for name, port in (("http", HTTP), ("grpc", GRPC), ("metrics", METRICS))
        ],
        "startupProbe": {**model, "periodSeconds": 5, "failureThreshold": LOADING_SECONDS // 5},
        "readinessProbe": {**model, "periodSeconds": 5, "timeoutSeconds": 3, "failureThreshold": 2},
        "livenessProbe": {**alive, "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 3},
        "lifecycle": {"preStop": {"sleep": {"seconds": LETS_GO_SECONDS}}},
        "resources": _resources(spec),
        "securityContext": restricted.container(),
        "volumeMounts": [
            {"name": "cache", "mountPath": CACHE, "readOnly": True},
            {"name": "shared-memory", "mountPath": "/dev/shm"},  # noqa: S108 - its meaning is this path
            {"name": "scratch", "mountPath": "/tmp"},  # noqa: S108 - see above
        ],
    }


def _resources(spec: TritonSpec) -> dict[str, Mapping[str, str]]:
    gpus = {GPU: str(spec.gpus)} if spec.gpus else {}
    return {
        "requests": {"cpu": spec.cpu, "memory": spec.memory, **gpus},
        "limits": {"memory": spec.memory, **gpus},
    }


def _volumes(name: str, spec: TritonSpec) -> list[dict[str, Any]]:
    return [
        {"name": "cache", "emptyDir": {"sizeLimit": spec.cache}},
        {"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": spec.shared_memory}},
        {"name": "scratch", "emptyDir": {"sizeLimit": "256Mi"}},
        {"name": "fetch", "configMap": {"name": name}},
    ]
