"""Pods and Services that charts bring and our own objects name: a policy selects them, a route leads to them.

A rehearsal has no chart's content, so whoever follows our objects' references there is told here what else
there is. Pure; labels, names and ports were read in the templates of the locked versions.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from infra.charts.values import argo_cd, argo_workflows, prometheus_stack

_NAME = "app.kubernetes.io/name"


@dataclass(frozen=True)
class Brought:
    """A pod of a chart, and its Service where somebody names it.

    Attributes:
        namespace: of the release.
        name: value of ``app.kubernetes.io/name``.
        port: in the pod, by name and number.
        service: name of its Service.
        service_port: of the Service.
    """

    namespace: str
    name: str
    port: tuple[str, int]
    service: str
    service_port: int

    def objects(self) -> list[dict[str, Any]]:
        """As much of both as a selector or a route asks about."""
        name, number = self.port
        labels, place = {_NAME: self.name}, {"namespace": self.namespace}
        container = {"name": self.name, "ports": [{"name": name, "containerPort": number, "protocol": "TCP"}]}
        port = {"name": name, "port": self.service_port, "targetPort": name, "protocol": "TCP"}
        return [
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {**place, "name": self.name, "labels": labels},
                "spec": {"containers": [container]},
            },
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {**place, "name": self.service},
                "spec": {"selector": labels, "ports": [port]},
            },
        ]


_CONTROLLER = f"{argo_workflows.NAME}-{argo_workflows.CONTROLLER}"
_STACK, _MONITORING = prometheus_stack.NAME, prometheus_stack.NAMESPACE
BROUGHT = (
    Brought(_MONITORING, "prometheus", ("http-web", 9090), f"{_STACK}-prometheus", 9090),
    Brought(_MONITORING, "alertmanager", ("http-web", 9093), f"{_STACK}-alertmanager", 9093),
    Brought(_MONITORING, "grafana", ("grafana", 3000), f"{_STACK}-grafana", 80),
    Brought(argo_cd.NAMESPACE, "argocd-server", ("server", 8080), "argo-cd-argocd-server", 80),
    # of the release that pipelines have for themselves: infra/pipelines/component.py
    Brought("kubeflow", _CONTROLLER, ("metrics", 9090), f"{argo_workflows.CONTROLLER}-{_CONTROLLER}", 8080),
)


def brought(namespaces: Collection[str]) -> list[dict[str, Any]]:
    """What is there besides our own objects when these namespaces are."""
    return [made for item in BROUGHT if item.namespace in namespaces for made in item.objects()]
