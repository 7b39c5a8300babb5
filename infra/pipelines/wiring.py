"""Who reaches Kubeflow Pipelines and its steps, what they reach, and what may be moved at once; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from infra import fencing
from infra.charts.values import argo_workflows
from infra.fencing import NAMES, ports
from infra.mlflow.pods import PORT as TRACKING
from infra.pipelines.names import API, MYSQL_PORT, UI

REDIS = 6379
METRICS = 9090
"""Where Argo's controller counts the runs."""
CONTROLLER = argo_workflows.labels(argo_workflows.CONTROLLER)
"""Labels of Argo's controller."""
_HTTPS = ("TCP", 443)
SPEAKS_MYSQL = {"api": {"app": API}, "metadata": {"component": "metadata-grpc-server"}}
"""Labels of the pods that open MySQL; a step does not."""


def fences(stores: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Network policies of the namespace by name: nothing, but for what is listed here.

    Args:
        stores: ranges in which a managed Redis is; none where it is in the cluster.
    """
    return {
        fencing.DEFAULT_DENY: fencing.nothing(),
        "within": fencing.within(),
        "needs": _out({}, NAMES, [_HTTPS]),
        "tracking-and-features": {
            "podSelector": {},
            "policyTypes": ["Egress"],
            "egress": [
                {"to": [{"namespaceSelector": {}}], **ports(("TCP", TRACKING), ("TCP", REDIS))},
                *({"to": [{"ipBlock": {"cidr": cidr}}], **ports(("TCP", REDIS))} for cidr in stores),
            ],
        },
    }


def of_pods() -> dict[str, dict[str, Any]]:
    """Network policies of single pods by name: who opens MySQL."""
    return {f"mysql-of-{name}": _out(labels, [("TCP", MYSQL_PORT)]) for name, labels in SPEAKS_MYSQL.items()}


def scraped(monitoring: str) -> dict[str, Any]:
    """Spec of the network policy by which Prometheus, in that namespace, reads the controller's counts."""
    prometheus = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": monitoring}}}
    return {
        "podSelector": {"matchLabels": CONTROLLER},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [prometheus], **ports(("TCP", METRICS))}],
    }


def budgets() -> dict[str, dict[str, Any]]:
    """Disruption budgets by name: of what runs twice, one may be moved at a time."""
    return {name: {"maxUnavailable": 1, "selector": {"matchLabels": {"app": name}}} for name in (API, UI)}


def _out(labels: dict[str, str], *groups: Any) -> dict[str, Any]:
    every = [port for group in groups for port in group]
    return {
        "podSelector": {"matchLabels": labels} if labels else {},
        "policyTypes": ["Egress"],
        "egress": [ports(*every)],
    }
