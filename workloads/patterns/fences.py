"""Who reaches whom in a workload's namespace: nobody nobody, but for what is listed here. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from infra.gateway.manifests import NAMESPACE as GATEWAY
from infra.triton.pod import METRICS as TRITON_METRICS
from workloads.patterns import programs
from workloads.patterns.migration import PART, WORKLOAD, Names
from workloads.spec import LegacySpec

REDIS = 6379
PROXY_METRICS = 19001
"""Where each proxy of Envoy Gateway answers ``/stats/prometheus``: the guard counts there."""
MONITORING = "monitoring"
"""Namespace from which metrics are collected."""
_NAME = "kubernetes.io/metadata.name"
_NAMES = [("UDP", 53), ("TCP", 53)]
_HTTPS = ("TCP", 443)


def adapter(names: Names, legacy: LegacySpec) -> dict[str, Any]:
    """In: the proxies. Out: names, HTTPS, and plain HTTP to an old system that knows nothing else."""
    plain = [("TCP", 80)] if legacy.kind == "http" else []
    return _policy(names, "adapter", _callers(), [_to(*_NAMES, _HTTPS, *plain)])


def slots(names: Names, *, features: bool) -> dict[str, Any]:
    """In: the proxies, and who collects metrics, also the model server's own. Out: names, HTTPS to fetch the
    model and record, and features where they are read.
    """
    redis = [("TCP", REDIS)] if features else []
    own = {"from": [_namespace(MONITORING)], **_to(("TCP", TRITON_METRICS))}
    return _policy(names, "slot", [*_callers(), own], [_to(*_NAMES, _HTTPS, *redis)])


def guard(names: Names) -> dict[str, Any]:
    """In: who collects metrics. Out: names, HTTPS (API server, evidence), figures of proxies and sides."""
    figures = _to(("TCP", PROXY_METRICS)) | {"to": [_namespace(GATEWAY)]}
    own = _to(("TCP", programs.METRICS)) | {
        "to": [{"podSelector": {"matchLabels": {WORKLOAD: names.workload}}}]
    }
    return _policy(names, "guard", [_collectors()], [_to(*_NAMES, _HTTPS), figures, own])


def watchdog(names: Names) -> dict[str, Any]:
    """In: nobody. Out: names, and the API server."""
    return _policy(names, "watchdog", [], [_to(*_NAMES, _HTTPS)])


def batch(names: Names) -> dict[str, Any]:
    """In: nobody. Out: names and HTTPS."""
    selector = {
        "matchExpressions": [
            {"key": PART, "operator": "In", "values": ["batch-legacy", "batch-platform", "drift"]}
        ]
    }
    return {
        "podSelector": {"matchLabels": {WORKLOAD: names.workload}, **selector},
        "policyTypes": ["Ingress", "Egress"],
        "egress": [_to(*_NAMES, _HTTPS)],
    }


def _callers() -> list[dict[str, Any]]:
    proxies = {"from": [_namespace(GATEWAY)], **_to(("TCP", programs.HTTP), ("TCP", programs.COPIES))}
    return [
        proxies,
        _collectors(),
        {"from": [{"podSelector": {"matchLabels": {PART: "guard"}}}], **_to(("TCP", programs.METRICS))},
    ]


def _collectors() -> dict[str, Any]:
    return {"from": [_namespace(MONITORING)], **_to(("TCP", programs.METRICS))}


def _namespace(name: str) -> dict[str, Any]:
    return {"namespaceSelector": {"matchLabels": {_NAME: name}}}


def _to(*ports: tuple[str, int]) -> dict[str, Any]:
    return {"ports": [{"protocol": protocol, "port": port} for protocol, port in ports]}


def _policy(
    names: Names, part: str, into: Sequence[Mapping[str, Any]], out: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    selector = {WORKLOAD: names.workload, **({SLOTS: "true"} if part == "slot" else {PART: part})}
    return {
        "podSelector": {"matchLabels": selector},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [dict(item) for item in into],
        "egress": [dict(item) for item in out],
    }


SLOTS = "ferry.dev/answers"
"""Label of the pods of both slots."""
