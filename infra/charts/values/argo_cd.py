"""Values of the chart ``argo-cd`` (B5): model deployments follow a repository.

Keys: argoproj/argo-helm, charts/argo-cd 10.1.1 (Argo CD v3.4.4), ``values.yaml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.charts.values.common import Values, budget, resources, restricted_container, restricted_pod

NAME = "argo-cd"
NAMESPACE = "argocd"
VERSION = "v3.4.4"


def values(
    replicas: int,
    domain: str,
    *,
    digest: str | None = None,
    log_in: Mapping[str, Mapping[str, Any]] | None = None,
) -> Values:
    """Server, repository server, controllers and a Redis that is a cache.

    Its Redis password is made in the cluster by the chart's own job, its administrator's password by Argo CD
    itself; neither passes through here. Nobody gets rights by logging in: the default role is none.

    Args:
        replicas: of server, repository server and ApplicationSet controller. The application controller is
            one: it shards by cluster, and there is one cluster.
        domain: host name under which people reach it.
        digest: of Argo CD's image, ``sha256:…``.
        log_in: parts of ``configs`` by which people come in, on top of these.
    """
    people = log_in or {}
    pinned = {"image": {"tag": f"{VERSION}@{digest}"}} if digest else {}
    return {
        "crds": {"install": True, "keep": False},  # a service that is off leaves nothing behind
        "global": {
            **pinned,
            "domain": domain,
            "securityContext": restricted_pod(),
            "networkPolicy": {"create": True, "defaultDenyIngress": True},
        },
        "configs": {
            "cm": {"exec.enabled": False, "timeout.reconciliation": "60s", **people.get("cm", {})},
            # TLS ends at the gateway, which reaches the server inside the cluster.
            "params": {
                "server.insecure": True,
                "controller.diff.server.side": "true",
                **people.get("params", {}),
            },
            "rbac": {**people.get("rbac", {}), "policy.default": ""},
        },
        "dex": {"enabled": False},  # single sign-on goes to the company's issuer without a second one between
        "notifications": {"enabled": False},  # Alertmanager tells people, and nobody else
        "controller": _part(1, "250m", "512Mi", "1Gi"),
        "server": _part(replicas, "50m", "128Mi", "256Mi"),
        "repoServer": _part(replicas, "100m", "256Mi", "512Mi"),
        "applicationSet": _part(replicas, "50m", "64Mi", "128Mi"),
        "redis": {"containerSecurityContext": restricted_container(), "resources": resources("50m", "64Mi")},
        "redisSecretInit": {"resources": resources("10m", "64Mi")},
    }


def _part(replicas: int, cpu: str, memory: str, limit: str) -> Values:
    return {
        "replicas": replicas,
        "pdb": budget(replicas),
        "containerSecurityContext": restricted_container(),
        "resources": resources(cpu, memory, limit=limit),
    }
