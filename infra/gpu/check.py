"""The GPU check: a job that asks the driver; pure."""

from __future__ import annotations

from typing import Any

from infra import fencing
from infra.charts.values.common import restricted_container, restricted_pod

NAME = "gpu-check"
LABELS = {"app.kubernetes.io/name": NAME, "app.kubernetes.io/part-of": "ferry"}
USER = 65534
"""``nobody``: NVIDIA's runtime mounts the driver for whoever runs."""


def cron_job(image: str) -> dict[str, Any]:
    """Spec of the check. It never runs by the clock, because each run may buy a GPU node for some minutes:
    ``kubectl create job --from=cronjob/gpu-check`` runs it.

    It asks for one GPU, so that it proves the whole way: a pool answers, the plugin tells the kubelet, the
    runtime mounts the driver, and the driver talks.

    Args:
        image: with ``nvidia-smi`` mounted by the runtime; NVIDIA's CUDA base image, by digest.
    """
    return {
        "schedule": "0 6 * * 1",
        "suspend": True,
        "startingDeadlineSeconds": 600,
        "concurrencyPolicy": "Forbid",
        "successfulJobsHistoryLimit": 1,
        "failedJobsHistoryLimit": 1,
        "jobTemplate": {
            "metadata": {"labels": LABELS},
            "spec": {
                "backoffLimit": 1,
                "activeDeadlineSeconds": 1200,  # a GPU node may have to be bought first
                "ttlSecondsAfterFinished": 86400,
                "template": {"metadata": {"labels": LABELS}, "spec": _pod(image)},
            },
        },
    }


def _pod(image: str) -> dict[str, Any]:
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": restricted_pod(USER),
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
        "containers": [
            {
                "name": NAME,
                "image": image,
                "command": ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv"],
                "securityContext": restricted_container(USER),
                "resources": {
                    "requests": {"cpu": "100m", "memory": "128Mi", "ephemeral-storage": "16Mi"},
                    "limits": {"memory": "128Mi", "ephemeral-storage": "64Mi", "nvidia.com/gpu": "1"},
                },
            }
        ],
    }


def fence() -> dict[str, Any]:
    """Spec of the network policy: the check talks to its driver and to nobody else."""
    return fencing.nothing()
