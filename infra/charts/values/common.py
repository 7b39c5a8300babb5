"""What several charts are told in the same words: restricted pods, budgets, spread, pinned images. Pure."""

from __future__ import annotations

from typing import Any

ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
ZONE = "topology.kubernetes.io/zone"

Values = dict[str, Any]


def restricted_pod(user: int | None = None) -> Values:
    """Security context of a pod that the level ``restricted`` admits.

    Args:
        user: number to run as; None leaves it to the image, which must not be root.
    """
    numbers = {"runAsUser": user, "runAsGroup": user, "fsGroup": user} if user is not None else {}
    return {"runAsNonRoot": True, **numbers, "seccompProfile": {"type": "RuntimeDefault"}}


def restricted_container(user: int | None = None) -> Values:
    """Security context of a container that the level ``restricted`` admits, whatever its pod's says."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        **({"runAsUser": user} if user is not None else {}),
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def resources(cpu: str, memory: str, *, limit: str | None = None) -> Values:
    """Requests, and a limit of memory only: a limit of CPU would slow down what has CPU to spare.

    Args:
        cpu: requested, ``100m``.
        memory: requested, ``256Mi``.
        limit: of memory; None takes the request, so that the pod never has less than it may use.
    """
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": limit or memory}}


def budget(replicas: int, **more: Any) -> Values:
    """A disruption budget where there is more than one pod: one may go at a time.

    With a single pod a budget would either mean nothing or stop every drain of its node.
    """
    return {"enabled": True, "maxUnavailable": 1, **more} if replicas > 1 else {"enabled": False}


def spread(labels: Values) -> list[Values]:
    """Pods with these labels go to different zones as far as there are nodes."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": ZONE,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": labels},
        }
    ]


def account(role_arn: Any) -> Values:
    """A service account of the chart's own that takes an IAM role; ``role_arn`` may be known later."""
    return {"create": True, "annotations": {ROLE_ANNOTATION: role_arn}}


def tag(version: str, digest: str | None) -> str:
    """An image's tag for charts without a key for digests; with ``digest`` (``sha256:…``) that decides.

    A reference with both is pulled by its digest: the grammar of references says so, and containerd does.
    """
    return f"{version}@{digest}" if digest else version
