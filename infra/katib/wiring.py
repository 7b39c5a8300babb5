"""Who reaches Katib, and what it reaches; pure."""

from __future__ import annotations

from typing import Any

from infra.fencing import NAMES, ports
from infra.katib.names import API_PORT, COMPONENT, HEALTH_PORT, POSTGRES_PORT, WEBHOOK_PORT


def fences() -> dict[str, dict[str, Any]]:
    """Network policies by name: nothing, but for what is listed here.

    The API server asks the webhooks from outside the cluster's networks, so that port is open to everybody;
    what is behind it answers admission reviews only.
    """
    return {
        "katib-controller": _policy(
            "controller",
            [ports(("TCP", WEBHOOK_PORT), ("TCP", HEALTH_PORT))],
            [ports(*NAMES, ("TCP", 443)), _within(API_PORT)],
        ),
        "katib-db-manager": _policy(
            "db-manager", [{"from": [{"podSelector": {}}], **ports(("TCP", API_PORT))}], [_database()]
        ),
    }


def _database() -> dict[str, Any]:
    return ports(*NAMES, ("TCP", POSTGRES_PORT))


def _within(port: int) -> dict[str, Any]:
    return {"to": [{"podSelector": {}}], **ports(("TCP", port))}


def _policy(part: str, into: list[dict[str, Any]], out: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "podSelector": {"matchLabels": {COMPONENT: part}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": into,
        "egress": out,
    }
