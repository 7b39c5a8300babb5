"""How much a team may ask for, and what a container gets that asks for nothing (B10); pure."""

from __future__ import annotations

from typing import Any

from infra.specs.guard_rails import QuotaSpec

LIMIT_FACTOR = 2
"""Memory limits of a team may sum up to so many times its requests: not all pods use all at once."""
DEFAULT_REQUEST = {"cpu": "100m", "memory": "256Mi"}
DEFAULT_LIMIT = {"memory": "512Mi"}
"""No limit of CPU: it would slow a container down while there is CPU to spare."""


def quota(spec: QuotaSpec) -> dict[str, Any]:
    """Spec of the ResourceQuota. No load balancers and node ports: the gateway is the one way in."""
    return {
        "hard": {
            "requests.cpu": str(spec.cpu),
            "requests.memory": f"{spec.memory_gib}Gi",
            "limits.memory": f"{spec.memory_gib * LIMIT_FACTOR}Gi",
            "requests.nvidia.com/gpu": str(spec.gpus),
            "requests.storage": f"{spec.storage_gib}Gi",
            "pods": str(spec.pods),
            "services.loadbalancers": "0",
            "services.nodeports": "0",
        }
    }


def limit_range(spec: QuotaSpec) -> dict[str, Any]:
    """Spec of the LimitRange: what a container gets that does not say, and the most that one may have."""
    return {
        "limits": [
            {
                "type": "Container",
                "defaultRequest": DEFAULT_REQUEST,
                "default": DEFAULT_LIMIT,
                "max": {"memory": f"{spec.memory_gib}Gi"},
            }
        ]
    }
