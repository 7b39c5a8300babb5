"""Values of the chart ``metrics-server`` (B9): CPU and memory of pods, on which autoscaling acts.

Keys: kubernetes-sigs/metrics-server, tag metrics-server-helm-chart-3.13.1, ``values.yaml``.
"""

from __future__ import annotations

from infra.charts.values.common import Values, budget, resources, restricted_container, restricted_pod, spread

NAME = "metrics-server"
USER = 1000
"""The user that the chart's own context names."""


def values(replicas: int, digest: str | None = None) -> Values:
    """One deployment; it has no role in AWS.

    The connection from the API server is verified: the chart makes a certificate and tells the API service
    who signed it, where its default skips the check.

    Args:
        replicas: two, so that autoscaling goes on while a node is replaced.
        digest: of the image, ``sha256:…``; the chart has no key for it, so it stands behind the tag.
    """
    pinned = {"image": {"tag": f"v0.8.1@{digest}"}} if digest else {}
    return {
        **pinned,
        "replicas": replicas,
        "podDisruptionBudget": budget(replicas),
        "apiService": {"insecureSkipTLSVerify": False},
        "tls": {"type": "helm"},
        "podSecurityContext": restricted_pod(USER),
        "securityContext": restricted_container(USER),
        "resources": resources("100m", "200Mi"),  # upstream's own figures, up to 100 nodes
        "topologySpreadConstraints": spread({"app.kubernetes.io/name": NAME}),
        "updateStrategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxUnavailable": 0 if replicas == 1 else 1},
        },
    }
