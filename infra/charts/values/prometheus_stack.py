"""Values of the chart ``kube-prometheus-stack`` (B7): Prometheus, Alertmanager, Grafana and their operator.

Keys: prometheus-community/helm-charts, charts/kube-prometheus-stack 88.5.3 (operator v0.93.1); for
``grafana`` grafana-community/helm-charts, charts/grafana 12.11.1. What stands under ``prometheusSpec`` and
``alertmanagerSpec`` is also held against the operator's own definitions by a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.charts.values.common import Values, resources, spread

NAME = "kube-prometheus-stack"
NAMESPACE = "monitoring"
SLACK = "alertmanager-slack"
"""Secret with Slack's webhook under the key ``url``."""
SLACK_FOLDER = "/etc/alertmanager/slack"
GRAFANA = "grafana-admin"
"""Secret with the administrator of Grafana, ``user`` and ``password``."""
OFF = ("kubeApiServer", "kubeControllerManager", "kubeScheduler", "kubeEtcd", "kubeProxy", "coreDns")
"""What EKS runs itself and shows to nobody, and what no rule and no page asks about."""
DASHBOARDS = {"grafana_dashboard": "1"}
"""Label of ConfigMaps that are dashboards."""
NAME_LABEL = "app.kubernetes.io/name"


@dataclass(frozen=True)
class Plan:
    """What differs between environments.

    Attributes:
        replicas: of Prometheus, each of which measures everything, and of Alertmanager.
        retention_days: how long measurements are kept.
        storage_gib: volume of each Prometheus.
        storage_class: of all volumes.
        domain: host name under which people reach Grafana.
        routing: Alertmanager's configuration.
        log_in: sections of ``grafana.ini`` by which people log in; empty for users of Grafana's own.
        log_in_secret: Secret whose keys become environment variables that these sections name.
    """

    replicas: int
    retention_days: int
    storage_gib: int
    storage_class: str
    domain: str
    routing: Mapping[str, Any]
    log_in: Mapping[str, Any] = field(default_factory=dict)
    log_in_secret: str | None = None


def values(plan: Plan) -> Values:
    """Only what the project's own rules and pages ask for.

    The chart's rules and dashboards stay away: an alert without a paragraph in the runbook is noise. Its
    exporter of nodes would need the nodes' own network and files, and so another level of Pod Security.
    """
    return {
        "crds": {"enabled": True},
        "defaultRules": {"create": False},
        "nodeExporter": {"enabled": False},
        **{part: {"enabled": False} for part in OFF},
        "kube-state-metrics": {"resources": resources("20m", "64Mi", limit="256Mi")},
        "prometheusOperator": _operator(),
        "prometheus": _prometheus(plan),
        "alertmanager": _alertmanager(plan),
        "grafana": _grafana(plan),
    }


def _operator() -> Values:
    """Without its webhook: rules are judged by promtool before they come here, and a webhook that does not
    answer would stop every change. Nobody elsewhere gets a Prometheus by writing an object.
    """
    return {
        "admissionWebhooks": {"enabled": False},
        "tls": {"enabled": False},  # it serves the webhook only
        "prometheusInstanceNamespaces": [NAMESPACE],
        "alertmanagerInstanceNamespaces": [NAMESPACE],
        "alertmanagerConfigNamespaces": [NAMESPACE],
        "thanosRulerInstanceNamespaces": [NAMESPACE],
        "kubeletEndpointsEnabled": False,
        "kubeletEndpointSliceEnabled": True,  # Kubernetes calls Endpoints deprecated since 1.33
        "resources": resources("50m", "128Mi", limit="256Mi"),
        "prometheusConfigReloader": {"resources": resources("10m", "32Mi", limit="64Mi")},
    }


def _prometheus(plan: Plan) -> Values:
    """Targets from every namespace, rules from its own only: a rule could wake people in another's name."""
    return {
        "podDisruptionBudget": _budget(plan.replicas),
        "prometheusSpec": {
            "replicas": plan.replicas,
            "retention": f"{plan.retention_days}d",
            "retentionSize": f"{int(plan.storage_gib * 0.85 * 1024)}MB",  # the oldest goes before it is full
            "scrapeInterval": "30s",
            "evaluationInterval": "30s",
            "serviceDiscoveryRole": "EndpointSlice",
            "ruleSelectorNilUsesHelmValues": False,
            "serviceMonitorSelectorNilUsesHelmValues": False,
            "podMonitorSelectorNilUsesHelmValues": False,
            "probeSelectorNilUsesHelmValues": False,
            "scrapeConfigSelectorNilUsesHelmValues": False,
            "ruleNamespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}},
            "scrapeConfigNamespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}},
            "enforcedSampleLimit": 50_000,  # of one target: somebody's endless label costs only himself
            "resources": resources("250m", "1Gi", limit="3Gi"),
            "storageSpec": _volume(plan.storage_class, plan.storage_gib),
            "topologySpreadConstraints": spread({NAME_LABEL: "prometheus"}),
        },
    }


def _alertmanager(plan: Plan) -> Values:
    """The webhook is a file that may come later: pods start without it, and its rotation needs no restart."""
    return {
        "config": dict(plan.routing),
        "podDisruptionBudget": _budget(plan.replicas),
        "serviceAccount": {"automountServiceAccountToken": False},
        "alertmanagerSpec": {
            "replicas": plan.replicas,
            "automountServiceAccountToken": False,
            "resources": resources("20m", "64Mi", limit="128Mi"),
            "storage": _volume(plan.storage_class, 1),  # silences, and what was said already
            "topologySpreadConstraints": spread({NAME_LABEL: "alertmanager"}),
            "volumes": [{"name": "slack", "secret": {"secretName": SLACK, "optional": True}}],
            "volumeMounts": [{"name": "slack", "mountPath": SLACK_FOLDER, "readOnly": True}],
        },
    }


def _grafana(plan: Plan) -> Values:
    """One pod without a volume: pages and sources are objects, and people come from elsewhere. A second pod
    would need a database for sessions.
    """
    name = plan.log_in_secret
    secret = {"envFromSecrets": [{"name": name, "optional": True}]} if name else {}
    return {
        "replicas": 1,
        "defaultDashboardsEnabled": False,
        "testFramework": {"enabled": False},
        "initChownData": {"enabled": False},  # it would be root
        "persistence": {"enabled": False},
        "rbac": {"namespaced": True},
        "admin": {"existingSecret": GRAFANA, "userKey": "user", "passwordKey": "password"},
        **secret,
        "sidecar": {
            "resources": resources("10m", "96Mi", limit="160Mi"),
            "dashboards": {"searchNamespace": NAMESPACE, "resource": "configmap"},
            "datasources": {"searchNamespace": NAMESPACE, "resource": "configmap"},
        },
        "resources": resources("100m", "256Mi", limit="512Mi"),
        "grafana.ini": {
            "server": {"domain": plan.domain, "root_url": f"https://{plan.domain}/"},
            "security": {"cookie_secure": True, "disable_gravatar": True},
            "users": {"allow_sign_up": False, "viewers_can_edit": False},
            "analytics": {
                "reporting_enabled": False,
                "check_for_updates": False,
                "check_for_plugin_updates": False,
            },
            "plugins": {"preinstall_disabled": True},  # nothing is fetched when a pod starts
            **plan.log_in,
        },
    }


def _budget(replicas: int) -> Values:
    return {"enabled": replicas > 1, "minAvailable": 1}


def _volume(storage_class: str, gib: int) -> Values:
    return {
        "volumeClaimTemplate": {
            "spec": {
                "storageClassName": storage_class,
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": f"{gib}Gi"}},
            }
        }
    }
