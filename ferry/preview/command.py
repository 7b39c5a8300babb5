"""``ferry preview``: what a change would do, as a comment that a person can read."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from ferry.preview import acting
from ferry.preview.comment import render
from ferry.preview.report import Change, Level, judge
from ferry.preview.seen import Step
from ferry.preview.stakes import lost
from stacks.settings import Environment, SettingsError, load_file
from stacks.shelf import S3Shelf
from workloads.evidence import Evidence


def preview(
    env: Annotated[
        Environment, typer.Option(help="Which Pulumi.<env>.yaml, and which stack.")
    ] = Environment.DEV,
    base: Annotated[str, typer.Option(help="Commit, branch or tag to compare with.")] = "",
    output: Annotated[Path | None, typer.Option(help="Write the comment to this file as well.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of Markdown.")] = False,
) -> None:
    """What this checkout would change, as Markdown for a pull request.

    Runs the engine's own preview, policy pack included, against the stack's real state, and a second one of
    the base in a git worktree: what that one would change too is not this change's doing. Nothing is applied.
    Exit code 0 where the preview succeeds, 1 where the engine, the program or the policy pack refuses, 2 for
    wrong use.

    \b
      ferry preview --env prod --base origin/main                  what a pull request would do
      ferry preview --env prod --base origin/main --output c.md    the same, also into a file
      ferry preview --env dev --json                               against the state alone, for programs
    """
    console = Console(stderr=True)
    try:
        settings = load_file(Path(f"Pulumi.{env}.yaml"))
        with console.status(f"previewing {env}" + (f" and {base}" if base else "")):
            seen, other = acting.run(acting.Wanted(Path.cwd(), str(env), base))
            found = acting.evidence(seen, S3Shelf(settings))
    except (SettingsError, acting.PreviewError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    change = judge(str(env), settings.region, seen, (base, other) if other else None, found)
    comment = render(change)
    if output is not None:
        output.write_text(comment)
    typer.echo(json.dumps(as_data(change), indent=2) if as_json else comment)
    if change.level is Level.REFUSED:
        raise typer.Exit(1)


def as_data(change: Change) -> dict[str, Any]:
    """A change for programs; whole, where a comment is bounded."""
    return {
        "environment": change.environment,
        "base": change.base,
        "level": str(change.level),
        "verdict": change.verdict,
        "errors": list(change.seen.errors),
        "at_stake": [{**_named(step), "lost": lost(step), "why": list(step.why)} for step in change.stake],
        "traffic": [
            {
                "workload": move.workload,
                "from": move.steps[0],
                "to": move.steps[1],
                "evidence": move.evidence.model_dump(mode="json")
                if isinstance(move.evidence, Evidence)
                else move.evidence,
            }
            for move in change.moves
        ],
        "reach": [dataclasses.asdict(shift) for shift in change.shifts],
        "read_the_diff": [_named(step) for step in change.unclear],
        "cost": {
            "as_of": change.money.as_of,
            "why_not": change.money.why_not,
            "by_component": {
                str(component): {"before_usd": before, "after_usd": after}
                for component, (before, after) in change.money.rows.items()
            },
        },
        "policy": {
            "pack": change.seen.rules,
            "rulings": [ruling.model_dump() for ruling in change.seen.rulings],
        },
        "unknown_until_apply": [{**_named(step), "input": path} for step, path in change.unknown],
        "changes": [step.model_dump(mode="json") for step in change.ours],
        "waiting": [_named(step) for step in change.waiting],
        "unchanged": change.seen.unchanged,
    }


def _named(step: Step) -> dict[str, str]:
    return {"kind": str(step.kind), "type": step.type, "name": step.name, "urn": step.urn}
