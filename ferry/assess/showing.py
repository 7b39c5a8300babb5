"""An assessment for people, and for programs."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

from ferry.assess.calendar import LAST_WEEK
from ferry.assess.model import Assessment, Proposal, Skipped
from ferry.assess.packages import LINES, Written
from workloads.spec import Wave

_SHOWN = 20
"""Lines of a list; the rest is in ``--json``."""


def as_data(found: Assessment, written: list[Written]) -> dict[str, Any]:
    """The assessment as JSON has it."""
    weeks = {slot.name: slot for slot in found.calendar.slots}
    return {
        "found": dict(sorted(Counter(str(item.kind) for item in found.inventory.found).items())),
        "workloads": [
            {
                **_data(item),
                "first_week": weeks[item.name].first if item.name in weeks else None,
                "last_week": weeks[item.name].last if item.name in weeks else None,
            }
            for item in found.proposals
        ],
        "calendar": {
            "weeks": LAST_WEEK,
            "teams": found.calendar.teams,
            "teams_needed": found.calendar.teams_needed,
            "left_over": list(found.calendar.left_over),
        },
        "secrets": [dataclasses.asdict(secret) for secret in found.inventory.secrets],
        "skipped": [dataclasses.asdict(item) for item in found.inventory.skipped],
        "aside": [dataclasses.asdict(item) for item in found.inventory.aside],
        "written": [dataclasses.asdict(item) for item in written],
    }


def _data(item: Proposal) -> dict[str, Any]:
    scores = {
        name: {"value": score.value, "reasons": list(score.reasons)} for name, score in _scores(item).items()
    }
    return {
        "name": item.name,
        "parts": [{"kind": str(part.kind), "where": part.where} for part in item.workload.parts],
        "joined": list(item.workload.joined),
        "needs": list(item.workload.needs),
        "scores": scores,
        "pattern": str(item.pattern),
        "pattern_reason": item.pattern_reason,
        "weeks": item.weeks,
        "priority": item.priority,
        "wave": str(item.wave),
        "wave_reason": item.wave_reason,
    }


def _scores(item: Proposal) -> dict[str, Any]:
    return {
        "criticality": item.criticality,
        "complexity": item.complexity,
        "dependencies": item.dependencies,
        "compliance": item.compliance,
    }


def show(console: Console, found: Assessment, written: list[Written]) -> None:
    """The assessment for a person."""
    kinds = Counter(str(item.kind) for item in found.inventory.found)
    console.print(
        f"Found: {', '.join(f'{count} {kind}' for kind, count in sorted(kinds.items())) or 'nothing'}."
    )
    console.print(_proposals(found))
    console.print("Points of 10: criticality, complexity, dependencies, exposure. Why:")
    for item in found.proposals[:_SHOWN]:
        points = [reason for score in _scores(item).values() for reason in score.reasons]
        console.print(
            f"- {item.name}: {item.pattern_reason}; {item.wave_reason}. ({'; '.join(points) or '-'})",
            markup=False,
            highlight=False,
        )
    _calendar(console, found)
    secrets = found.inventory.secrets
    _listed(console, "Secrets in plain sight", [Skipped(secret.where, secret.kind) for secret in secrets])
    _listed(console, "Skipped", found.inventory.skipped)
    _listed(console, "Set aside", found.inventory.aside)
    _written(console, written)


def _proposals(found: Assessment) -> Table:
    table = Table(
        title=f"{len(found.proposals)} workloads, in the order in which they should move",
        title_justify="left",
    )
    table.add_column("workload", no_wrap=True)
    for heading in ("crit", "compl", "dep", "exp"):
        table.add_column(heading, justify="right")
    for heading in ("pattern", "weeks", "wave"):
        table.add_column(heading, no_wrap=True)
    weeks = {slot.name: f"{slot.first}-{slot.last}" for slot in found.calendar.slots}
    for item in found.proposals[:_SHOWN]:
        scores = [str(score.value) for score in _scores(item).values()]
        table.add_row(item.name, *scores, item.pattern, weeks.get(item.name, "no room"), item.wave)
    if len(found.proposals) > _SHOWN:
        table.add_row(f"… {len(found.proposals) - _SHOWN} more: --json")
    return table


def _calendar(console: Console, found: Assessment) -> None:
    """One line for each wave, and what does not fit."""
    drawn = found.calendar
    table = Table(title=f"The calendar of {LAST_WEEK} weeks with {drawn.teams} teams", title_justify="left")
    for heading in ("wave", "weeks", "begin", "end by"):
        table.add_column(heading)
    for wave in Wave:
        slots = [slot for slot in drawn.slots if slot.wave is wave]
        first, last = wave.weeks
        end = str(max(slot.last for slot in slots)) if slots else "-"
        table.add_row(wave, f"{first}-{last}", str(len(slots)), end)
    console.print(table)
    if drawn.left_over:
        console.print(
            f"[red]No room[/] for {len(drawn.left_over)} in {LAST_WEEK} weeks with {drawn.teams} teams. "
            f"With --teams {drawn.teams_needed} there is."
        )


def _listed(console: Console, title: str, items: list[Skipped]) -> None:
    if not items:
        return
    console.print(f"{title} ({len(items)}):")
    for item in items[:_SHOWN]:
        console.print(f"- {item.where}: {item.why}", soft_wrap=True, markup=False, highlight=False)
    if len(items) > _SHOWN:
        console.print(f"  … {len(items) - _SHOWN} more: --json")


def _written(console: Console, written: list[Written]) -> None:
    if not written:
        return
    new = [item for item in written if not item.kept]
    console.print(
        f"Wrote {len(new)} packages and {LINES}. Read the lines with REVIEW, then put the settings' lines "
        "into Pulumi.<env>.yaml and run `pulumi preview`."
    )
    _listed(console, "Not written", [Skipped(item.name, item.kept) for item in written if item.kept])
