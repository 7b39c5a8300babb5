"""Who reaches MLflow, and what it reaches; pure."""

from __future__ import annotations

from typing import Any

from infra import fencing
from infra.mlflow.pods import CLIENT, PORT, POSTGRES_PORT, SERVICE_PORT, labels


def service() -> dict[str, Any]:
    """Spec of the Service: ``http://mlflow.mlflow.svc``."""
    port = {"name": "http", "port": SERVICE_PORT, "targetPort": "http", "protocol": "TCP"}
    return {"selector": labels("server"), "ports": [port]}


def budget() -> dict[str, Any]:
    """One server at a time may be moved."""
    return {"maxUnavailable": 1, "selector": {"matchLabels": labels("server")}}


def fences() -> dict[str, dict[str, Any]]:
    """Network policies by name: nothing, but for what is listed here."""
    names = {"ports": [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]}
    aws = {"ports": [{"protocol": "TCP", "port": 443}]}
    postgres = {"ports": [{"protocol": "TCP", "port": POSTGRES_PORT}]}
    callers = {
        "from": [{"namespaceSelector": {"matchLabels": CLIENT}}],
        "ports": [{"protocol": "TCP", "port": PORT}],
    }
    return {
        fencing.DEFAULT_DENY: fencing.nothing(),
        "mlflow-callers": {
            "podSelector": {"matchLabels": labels("server")},
            "policyTypes": ["Ingress"],
            "ingress": [callers],
        },
        "mlflow-needs": {
            "podSelector": {"matchLabels": {"app.kubernetes.io/name": "mlflow"}},
            "policyTypes": ["Egress"],
            "egress": [names, aws, postgres],
        },
    }
