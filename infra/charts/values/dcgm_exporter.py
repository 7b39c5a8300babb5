"""Values of the chart ``dcgm-exporter`` (B8): what GPUs do, for Prometheus.

Keys: NVIDIA/dcgm-exporter, tag 4.5.3-4.8.2, ``deployment/values.yaml``; 4.8.3 was not to be read here.
"""

from __future__ import annotations

from infra.charts.values.common import Values, resources
from infra.charts.values.device_plugin import GPU_NODES, GPU_TAINT

NAME = "dcgm-exporter"


def values(*, tag: str | None = None) -> Values:
    """A DaemonSet on GPU nodes.

    It reads the driver as root with ``SYS_ADMIN``, which NVIDIA requires for the profiling counters
    (``DCGM_FI_PROF_*``: how busy the cores are, and not only whether anything runs).

    Args:
        tag: of the image, its digest behind it; None takes the chart's own.
    """
    return {
        **({"image": {"tag": tag}} if tag else {}),
        "affinity": GPU_NODES,
        "tolerations": GPU_TAINT,
        "priorityClassName": "system-node-critical",
        "serviceMonitor": {"enabled": False},  # :mod:`infra.watching.targets` has one that waits for nobody
        "securityContext": {
            "runAsNonRoot": False,
            "runAsUser": 0,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]},
        },
        "podSecurityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "resources": resources("100m", "128Mi", limit="512Mi"),  # the chart's own figures
    }
