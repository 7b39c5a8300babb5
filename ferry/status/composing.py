"""From what was read to a status. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ferry.report.model import Report
from ferry.status.model import Control, Crossing, Mark, Measure, Money, Progress, Status
from policy.catalogue import RULES, stack_rules
from policy.model import Rule, Site, StackRule
from stacks.settings import Settings
from workloads.catalogue import CATALOGUE
from workloads.evidence import Evidence
from workloads.patterns.migration import Names
from workloads.patterns.routes import Read, read
from workloads.spec import Wave, WorkloadSpec
from workloads.stages import Recorded, ladder, needs, place
from workloads.state import CEILINGS, Stage, WorkloadState

GOAL_SAVED = 0.5
"""Requirement E4: half of the old estate's cost."""


@dataclass(frozen=True)
class Seen:
    """What was read besides the settings; what nobody read is empty or None.

    Attributes:
        recorded: where the workloads stood after the last `up`.
        overlays: what the guard's routes say, by workload.
        report: of a rehearsal of this environment.
        cost: the month's estimate, from and to, in USD.
        evidence: what the settings name for a workload, or why it could not be read.
    """

    recorded: Mapping[str, Recorded]
    overlays: Mapping[str, Read]
    report: Report | None
    cost: tuple[float, float]
    evidence: Mapping[str, Evidence | str] = field(default_factory=dict)


def overlays(routes: Mapping[str, Any]) -> dict[str, Read]:
    """The guard's routes among those that ``kubectl get httproutes -A -o json`` lists."""
    wanted = {Names(name).overlay: Names(name) for name in CATALOGUE}
    return {
        names.workload: read(names, item)
        for item in routes.get("items", [])
        if (names := wanted.get(item["metadata"]["name"]))
        and item["metadata"]["namespace"] == names.namespace
    }


REPORT = "compliance_report"
"""The capability without which there are no controls in a status."""


def compose(settings: Settings, seen: Seen, now: datetime) -> Status:
    """The status of one environment."""
    crossings = tuple(_crossing(spec, settings, seen) for spec in CATALOGUE.values())
    money = _money(settings, seen.cost)
    return Status(
        environment=str(settings.environment),
        as_of=now.isoformat(timespec="minutes"),
        waves=tuple(_progress(wave, crossings) for wave in Wave),
        crossings=crossings,
        measures=tuple(_measures(crossings, money, seen.report)),
        money=money,
        controls=tuple(_controls(settings, seen.report)) if REPORT in settings.enabled else (),
    )


def _crossing(spec: WorkloadSpec, settings: Settings, seen: Seen) -> Crossing:
    state = settings.workloads.get(spec.name, WorkloadState(stage=Stage.LEGACY))
    at = seen.recorded.get(spec.name) or Recorded(stage=state.stage, ceiling=state.ceiling, epoch=state.epoch)
    steps = ladder(spec)
    behind = steps.index(at.stage) / (len(steps) - 1)
    if at.stage is Stage.CANARY and at.ceiling:
        behind += CEILINGS.index(at.ceiling) / len(CEILINGS) / (len(steps) - 1)
    live = seen.overlays.get(spec.name)
    latched = live is not None and live.latched is not None and live.latched >= at.epoch
    return Crossing(
        name=spec.name,
        owner=spec.owner,
        wave=spec.wave,
        impact_usd=spec.impact_usd,
        place=place(at.stage, at.ceiling),
        moved=behind,
        since=at.since.date().isoformat() if at.since else "",
        weight=live.weight if live else None,
        incident=f"rolled back and latched at epoch {at.epoch}" if latched else "",
        decision=_decision(spec, at, latched=latched),
        gates=_gates(seen.evidence.get(spec.name)),
    )


def _gates(found: Evidence | str | None) -> str:
    """Each check of the evidence with its verdict, and of which day it is."""
    if found is None:
        return "no data"
    if isinstance(found, str):
        return f"not readable: {found}"
    checks = ", ".join(f"{check.kind} {check.metric} {check.verdict}" for check in found.checks)
    return f"{checks or 'nothing to show'} ({found.made_at.date().isoformat()})"


