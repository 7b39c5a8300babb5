"""GPUs by DCGM (requirement B7, B8)."""

from __future__ import annotations

from infra.watching.rules.model import Alert, Group, Severity

HOT_C = 85
"""Highest temperature at which a T4 may work (`nvidia-smi -q`: GPU Max Operating Temp)."""
FULL = 0.95
IDLE_PERCENT = 5

_WITHOUT_DCGM = (
    'max by (node) (kube_node_status_capacity{resource="nvidia_com_gpu"}) > 0 unless on (node) '
    'max by (node) (label_replace(DCGM_FI_DEV_GPU_UTIL, "node", "$1", "Hostname", "(.+)"))'
)
_USED = "max by (Hostname, gpu) (DCGM_FI_DEV_FB_USED)"
_FREE = "max by (Hostname, gpu) (DCGM_FI_DEV_FB_FREE)"

ALERTS = (
    Alert(
        "GpuError",
        "max by (Hostname, gpu) (DCGM_FI_DEV_XID_ERRORS) > 0",
        Severity.CRITICAL,
        "GPU {{ $labels.gpu }} of {{ $labels.Hostname }} reports XID {{ $value }}",
    ),
    Alert(
        "GpuHot",
        f"max by (Hostname, gpu) (DCGM_FI_DEV_GPU_TEMP) > {HOT_C}",
        Severity.WARNING,
        "GPU {{ $labels.gpu }} of {{ $labels.Hostname }} has {{ $value }} °C, the most at which it may work",
        lasting="10m",
    ),
    Alert(
        "GpuMemoryFull",
        f"{_USED} / ({_USED} + {_FREE}) > {FULL}",
        Severity.WARNING,
        "GPU {{ $labels.gpu }} of {{ $labels.Hostname }}: {{ $value | humanizePercentage }} of memory in use",
        lasting="10m",
    ),
    Alert(
        "GpuIdle",
        'max by (Hostname, gpu, namespace, pod) (avg_over_time(DCGM_FI_DEV_GPU_UTIL{pod!=""}[1h])) '
        f"< {IDLE_PERCENT}",
        Severity.WARNING,
        '{{ $labels.namespace }}/{{ $labels.pod }} holds a GPU and used {{ printf "%.1f" $value }}% of it '
        "in an hour",
        lasting="1h",
    ),
    Alert(
        "GpuUnwatched",
        _WITHOUT_DCGM,
        Severity.WARNING,
        "{{ $labels.node }} has GPUs and nothing reports on them",
        lasting="15m",
    ),
)

GROUP = Group("ferry-gpu", "gpu_monitoring", alerts=ALERTS)
