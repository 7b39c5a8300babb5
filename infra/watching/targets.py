"""What Prometheus asks besides the workloads, which bring their own PodMonitors (B7). Pure.

Pods by the labels and names of ports that their charts give, so that no chart has to wait for the definitions
of Prometheus' operator.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.charts.values import cloudwatch_exporter
from infra.charts.values.prometheus_stack import NAME_LABEL, NAMESPACE
from infra.pipelines import names as pipelines
from infra.pipelines.wiring import CONTROLLER, METRICS


@dataclass(frozen=True)
class Target:
    """Pods of one service.

    Attributes:
        name: of the PodMonitor.
        exporter: its name in :data:`infra.watching.exporters.EXPORTERS`.
        capability: that brings the service.
        namespace: where its pods are.
        labels: of its pods.
        port: name of the port in its pods.
        number: of that port, for the fences.
        honest: its series' own ``namespace`` and ``pod`` say whom they are about, and win over the
            exporter's.
        source: where labels and port were read.
    """

    name: str
    exporter: str
    capability: str
    namespace: str
    labels: Mapping[str, str]
    port: str
    number: int
    source: str
    honest: bool = False


TARGETS = (
    Target(
        "karpenter",
        "Karpenter",
        "basic_metrics",
        "kube-system",
        {NAME_LABEL: "karpenter"},
        "http-metrics",
        8080,
        "karpenter 1.12.1, templates/deployment.yaml",
    ),
    Target(
        "cloudwatch-exporter",
        "CloudWatch exporter (YACE)",
        "basic_metrics",
        NAMESPACE,
        {NAME_LABEL: cloudwatch_exporter.NAME},
        "http",
        5000,
        "its chart 0.47.0, values.yaml",
    ),
    Target(
        "cert-manager",
        "cert-manager",
        "cluster_services",
        "cert-manager",
        {NAME_LABEL: "cert-manager", "app.kubernetes.io/component": "controller"},
        "http-metrics",
        9402,
        "cert-manager v1.21.1, deploy/charts/cert-manager/templates/deployment.yaml",
        honest=True,
    ),
    Target(
        "external-secrets",
        "external-secrets",
        "cluster_services",
        "external-secrets",
        {NAME_LABEL: "external-secrets"},
        "metrics",
        8080,
        "external-secrets v2.9.0, deploy/charts/external-secrets/templates/deployment.yaml",
        honest=True,
    ),
    Target(
        "pipelines-workflow-controller",
        "Argo workflow controller, of Kubeflow Pipelines too",
        "pipelines",
        pipelines.NAMESPACE,
        CONTROLLER,
        "metrics",
        METRICS,
        "argo-workflows 1.0.18, templates/controller/workflow-controller-deployment.yaml",
        honest=True,
    ),
    Target(
        "dcgm-exporter",
        "DCGM exporter",
        "gpu_monitoring",
        "gpu-daemons",
        {NAME_LABEL: "dcgm-exporter"},
        "metrics",
        9400,
        "NVIDIA/dcgm-exporter, deployment/templates/daemonset.yaml",
        honest=True,
    ),
)


def monitor(target: Target) -> dict[str, Any]:
    """Spec of its PodMonitor."""
    return {
        "namespaceSelector": {"matchNames": [target.namespace]},
        "selector": {"matchLabels": dict(target.labels)},
        "podMetricsEndpoints": [{"port": target.port, "honorLabels": target.honest}],
    }


def there(capabilities: frozenset[str]) -> list[Target]:
    """Those whose service is on."""
    return [target for target in TARGETS if target.capability in capabilities]
