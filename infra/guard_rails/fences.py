"""Network policies of a team's namespace (B9): nothing, but for the flows that are listed here; pure.

Policies add up, so each is one reason to let something through. Ports are those of pods, not of Services: a
policy is judged after the Service's address was translated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infra import fencing
from infra.mlflow.pods import PORT as TRACKING

ANYWHERE = "0.0.0.0/0"
LINK_LOCAL = "169.254.0.0/16"
"""Where a node's own role is handed out: no pod may have that."""

NAME = "kubernetes.io/metadata.name"
"""Every namespace has its name under this label; the API server sees to it."""
DNS = 53
HTTPS = 443
REDIS = 6379
SERVING = (8000, 8001, 8080)
"""Open Inference Protocol by HTTP and gRPC, and adapters."""
METRICS = (8002, 8080)
"""Triton's metrics, and adapters'."""


@dataclass(frozen=True)
class Places:
    """Where the flows lead; None for what the environment does not have, and nothing leads there.

    Attributes:
        stores: ranges of the managed data stores' subnets.
        features: namespace of Redis in the cluster; None means that Redis is a managed store.
        gateway: namespace of the proxies.
        monitoring: namespace of Prometheus.
        tracking: namespace of MLflow.
    """

    stores: Sequence[str]
    features: str | None = None
    gateway: str | None = None
    monitoring: str | None = None
    tracking: str | None = None


def policies(places: Places) -> dict[str, dict[str, Any]]:
    """Specs of the policies by name."""
    always = {
        fencing.DEFAULT_DENY: fencing.nothing(),
        "names": _out([{"to": [_space("kube-system")], "ports": _names()}]),
        "within": fencing.within(),
        "features": _out([_features(places)]),
        "aws": _out([{"to": [_internet(places)], "ports": _tcp(HTTPS)}]),
    }
    tracking, gateway, monitoring = places.tracking, places.gateway, places.monitoring
    return {
        **always,
        **({"tracking": _out([{"to": [_space(tracking)], "ports": _tcp(TRACKING)}])} if tracking else {}),
        **({"callers": _in(gateway, SERVING)} if gateway else {}),
        **({"scraped": _in(monitoring, METRICS)} if monitoring else {}),
    }


def _features(places: Places) -> dict[str, Any]:
    """Redis, in the cluster or managed; never Postgres, which is in the same subnets at another port."""
    if places.features:
        redis = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "redis"}}}
        return {"to": [{**_space(places.features), **redis}], "ports": _tcp(REDIS)}
    return {"to": [{"ipBlock": {"cidr": cidr}} for cidr in places.stores], "ports": _tcp(REDIS)}


def _internet(places: Places) -> dict[str, Any]:
    """AWS, by public addresses and by endpoints in the network; not the stores, not the node's own role."""
    return {"ipBlock": {"cidr": ANYWHERE, "except": [LINK_LOCAL, *places.stores]}}


def _out(rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {"podSelector": {}, "policyTypes": ["Egress"], "egress": rules}


def _in(namespace: str, ports: Sequence[int]) -> dict[str, Any]:
    rule = {"from": [_space(namespace)], "ports": _tcp(*ports)}
    return {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [rule]}


def _space(namespace: str) -> dict[str, Any]:
    return {"namespaceSelector": {"matchLabels": {NAME: namespace}}}


def _tcp(*ports: int) -> list[dict[str, Any]]:
    return [{"protocol": "TCP", "port": port} for port in ports]


def _names() -> list[dict[str, Any]]:
    return [{"protocol": protocol, "port": DNS} for protocol in ("UDP", "TCP")]
