"""From the report to what the page draws: tiles, bars and the waterfall. Pure; the page only places them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ferry.report.model import PREVIEW_LIMIT, UP_LIMIT, Check, Figure, Node, Report, Resource
from ferry.report.page.shape import STACK

NOT_MEASURED = "\u2013"
TIMES = "\u00d7"

MINUTES_FROM, WHOLE_FROM = 120, 10
"""Seconds from which a time is given in minutes, and from which without a decimal."""

MOST_TICKS = 8
SLOWEST = 24
"""How many of the slowest resources the waterfall shows."""

PHASES = {
    "build": "building the tools",
    "boot": "starting the control plane",
    "preview": "first preview",
    "up": "up, without waiting",
    "waiting": "waiting for readiness",
    "second_preview": "second preview",
    "destroy": "destroy",
}
"""Phase to its name on the page, in the order of the run."""


def seconds(value: float | None) -> str:
    """Seconds for a person: a dash when not measured."""
    if value is None:
        return NOT_MEASURED
    if value >= MINUTES_FROM:
        return f"{int(value // 60)} min {round(value % 60)} s"
    return f"{value:.0f} s" if value >= WHOLE_FROM else f"{value:.1f} s"


def figure(value: Figure) -> str:
    """A bar or a value as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return str(value)


@dataclass(frozen=True)
class Gauge:
    """A value against its bar, as shares of the gauge's width."""

    fill: float
    mark: float


def gauge(check: Check) -> Gauge | None:
    """A gauge for numeric claims with a direction; None where a bar would say nothing."""
    if (
        check.relation == "equal"
        or not isinstance(check.bar, int | float)
        or not isinstance(check.value, int | float)
    ):
        return None
    top = max(float(check.bar), float(check.value)) * 1.25 or 1.0
    return Gauge(float(check.value) / top, float(check.bar) / top)


@dataclass(frozen=True)
class Ratio:
    """A time against its floor and the limit; `fill` and marks are shares of the width."""

    title: str
    value: float
    limit: float
    time: str
    floor: str

    @property
    def top(self) -> float:
        """The value at the right edge."""
        return max(self.limit * 1.25, self.value * 1.1)

    @property
    def holds(self) -> bool:
        """Whether the limit is kept."""
        return self.value <= self.limit


def ratios(report: Report) -> list[Ratio]:
    """Preview and `up` against their floors, where both were measured."""
    timings = report.timings
    found = []
    for title, value, limit, time, floor in (
        ("preview", timings.preview_ratio, PREVIEW_LIMIT, timings.preview, timings.floor_preview),
        ("up", timings.up_ratio, UP_LIMIT, timings.up, timings.floor_up),
    ):
        if value is not None:
            found.append(Ratio(title, value, limit, seconds(time), seconds(floor)))
    return found


@dataclass(frozen=True)
class Phase:
    """One phase of the run and its share of the whole."""

    key: str
    title: str
    seconds: float
    share: float


def phases(report: Report) -> list[Phase]:
    """Phases that were measured."""
    measured = {key: getattr(report.timings, key) for key in PHASES}
    total = sum(value for value in measured.values() if value) or 1.0
    return [
        Phase(key, PHASES[key], value, value / total) for key, value in measured.items() if value is not None
    ]


@dataclass(frozen=True)
class Span:
    """One resource in the waterfall; `left` and `width` are shares of the whole `up`."""

    resource: Resource
    left: float
    width: float


@dataclass(frozen=True)
class Waterfall:
    """The slowest resources in the order in which they began, and the ticks of the time axis in seconds."""

    spans: Sequence[Span]
    ticks: Sequence[tuple[float, str]]