def _decision(spec: WorkloadSpec, at: Recorded, *, latched: bool) -> str:
    """What has to be decided next; who does is the owner."""
    if latched:
        return f"release the latch: epoch {at.epoch + 1}, once the cause is known"
    steps = ladder(spec)
    if at.stage is steps[-1]:
        return ""
    if at.stage is Stage.CANARY and at.ceiling in CEILINGS[:-1]:
        ceiling = CEILINGS[CEILINGS.index(at.ceiling) + 1]
        kinds = needs(spec, Stage.CANARY, Stage.CANARY)
        return f"to {place(Stage.CANARY, ceiling)}{_on(kinds)}"
    after = steps[steps.index(at.stage) + 1]
    ceiling_after = CEILINGS[0] if after is Stage.CANARY else None
    return f"to {place(after, ceiling_after)}{_on(needs(spec, at.stage, after))}"


def _on(kinds: frozenset[Any]) -> str:
    return f", on evidence of {', '.join(sorted(map(str, kinds)))}" if kinds else ""


def _progress(wave: Wave, crossings: tuple[Crossing, ...]) -> Progress:
    mine = [item for item in crossings if item.wave is wave]
    moved = sum(item.moved for item in mine) / len(mine) if mine else 0.0
    through = sum(item.moved >= 1 for item in mine)
    return Progress(wave, *wave.weeks, len(mine), through, moved)


def _money(settings: Settings, cost: tuple[float, float]) -> Money:
    low, high = cost
    legacy = settings.cost.legacy_usd or None
    return Money(low, high, settings.cost.budget_usd, legacy, 1 - high / legacy if legacy else None)


def _measures(crossings: tuple[Crossing, ...], money: Money, report: Report | None) -> list[Measure]:
    """Success against its targets (C7, C8, E4); each says where its figure is from."""
    found = [
        _measure("workloads without an incident", "all", _without_incident(crossings), "the guard's routes"),
        _measure(
            "cost within the budget",
            f"${money.budget:,.0f}" if money.budget else "a budget",
            (f"${money.high:,.0f}", money.high <= money.budget) if money.budget else None,
            "the estimate of `ferry cost`, at most",
        ),
        _measure(
            "cost saved against the old estate",
            f"{GOAL_SAVED:.0%}",
            (f"{money.saved:.0%}", money.saved >= GOAL_SAVED) if money.saved is not None else None,
            "the estimate of `ferry cost`, at least",
        ),
    ]
    where = "the last rehearsal"
    traffic = report.traffic if report else None
    checks = report.checks if report else []
    kept = sum(check.passed for check in checks)
    changes = report.second_preview_changes if report else None
    return [
        *found,
        _measure("requests lost", "0", (f"{traffic.lost:,}", traffic.lost == 0) if traffic else None, where),
        _measure(
            "claims kept", "all", (f"{kept} of {len(checks)}", kept == len(checks)) if checks else None, where
        ),
        _measure(
            "changes of a second preview",
            "0",
            (str(changes), changes == 0) if changes is not None else None,
            where,
        ),
        _measure(
            "violations of the policy pack",
            "0",
            (str(len(report.policy.violations)), not report.policy.violations)
            if report and report.policy
            else None,
            where,
        ),
    ]


def _without_incident(crossings: tuple[Crossing, ...]) -> tuple[str, bool] | None:
    """None where nobody looked at the routes of any workload."""
    looked = [item for item in crossings if item.weight is not None]
    stopped = [item.name for item in looked if item.incident]
    return (f"{len(looked) - len(stopped)} of {len(looked)}", not stopped) if looked else None


def _measure(name: str, target: str, seen: tuple[str, bool] | None, source: str) -> Measure:
    if seen is None:
        return Measure(name, target, "no data", Mark.NO_DATA, source)
    return Measure(name, target, seen[0], Mark.PASS if seen[1] else Mark.FAIL, source)


def _controls(settings: Settings, report: Report | None) -> list[Control]:
    """Controls with the evidence for each: the pack's rules, and the claims of the last rehearsal."""
    ran = report.policy if report else None
    rules: list[Rule | StackRule] = [*RULES, *stack_rules(Site(str(settings.environment)))]
    broken = {word.strip("[](),:;") for said in (ran.violations if ran else []) for word in said.split()}
    judged = [
        Control(
            rule.id,
            str(rule.catalogue),
            rule.reason,
            Mark.NO_DATA if ran is None else Mark.FAIL if rule.id in broken else Mark.PASS,
            "judged at every preview and `up`" if ran is None else "judged in the last rehearsal",
        )
        for rule in rules
    ]
    tried = [
        Control(
            check.id,
            f"requirement {check.requirement}",
            check.scenario,
            Mark.PASS if check.passed else Mark.FAIL,
            f"rehearsed {report.started_at}: {check.value} {check.unit}".rstrip() if report else "",
        )
        for check in (report.checks if report else [])
    ]
    return [*judged, *tried]
