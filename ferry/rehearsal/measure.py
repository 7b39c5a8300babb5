"""From raw times and states to the figures of a report. Pure: nothing here starts, waits or asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ferry.report.model import (
    BOOT_LIMIT,
    MEMORY_LIMIT,
    MEMORY_LIMIT_WITH_SERVICES,
    PREVIEW_LIMIT,
    SERVICES,
    UP_LIMIT,
    Check,
    Claim,
    Memory,
    Resource,
    Timings,
)
from sandbox.engine import Operation
from sandbox.providers.aws.table import RECORDED

Interval = tuple[float, float]

CHARTS = frozenset({"kubernetes:helm.sh/v3:Release"})
"""Their content is not on this machine: what a stand-in brings for them is listed as simulated."""


def only_waiting(operations: Sequence[Operation], waits: Mapping[str, Sequence[Interval]]) -> float:
    """Seconds in which nothing was done but waiting for readiness.

    ``waits``: URN → intervals on the operations' clock. Time in which one resource waits while another is
    still being made is not waiting: the run would have taken it anyway.
    """
    waiting = _union([interval for intervals in waits.values() for interval in intervals])
    busy: list[Interval] = []
    for operation in operations:
        if not operation.component:
            own = _union(waits.get(operation.urn, []))
            busy += _minus([(operation.started, operation.ended)], own)
    return sum(end - start for start, end in _minus(waiting, _union(busy)))


def _union(intervals: Iterable[Interval]) -> list[Interval]:
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif end > start:
            merged.append((start, end))
    return merged


def _minus(intervals: Sequence[Interval], holes: Sequence[Interval]) -> list[Interval]:
    rest = list(intervals)
    for hole_start, hole_end in holes:
        cut: list[Interval] = []
        for start, end in rest:
            if hole_end <= start or hole_start >= end:
                cut.append((start, end))
                continue
            if start < hole_start:
                cut.append((start, hole_start))
            if hole_end < end:
                cut.append((hole_end, end))
        rest = cut
    return rest


def resource_counts(resources: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Type → how many, without the stack and the providers themselves."""
    return dict(sorted(Counter(str(item["type"]) for item in resources if _counts(item)).items()))


def _counts(item: Mapping[str, Any]) -> bool:
    type_ = str(item["type"])
    return type_ != "pulumi:pulumi:Stack" and not type_.startswith("pulumi:providers:")


def graph(resources: Iterable[Mapping[str, Any]], operations: Iterable[Operation]) -> list[Resource]:
    """The resources of a deployment as nodes and edges, with the times at which ``up`` made them."""
    times = {operation.urn: operation for operation in operations}
    nodes = []
    for item in resources:
        urn = str(item["urn"])
        made = times.get(urn)
        nodes.append(
            Resource(
                urn=urn,
                type=str(item["type"]),
                name=urn.rsplit("::", 1)[-1],
                parent=str(item.get("parent", "")),
                dependencies=[str(dependency) for dependency in item.get("dependencies") or []],
                started=made.started if made else None,
                seconds=made.ended - made.started if made else None,
            )
        )
    return nodes


def timings(seconds: Mapping[str, float], build: float) -> Timings:
    """The phases that a report names; a phase that did not run stays null."""
    phases = (
        "boot", "preview", "up", "waiting", "second_preview", "destroy", "floor_preview", "floor_up"
    )  # fmt: skip
    return Timings(build=build, **{phase: seconds.get(phase) for phase in phases})


def speed_checks(times: Timings, memory: Memory | None) -> list[Check]:
    """Speed and memory against their limits; what was not measured makes no claim."""
    checks = []
    if times.boot is not None:
        claim = Claim("speed.boot", "E1", "warm start to a ready control plane")
        checks.append(claim.at_most(BOOT_LIMIT, round(times.boot, 2), "s"))
    if times.preview_ratio is not None:
        claim = Claim("speed.preview", "E1", "preview against the same through a provider that does nothing")
        checks.append(claim.at_most(PREVIEW_LIMIT, round(times.preview_ratio, 2), "times the floor"))
    if times.up_ratio is not None:
        claim = Claim("speed.up", "E1", "up against the same through a provider that does nothing")
        checks.append(claim.at_most(UP_LIMIT, round(times.up_ratio, 2), "times the floor"))
    if memory is not None:
        claim = Claim("memory.peak", "E1", "everything that ran, at its fullest")
        services = SERVICES & memory.by_process.keys()
        limit = MEMORY_LIMIT_WITH_SERVICES if services else MEMORY_LIMIT
        checks.append(claim.at_most(limit, round(memory.peak_gb, 2), "GB"))
    return checks


def recorded_only(resources: Iterable[Mapping[str, Any]]) -> list[str]:
    """Types of this run that exist in the state alone: nothing stands behind them."""
    return sorted({str(item["type"]) for item in resources} & (RECORDED.keys() | CHARTS))
