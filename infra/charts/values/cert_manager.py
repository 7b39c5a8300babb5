"""Values of the chart ``cert-manager`` (B9): certificates for webhooks and for the way in.

Keys: cert-manager v1.21.1, ``deploy/charts/cert-manager`` (``values.yaml`` and ``values.schema.json``).
"""

from __future__ import annotations

from infra.charts.values.common import (
    Values,
    budget,
    resources,
    restricted_container,
    restricted_pod,
    spread,
)

NAME = "cert-manager"


def values(replicas: int) -> Values:
    """Three deployments, restricted, without a right in AWS: the issuers are the cluster's own.

    Args:
        replicas: of controller, webhook and CA injector; while no webhook answers, no certificate is made.
    """
    return {
        "crds": {"enabled": True, "keep": False},  # a service that is off leaves nothing behind
        # Its default, kube-system, would need rights in a namespace that is not its own.
        "global": {"leaderElection": {"namespace": NAME}},
        **_deployment("controller", replicas, "50m", "128Mi"),
        "webhook": _deployment("webhook", replicas, "25m", "64Mi"),
        "cainjector": _deployment("cainjector", replicas, "25m", "192Mi"),
        "startupapicheck": {
            "securityContext": restricted_pod(),
            "containerSecurityContext": restricted_container(),
            "resources": resources("10m", "64Mi"),
        },
    }


def _deployment(component: str, replicas: int, cpu: str, memory: str) -> Values:
    labels = {"app.kubernetes.io/instance": NAME, "app.kubernetes.io/component": component}
    return {
        "replicaCount": replicas,
        "podDisruptionBudget": budget(replicas),
        "securityContext": restricted_pod(),
        "containerSecurityContext": restricted_container(),
        "resources": resources(cpu, memory),
        "topologySpreadConstraints": spread(labels),
    }
