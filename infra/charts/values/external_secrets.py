"""Values of the chart ``external-secrets`` (B9): copies of Secrets Manager's secrets in the cluster.

Keys: external-secrets v2.9.0, ``deploy/charts/external-secrets`` (``values.yaml``, ``values.schema.json``).
"""

from __future__ import annotations

from typing import Any

from infra.charts.values.common import Values, account, resources, restricted_container, spread

NAME = "external-secrets"
USER = 1000
"""The user that the chart's own contexts name."""


def values(role_arn: Any, replicas: int) -> Values:
    """Controller, webhook and certificate controller; only the controller has a role.

    Args:
        role_arn: what the controller's account takes; may be known later.
        replicas: of the controller, of which one leads, and of the webhook, without which no ExternalSecret
            is accepted.
    """
    return {
        "installCRDs": True,
        "serviceAccount": {**account(role_arn), "name": NAME},
        "leaderElect": replicas > 1,
        # Less that could be misused: nothing writes secrets back, or from one namespace into all.
        "processClusterExternalSecret": False,
        "processPushSecret": False,
        "processClusterPushSecret": False,
        **_deployment("external-secrets", replicas, "50m", "128Mi"),
        "webhook": _deployment("external-secrets-webhook", replicas, "25m", "64Mi"),
        "certController": _deployment("external-secrets-cert-controller", 1, "25m", "128Mi"),
    }


def _deployment(name: str, replicas: int, cpu: str, memory: str) -> Values:
    labels = {"app.kubernetes.io/name": name}
    return {
        "replicaCount": replicas,
        "podDisruptionBudget": {"enabled": replicas > 1, "minAvailable": 1},
        "securityContext": {"enabled": True, **restricted_container(USER)},
        "resources": resources(cpu, memory),
        "topologySpreadConstraints": spread(labels),
    }
