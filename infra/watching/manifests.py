"""Secrets of the watching services and who may reach whom, as data (B7, B9). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from infra import fencing
from infra.charts.values.prometheus_stack import GRAFANA, NAME_LABEL
from infra.guard_rails.fences import ANYWHERE, LINK_LOCAL, METRICS
from infra.watching.targets import Target

API = {
    "ExternalSecret": "external-secrets.io/v1",
    "Password": "generators.external-secrets.io/v1alpha1",
    "PrometheusRule": "monitoring.coreos.com/v1",
    "PodMonitor": "monitoring.coreos.com/v1",
}
"""Kind to the version of its API."""

KUBELET = 10250
WORKLOADS = (9090, *METRICS)
"""Where guards, adapters and model servers show their figures."""


def password() -> dict[str, Any]:
    """Spec of a password that is made in the cluster and known to nobody: 40 letters and digits."""
    return {"length": 40, "digits": 10, "symbols": 0, "noUpper": False, "allowRepeat": True}


def administrator() -> dict[str, Any]:
    """Spec of the ExternalSecret with Grafana's administrator. Made once; a new one is had by deleting the
    Secret and the pod.
    """
    generator = {"apiVersion": API["Password"], "kind": "Password", "name": GRAFANA}
    return {
        "refreshPolicy": "CreatedOnce",
        "target": {
            "name": GRAFANA,
            "creationPolicy": "Owner",
            "template": {"data": {"user": "admin", "password": "{{ .password }}"}},
        },
        "dataFrom": [{"sourceRef": {"generatorRef": generator}}],
    }


def fences(targets: Iterable[Target]) -> dict[str, dict[str, Any]]:
    """Network policies by name: nothing, but for what is listed here.

    Nobody comes in from outside the namespace; people come by `kubectl port-forward`, which no policy sees.

    Args:
        targets: what Prometheus asks besides the workloads.
    """
    everyone: dict[str, Any] = {}
    prometheus = {"matchLabels": {NAME_LABEL: "prometheus"}}
    numbers = sorted({*WORKLOADS, *(target.number for target in targets)})
    asked = {"to": [{"namespaceSelector": {}}], "ports": _tcp(*numbers)}
    kubelets = {"to": [_internet()], "ports": _tcp(KUBELET)}
    return {
        fencing.DEFAULT_DENY: fencing.nothing(),
        "within": fencing.within(),
        "names": _out(everyone, {"to": [_space("kube-system")], "ports": _names()}),
        # The API server, CloudWatch and Slack, all of them by HTTPS.
        "https": _out(everyone, {"to": [_internet()], "ports": _tcp(443)}),
        "figures": _out(prometheus, asked, kubelets),
    }


def _out(selector: dict[str, Any], *rules: dict[str, Any]) -> dict[str, Any]:
    return {"podSelector": selector, "policyTypes": ["Egress"], "egress": list(rules)}


def _internet() -> dict[str, Any]:
    """Everywhere but where a node's own role is handed out."""
    return {"ipBlock": {"cidr": ANYWHERE, "except": [LINK_LOCAL]}}


def _space(name: str) -> dict[str, Any]:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def _tcp(*ports: int) -> list[dict[str, Any]]:
    return [{"protocol": "TCP", "port": port} for port in ports]


def _names() -> list[dict[str, Any]]:
    return [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
