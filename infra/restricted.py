"""Security contexts of the project's own pods, as Pod Security's level ``restricted`` wants them. Pure."""

from __future__ import annotations

from typing import Any


def pod(user: int, group: int | None = None) -> dict[str, Any]:
    """Of a pod: who it runs as, and whose its volumes are.

    Args:
        user: number to run as.
        group: the same number where it is left out.
    """
    own = user if group is None else group
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": own,
        "fsGroup": own,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container() -> dict[str, Any]:
    """Of a container in such a pod."""
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
