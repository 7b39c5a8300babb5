"""``ferry status``: the verb."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from ferry.cost.command import rendered
from ferry.report.model import Report
from ferry.status.composing import REPORT, Seen, compose, overlays
from ferry.status.model import Mark, Status
from ferry.status.page import percent, render, tiles
from policy.cost.estimating import estimate
from policy.cost.prices import PriceError
from stacks.fleet import RefusedError, recorded
from stacks.settings import Environment, Settings, SettingsError, load_file
from stacks.shelf import S3Shelf, Shelf
from workloads import evidence as kept
from workloads.evidence import Evidence

EXAMPLES = """
Examples:

  ferry status --env prod

  pulumi stack output --json > outputs.json; kubectl get httproutes -A -o json > routes.json

  ferry status --env prod --outputs outputs.json --routes routes.json --html status.html
"""

_COLOURS = {Mark.PASS: "green", Mark.FAIL: "red", Mark.NO_DATA: "yellow"}


class UnreadableError(Exception):
    """A file is not what it should be; the message says which and what to do."""


def status(  # noqa: PLR0917 - an option each; Typer calls it by name
    env: Annotated[Environment, typer.Option(help="The environment.")] = Environment.DEV,
    outputs: Annotated[
        Path | None, typer.Option(help="`pulumi stack output --json`: stages and days.")
    ] = None,
    routes: Annotated[
        Path | None, typer.Option(help="HTTPRoutes as kubectl prints them: weights now.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="A rehearsal's report.json: measures, evidence.")
    ] = None,
    gates: Annotated[bool, typer.Option(help="Read from the account what each gate measured.")] = False,
    html: Annotated[Path | None, typer.Option(help="Also write one self-contained page.")] = None,
    compliance: Annotated[bool, typer.Option(help="Print controls and their evidence instead.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """How far the crossing is, what stops it, what it costs, and who decides what next.

    What was not given is shown as "no data", never as 0. Exit code 1 where a measure or a control fails.
    """
    try:
        settings = load_file(Path(f"Pulumi.{env}.yaml"))
        _allowed(settings, compliance=compliance)
        with Console(stderr=True).status("rendering the environment"):
            seen = _seen(settings, outputs, routes, report, gates=gates)
            found = compose(settings, seen, datetime.now(UTC))
    except (SettingsError, PriceError, UnreadableError, RefusedError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    if html:
        html.write_text(render(found), "utf-8")
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(found), indent=2))
    elif compliance:
        _show_controls(Console(), found)
    else:
        _show(Console(), found)
    marks = [*(item.mark for item in found.measures), *(item.mark for item in found.controls)]
    if Mark.FAIL in marks:
        raise typer.Exit(1)


status.__doc__ = f"{status.__doc__}\n{EXAMPLES}"


def _allowed(settings: Settings, *, compliance: bool) -> None:
    """The report for auditors is part of a level, and promised nowhere else (E5)."""
    if compliance and REPORT not in settings.enabled:
        raise UnreadableError(
            f"{settings.environment} does not have the capability {REPORT}, so no controls were printed. Set "
            f"`ferry:capabilities: {{{REPORT}: true}}`, or leave --compliance out."
        )


def _seen(
    settings: Settings, outputs: Path | None, routes: Path | None, report: Path | None, *, gates: bool
) -> Seen:
    found = estimate(rendered(settings), settings.region)
    return Seen(
        recorded=recorded(_json(outputs)) if outputs else {},
        overlays=overlays(_json(routes)) if routes else {},
        report=_report(report, settings) if report else None,
        cost=(found.low, found.high),
        evidence=_measured(settings, S3Shelf(settings)) if gates else {},
    )


def _measured(settings: Settings, shelf: Shelf) -> dict[str, Evidence | str]:
    """The evidence that each workload's line names, or why it cannot be read."""
    found: dict[str, Evidence | str] = {}
    for name, state in settings.workloads.items():
        if state.evidence:
            try:
                found[name] = shelf.read(name, state.evidence)
            except kept.UnreadableError as error:
                found[name] = str(error)
    return found


def _json(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableError(f"{path} cannot be read as JSON ({error}), so no status was made.") from None
    if not isinstance(found, dict):
        raise UnreadableError(
            f"{path} holds no object, so no status was made. Write it again as --help shows."
        )
    return found


def _report(path: Path, settings: Settings) -> Report:
    try:
        found = Report.model_validate(_json(path))
    except ValidationError as error:
        raise UnreadableError(
            f"{path} is no report of this version of Ferry ({error.error_count()} faults)."
        ) from None
    if found.environment != settings.environment:
        raise UnreadableError(
            f"{path} is about {found.environment}, so it shows nothing about {settings.environment}. "
            f"`ferry rehearse --env {settings.environment}` makes the right one."
        )
    return found


def _show(console: Console, found: Status) -> None:
    console.print(f"[bold]{found.environment}[/] as of {found.as_of}")
    for label, figure, remark in tiles(found):
        console.print(f"{label}: [bold]{figure}[/] ({remark})", highlight=False)
    waves = Table("wave", "weeks", "through", "way behind them")
    for wave in found.waves:
        weeks = f"{wave.first_week}-{wave.last_week}"
        waves.add_row(wave.wave, weeks, f"{wave.through} of {wave.workloads}", percent(wave.moved))
    console.print(waves)
    table = Table("workload", "stands at", "weight now", "gates", "next decision", "who decides")
    for item in found.crossings:
        weight = "no data" if item.weight is None else f"{item.weight}%"
        place = f"[red]{item.place}: {item.incident}[/]" if item.incident else item.place
        table.add_row(item.name, place, weight, item.gates, item.decision or "-", item.owner)
    console.print(table)
    measures = Table("measure", "target", "seen", "", "from")
    for measure in found.measures:
        colour = _COLOURS[measure.mark]
        measures.add_row(
            measure.name, measure.target, measure.seen, f"[{colour}]{measure.mark}[/]", measure.source
        )
    console.print(measures)


def _show_controls(console: Console, found: Status) -> None:
    table = Table("control", "from", "claim", "", "evidence")
    for item in found.controls:
        table.add_row(
            item.id, item.source, item.claim, f"[{_COLOURS[item.mark]}]{item.mark}[/]", item.evidence
        )
    console.print(table)
