"""Pipelines, GPUs, Triton, nodes."""

from __future__ import annotations

from tests.infra.watching.cases.case import Case, Near, Series

PENDING = 'kube_pod_status_phase{namespace="kubeflow",pod="train-1",phase="Pending"}'
ASKS = 'kube_pod_container_resource_requests{namespace="kubeflow",pod="train-1",resource="%s"}'
WAITING = {"namespace": "kubeflow", "pod": "train-1"}

DCGM = '{gpu="0",Hostname="node-1",modelName="Tesla T4"}'
USED_BY = '{gpu="0",Hostname="node-1",namespace="kubeflow",pod="train-1"}'
GPU = {"gpu": "0", "Hostname": "node-1"}
CAPACITY = 'kube_node_status_capacity{node="node-1",resource="nvidia_com_gpu"}'

TRITON = '{namespace="fraud",pod="triton-0",model="fraud",version="1"}'
MODEL = {"namespace": "fraud", "model": "fraud"}
POOL = '{nodepool="gpu",resource_type="nvidia.com/gpu"}'
SLACK = '{integration="slack",namespace="monitoring"}'


def runs(succeeded: str, failed: str) -> Series:
    """Finished workflows in two namespaces of one controller."""
    series = 'argo_workflows_total_count{phase="%s"}'
    return {series % "Succeeded": succeeded, series % "Failed": failed, series % "Running": "0+5x400"}


def triton(succeeded: int, failed: int, queued_us: int) -> Series:
    """A minute's requests of a model, and how long they waited together."""
    return {
        f"nv_inference_request_success{TRITON}": f"0+{succeeded}x40",
        f"nv_inference_request_failure{TRITON}": f"0+{failed}x40",
        f"nv_inference_queue_duration_us{TRITON}": f"0+{queued_us}x40",
    }


def notifications(failed: int) -> Series:
    """A hundred messages a minute to Slack."""
    return {
        f"alertmanager_notifications_total{SLACK}": "0+100x60",
        f"alertmanager_notifications_failed_total{SLACK}": f"0+{failed}x60",
    }


CASES = (
    Case(
        "PipelineSuccessBelowTarget",
        runs("0+9x200", "0+1x200"),
        at="170h",
        labels={},
        summary="90% of the week's pipeline runs succeeded; the target is 95%",
        interval="1h",
        quiet=(
            Near("96% succeed", runs("0+24x200", "0+1x200"), "170h"),
            Near("three runs say nothing", runs("0x100 2x100", "0x100 1x100"), "170h"),
        ),
    ),
    Case(
        "PipelinesAllFail",
        runs("7x60", "0+1x60"),
        at="25h",
        labels={},
        summary="24 pipeline runs failed in a day and none succeeded",
        interval="1h",
        quiet=(
            Near("some succeed", runs("0+1x60", "0+1x60"), "25h"),
            Near("nothing ran", runs("7x60", "3x60"), "25h"),
        ),
    ),
    Case(
        "GpuPodWaits",
        {PENDING: "1x40", ASKS % "nvidia_com_gpu": "1x40"},
        at="30m",
        labels=WAITING,
        summary="kubeflow/train-1 asks for a GPU and has waited for 20 minutes",
        quiet=(
            Near("a node came", {PENDING: "1x10 0x30", ASKS % "nvidia_com_gpu": "1x40"}, "30m"),
            Near("it asks for none", {PENDING: "1x40", ASKS % "cpu": "1x40"}, "30m"),
        ),
    ),
    Case(
        "GpuError",
        {f"DCGM_FI_DEV_XID_ERRORS{DCGM}": "0x5 79x10"},
        at="10m",
        labels=GPU,
        summary="GPU 0 of node-1 reports XID 79",
        quiet=(Near("no error", {f"DCGM_FI_DEV_XID_ERRORS{DCGM}": "0x20"}, "10m"),),
    ),
    Case(
        "GpuHot",
        {f"DCGM_FI_DEV_GPU_TEMP{DCGM}": "88x30"},
        at="15m",
        labels=GPU,
        summary="GPU 0 of node-1 has 88 °C, the most at which it may work",
        quiet=(
            Near("warm", {f"DCGM_FI_DEV_GPU_TEMP{DCGM}": "84x30"}, "15m"),
            Near("for five minutes", {f"DCGM_FI_DEV_GPU_TEMP{DCGM}": "60x10 88x5 60x20"}, "20m"),
        ),
    ),
    Case(
        "GpuMemoryFull",
        {f"DCGM_FI_DEV_FB_USED{DCGM}": "14700x30", f"DCGM_FI_DEV_FB_FREE{DCGM}": "300x30"},
        at="15m",
        labels=GPU,
        summary="GPU 0 of node-1: 98% of memory in use",
        quiet=(
            Near(
                "room is left",
                {f"DCGM_FI_DEV_FB_USED{DCGM}": "13500x30", f"DCGM_FI_DEV_FB_FREE{DCGM}": "1500x30"},
                "15m",
            ),
        ),
    ),
    Case(
        "GpuIdle",
        {f"DCGM_FI_DEV_GPU_UTIL{USED_BY}": "2x150"},
        at="130m",
        labels={**GPU, "namespace": "kubeflow", "pod": "train-1"},
        summary="kubeflow/train-1 holds a GPU and used 2.0% of it in an hour",
        quiet=(
            Near("nobody holds it, so its node goes", {f"DCGM_FI_DEV_GPU_UTIL{DCGM}": "0x150"}, "130m"),
            Near("it works now and then", {f"DCGM_FI_DEV_GPU_UTIL{USED_BY}": "0+1x150"}, "130m"),
        ),
    ),
    Case(
        "GpuUnwatched",
        {CAPACITY: "1x40"},
        at="20m",
        labels={"node": "node-1"},
        summary="node-1 has GPUs and nothing reports on them",
        quiet=(
            Near("DCGM reports", {CAPACITY: "1x40", f"DCGM_FI_DEV_GPU_UTIL{DCGM}": "0x40"}, "20m"),
            Near("a node without GPUs", {CAPACITY: "0x40"}, "20m"),
        ),
    ),
    Case(
        "TritonQueueLong",
        triton(600, 0, 600 * 80_000),
        at="30m",
        labels=MODEL,
        summary="fraud: requests wait 80000 µs before they are computed",
        quiet=(Near("a short queue", triton(600, 0, 600 * 2_000), "30m"),),
    ),
    Case(
        "TritonRequestsFail",
        triton(570, 30, 0),
        at="20m",
        labels=MODEL,
        summary="fraud: 0.50 requests a second fail in Triton",
        quiet=(Near("one of 600", triton(599, 1, 0), "20m"),),
    ),
    Case(
        "NodePoolNearLimit",
        {f"karpenter_nodepools_usage{POOL}": "8x30", f"karpenter_nodepools_limit{POOL}": "8x30"},
        at="20m",
        labels={"nodepool": "gpu", "resource_type": "nvidia.com/gpu"},
        summary="Pool gpu uses 100% of its limit of nvidia.com/gpu",
        quiet=(
            Near(
                "half of it",
                {f"karpenter_nodepools_usage{POOL}": "4x30", f"karpenter_nodepools_limit{POOL}": "8x30"},
                "20m",
            ),
        ),
    ),
    Case(
        "NotificationsFail",
        notifications(50),
        at="40m",
        labels={"integration": "slack"},
        summary="50% of messages to slack do not arrive",
        quiet=(Near("all arrive", notifications(0), "40m"),),
    ),
)
