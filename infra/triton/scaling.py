"""How many replicas, and who may be taken away; pure.

The autoscaler's first figure is the mean wait in Triton's queue: it rises before latency does, on GPU as on
CPU. **prometheus-adapter** serves it as a metric of pods from :data:`RULE`; until it is installed, the second
figure (CPU, from metrics-server) alone decides, and the autoscaler never goes below the wanted replicas.
"""

from __future__ import annotations

from typing import Any

from infra.specs.triton import TritonSpec
from infra.triton.pod import labels

METRIC = "triton_queue_wait_microseconds"
RULE: dict[str, Any] = {
    "seriesQuery": 'nv_inference_queue_duration_us{namespace!="",pod!=""}',
    "resources": {"overrides": {"namespace": {"resource": "namespace"}, "pod": {"resource": "pod"}}},
    "name": {"as": METRIC},
    "metricsQuery": (
        "sum(rate(nv_inference_queue_duration_us{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>) / "
        "clamp_min(sum(rate(nv_inference_request_success{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>), 0.001)"
    ),
}
"""A rule of prometheus-adapter's ``rules.custom``: microseconds that a request waited, mean over a minute."""
CPU_PERCENT = 80


def autoscaler(target: str, least: int, most: int, spec: TritonSpec) -> dict[str, Any]:
    """Spec of the HorizontalPodAutoscaler of a Deployment. Up at once, down one pod every two minutes."""
    wait = {"type": "AverageValue", "averageValue": f"{spec.queue_ms * 1000}"}
    cpu = {"type": "Utilization", "averageUtilization": CPU_PERCENT}
    return {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target},
        "minReplicas": least,
        "maxReplicas": most,
        "metrics": [
            {"type": "Pods", "pods": {"metric": {"name": METRIC}, "target": wait}},
            {"type": "Resource", "resource": {"name": "cpu", "target": cpu}},
        ],
        "behavior": {
            "scaleUp": {"stabilizationWindowSeconds": 0},
            "scaleDown": {
                "stabilizationWindowSeconds": 300,
                "policies": [{"type": "Pods", "value": 1, "periodSeconds": 120}],
            },
        },
    }


def budget(name: str) -> dict[str, Any]:
    """Spec of the PodDisruptionBudget: one at a time, and one that is not ready anyway does not count."""
    return {
        "maxUnavailable": 1,
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
        "selector": {"matchLabels": labels(name)},
    }


def shares(spec: TritonSpec) -> list[tuple[str, int, int]]:
    """Deployments of one served model: capacity, and least and most replicas.

    On spot there are two: the floor, of a fixed size on on-demand nodes, and the rest. Two deployments,
    because no scheduling rule of one would keep a fixed number of its pods on one kind of node.
    """
    if spec.capacity == "on-demand":
        return [("on-demand", spec.replicas, spec.max_replicas)]
    floor = spec.on_demand_floor
    rest = (max(spec.replicas - floor, 1), spec.max_replicas - floor)
    return [("on-demand", floor, floor), ("spot", *rest)]
