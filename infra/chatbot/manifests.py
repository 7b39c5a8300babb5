"""The chatbot's objects as data (B12). Pure; the host name and the store may be known later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra import fencing, restricted
from infra.gateway.manifests import NAMESPACE as GATEWAY
from infra.guard_rails.fences import ANYWHERE, LINK_LOCAL
from infra.iam import Statement
from infra.specs.chatbot import ChatbotSpec
from infra.stores.policy import bucket_arn

NAME = NAMESPACE = "chatbot"
PATH = "/chatbot"
PORT = 8080
USER = 10001
LABELS = {"app.kubernetes.io/name": NAME, "app.kubernetes.io/part-of": "ferry"}
PREFIX = "chatbot/"
"""Of its own model in the store of models."""
CPU_PERCENT = 70


def deployment(spec: ChatbotSpec, ocr: Any, store: Any, region: str) -> dict[str, Any]:
    """Spec of its Deployment. It asks the pipeline by way of the gateway, whatever side answers there.

    Args:
        spec: image and sizes.
        ocr: URL of the pipeline's inferences.
        store: URL of its own model, ``s3://…/chatbot/``.
        region: of the store.
    """
    env = {"OCR_URL": ocr, "MODEL_STORE": store, "AWS_REGION": region, "HOME": "/tmp"}  # noqa: S108 - own volume
    health = {"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 5}
    container = {
        "name": NAME,
        "image": spec.image,
        "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
        "env": [{"name": key, "value": value} for key, value in env.items()],
        "readinessProbe": {**health, "failureThreshold": 2},
        # Not the same as readiness: one that waits for the pipeline loses its callers, not its life.
        "livenessProbe": {"tcpSocket": {"port": "http"}, "periodSeconds": 20, "failureThreshold": 3},
        "lifecycle": {"preStop": {"sleep": {"seconds": 10}}},
        "resources": {
            "requests": {"cpu": spec.cpu, "memory": spec.memory, "ephemeral-storage": "1Gi"},
            "limits": {"memory": spec.memory, "ephemeral-storage": "2Gi"},
        },
        "securityContext": restricted.container(),
        "volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}],  # noqa: S108 - a volume of the pod's own
    }
    spread = {
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": LABELS},
    }
    return {
        "selector": {"matchLabels": LABELS},
        "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "template": {
            "metadata": {"labels": LABELS},
            "spec": {
                "serviceAccountName": NAME,
                "automountServiceAccountToken": False,  # its role's token is another one
                "enableServiceLinks": False,
                "terminationGracePeriodSeconds": 40,
                "securityContext": restricted.pod(USER),
                "topologySpreadConstraints": [spread],
                "containers": [container],
                "volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}}],
            },
        },
    }


def service() -> dict[str, Any]:
    """Spec of its Service."""
    return {
        "selector": LABELS,
        "ports": [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}],
    }


def autoscaler(spec: ChatbotSpec) -> dict[str, Any]:
    """Spec of its HorizontalPodAutoscaler."""
    cpu = {"type": "Utilization", "averageUtilization": CPU_PERCENT}
    return {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": NAME},
        "minReplicas": spec.replicas,
        "maxReplicas": max(spec.replicas, spec.most),
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": cpu}}],
    }


def budget() -> dict[str, Any]:
    """Spec of its PodDisruptionBudget."""
    return {"maxUnavailable": 1, "selector": {"matchLabels": LABELS}}


def route(host: str, parent: Mapping[str, str]) -> dict[str, Any]:
    """Spec of its HTTPRoute: ``https://<host>/chatbot/``."""
    rewrite = {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}}
    rule = {
        "matches": [{"path": {"type": "PathPrefix", "value": PATH}}],
        "filters": [{"type": "URLRewrite", "urlRewrite": rewrite}],
        "backendRefs": [{"name": NAME, "port": 80}],
    }
    return {"parentRefs": [dict(parent)], "hostnames": [host], "rules": [rule]}


def fences() -> dict[str, dict[str, Any]]:
    """Network policies by name: in from the gateway, out to names and HTTPS, and nothing else."""
    gateway = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": GATEWAY}}}
    everywhere = {"ipBlock": {"cidr": ANYWHERE, "except": [LINK_LOCAL]}}
    names = {"ports": [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]}
    return {
        fencing.DEFAULT_DENY: fencing.nothing(),
        NAME: {
            "podSelector": {"matchLabels": LABELS},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [gateway], "ports": [{"protocol": "TCP", "port": PORT}]}],
            "egress": [names, {"to": [everywhere], "ports": [{"protocol": "TCP", "port": 443}]}],
        },
    }


def read_model(bucket: str, key: str, region: str) -> list[Statement]:
    """Read its own model, and nothing else of the store.

    Args:
        bucket: name of the store of models.
        key: ARN of its key.
        region: of both.
    """
    return [
        Statement(
            sid="FindOwnModel",
            actions=["s3:ListBucket"],
            resources=[bucket_arn(bucket)],
            conditions={"StringLike": {"s3:prefix": f"{PREFIX}*"}},
        ),
        Statement(
            sid="ReadOwnModel", actions=["s3:GetObject"], resources=[f"{bucket_arn(bucket)}/{PREFIX}*"]
        ),
        Statement(
            sid="DecryptIt",
            actions=["kms:Decrypt"],
            resources=[key],
            conditions={"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}},
        ),
    ]