def waterfall(resources: Sequence[Resource]) -> Waterfall:
    """The slowest resources of `up`; components are left out, since they only wait for their parts."""
    parents = {item.parent for item in resources}
    timed = [
        item
        for item in resources
        if item.seconds is not None
        and item.type != STACK
        and (item.urn not in parents or item.type.startswith("aws:"))
    ]
    slowest = sorted(timed, key=lambda item: -(item.seconds or 0))[:SLOWEST]
    end = max(((item.started or 0) + (item.seconds or 0) for item in timed), default=0.0) or 1.0
    spans = [
        Span(item, (item.started or 0) / end, (item.seconds or 0) / end)
        for item in sorted(slowest, key=lambda item: (item.started or 0, -(item.seconds or 0)))
    ]
    step = tick_step(end)
    ticks = [(place * step / end, f"{place * step:g} s") for place in range(int(end / step) + 1)]
    return Waterfall(spans, ticks)


def tick_step(end: float) -> float:
    """A round step that gives the axis four to nine ticks."""
    return next(
        (step for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300) if end / step <= MOST_TICKS),
        600.0,
    )


@dataclass(frozen=True)
class Pool:
    """Nodes of one NodePool or node group."""

    name: str
    nodes: Sequence[Node]


def pools(report: Report) -> list[Pool]:
    """Nodes by NodePool; the managed node group first."""
    nodes = report.cluster.nodes if report.cluster else []
    names = sorted({node.nodepool for node in nodes})
    return [
        Pool(
            name,
            sorted(
                (node for node in nodes if node.nodepool == name), key=lambda node: (node.gone, node.name)
            ),
        )
        for name in names
    ]


@dataclass(frozen=True)
class Tile:
    """One figure of the first screen; `state` is good, bad or plain."""

    label: str
    value: str
    note: str
    state: str = "plain"
    link: str = ""


def tiles(report: Report) -> list[Tile]:
    """The figures that one wants to know first."""
    if report.kind == "drill":
        return [_held(report), *_met(report)]
    changes = report.second_preview_changes
    found = [
        _held(report),
        Tile(
            "resources", str(sum(report.resources.values())), f"of {len(report.resources)} types", link="made"
        ),
        _leaks(report),
        Tile(
            "second preview",
            NOT_MEASURED if changes is None else str(changes),
            "changes",
            _state(changes == 0),
            "time",
        ),
    ]
    found += [
        Tile(
            ratio.title,
            f"{ratio.value:.2f}{TIMES}",
            f"its floor, limit {ratio.limit}",
            _state(ratio.holds),
            "time",
        )
        for ratio in ratios(report)
    ]
    if report.memory:
        found.append(Tile("memory", f"{report.memory.peak_gb:.2f} GB", "at the peak", link="memory"))
    if report.cluster:
        ready = report.cluster.deployments
        whole = ready.ready == ready.wanted and not report.cluster.pending_pods
        found.append(Tile("workloads", f"{ready.ready} of {ready.wanted}", "ready", _state(whole), "nodes"))
    return found


def _held(report: Report) -> Tile:
    held = len(report.checks) - len(report.failed)
    return Tile("checks", f"{held} of {len(report.checks)}", "held", _state(not report.failed), "checks")


def _met(report: Report) -> list[Tile]:
    """What live requests met, where there were any."""
    met = report.traffic
    if met is None:
        return []
    return [
        Tile("requests", f"{met.requests:,}", f"{met.switches} switches", link="checks"),
        Tile("lost", str(met.lost), "of them", _state(met.lost == 0), "checks"),
        Tile("rollback", seconds(met.rollback_s), "after the first bad answer, median", link="checks"),
        Tile(
            "latency", f"{met.p50_ms:.1f} ms", f"p99 {met.p99_ms:.1f} ms while weights moved", link="checks"
        ),
        Tile("copies", f"{met.mirrored:,}", "arrived", link="checks"),
    ]


def _leaks(report: Report) -> Tile:
    """Without a destroy nobody looked for leaks, and none seen is not none left."""
    if report.timings.destroy is None and not report.leaks:
        return Tile("leaks", NOT_MEASURED, "nothing was destroyed", link="kept")
    return Tile("leaks", str(len(report.leaks)), "left after destroy", _state(not report.leaks), "kept")


def _state(good: bool) -> str:
    return "good" if good else "bad"
