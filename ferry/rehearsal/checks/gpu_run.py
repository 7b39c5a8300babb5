"""Ask the living cluster for GPUs and watch what Karpenter does; what it means is decided in `gpu`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ferry.rehearsal.checks import gpu
from ferry.rehearsal.checks.context import CheckContext, Note
from ferry.rehearsal.checks.fleet import machines, node_classes, node_pools
from ferry.rehearsal.checks.waiting import until
from ferry.report.model import Check
from sandbox.kubelet.objects import dig
from sandbox.kubelet.scheduling import smallest

SELDOM = 1.0
"""Seconds between looks while Karpenter waits for minutes itself."""
SELECTOR = ",".join(f"{key}={value}" for key, value in gpu.LABEL.items())

PATIENCE = ("spec", "disruption", "consolidateAfter")
SECONDS = {"s": 1, "m": 60, "h": 3600}


def run(context: CheckContext, note: Note) -> list[Check]:
    """Apply the manifests, watch until nodes came and went, judge, and take the manifests away."""
    seen = gpu.Sightings()
    manifests = gpu.manifests()
    pools = node_pools(context)
    classes = node_classes(context)
    fitting = smallest(pools, manifests[0], machines(context, pools), classes)
    try:
        for manifest in manifests:
            context.kube.apply(manifest)
        _watch(context, seen, note)
    finally:
        for manifest in manifests:
            context.kube.delete(manifest, grace_s=0)
        context.nodes_seen.update(seen.nodes_with_pods())
    return gpu.judge(seen, fitting)


def _watch(context: CheckContext, seen: gpu.Sightings, note: Note) -> None:
    def look() -> None:
        pods = context.kube.list("v1", "Pod", gpu.NAMESPACE, labels=SELECTOR)
        seen.look(pods, context.kube.list("v1", "Node"))

    def placed() -> bool:
        look()
        note(f"{len(seen.placed)} of {len(gpu.JOBS) + 1} GPU pods have a node")
        return len(seen.placed) > len(gpu.JOBS) and len(seen.finished) == len(gpu.JOBS)

    def gone() -> bool:
        look()
        left = seen.job_nodes() & seen.standing
        note(f"waiting for {len(left)} idle GPU nodes to be consolidated away")
        return not left

    if until(placed, context.patience):
        until(gone, context.patience + idle_seconds(node_pools(context)), SELDOM)


def idle_seconds(pools: Sequence[Mapping[str, Any]]) -> float:
    """How long the most patient NodePool lets a node stand idle; a pool that never lets go says nothing."""
    return max((duration(str(dig(pool, PATIENCE) or "0s")) for pool in pools), default=0.0)


def duration(text: str) -> float:
    """Seconds of a duration as Kubernetes writes it: ``1h30m`` is 5400; ``Never`` is 0."""
    return sum(float(number) * SECONDS[unit] for number, unit in re.findall(r"([0-9.]+)(s|m|h)", text))
