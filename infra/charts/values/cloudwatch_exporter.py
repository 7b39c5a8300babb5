"""Values of the chart ``prometheus-yet-another-cloudwatch-exporter`` (B7): what CloudWatch knows of stores.

Keys: prometheus-community/helm-charts, charts/prometheus-yet-another-cloudwatch-exporter 0.47.0 (YACE
v0.67.0), ``values.yaml`` and ``templates/deployment.yaml``.
"""

from __future__ import annotations

from typing import Any

from infra.charts.values.common import Values, account, resources, restricted_container, restricted_pod

NAME = "prometheus-yet-another-cloudwatch-exporter"
ACCOUNT = "cloudwatch-exporter"
USER = 65534
"""``nobody``: the image names nobody by number."""


def values(role_arn: Any, config: str, every_s: int) -> Values:
    """One pod: a second one would ask, and pay, for the same figures.

    Args:
        role_arn: what its account takes; may be known later.
        config: what to ask for; see :mod:`infra.watching.cloudwatch`.
        every_s: seconds between two questions; each is paid for.
    """
    return {
        "replicaCount": 1,
        "testConnection": False,  # a pod of an image by tag, for `helm test`, which nobody runs
        "serviceAccount": {**account(role_arn), "name": ACCOUNT, "automountServiceAccountToken": False},
        "podSecurityContext": restricted_pod(USER),
        "securityContext": restricted_container(USER),
        "extraArgs": {"scraping-interval": every_s},
        "resources": resources("20m", "64Mi", limit="128Mi"),
        "config": config,
    }
