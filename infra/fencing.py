"""Specs of network policies that several namespaces share; pure.

A namespace begins with :func:`nothing`; every flow that it needs is a policy beside it.
"""

from __future__ import annotations

from typing import Any

DEFAULT_DENY = "default-deny"
"""Name of the policy that closes a namespace, everywhere."""

NAMES = (("UDP", 53), ("TCP", 53))
"""Where names are looked up."""


def ports(*wanted: tuple[str, int]) -> dict[str, Any]:
    """The part of a rule that says by which protocol and port."""
    return {"ports": [{"protocol": protocol, "port": port} for protocol, port in wanted]}


def nothing() -> dict[str, Any]:
    """No pod of the namespace is asked by anybody, or asks."""
    return {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def within() -> dict[str, Any]:
    """Pods of the namespace ask each other."""
    mates: list[dict[str, Any]] = [{"podSelector": {}}]
    return {**nothing(), "ingress": [{"from": mates}], "egress": [{"to": mates}]}
