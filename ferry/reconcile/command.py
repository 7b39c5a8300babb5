"""``ferry reconcile``: the verb."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from pulumi import automation as auto
from rich.console import Console

from ferry.reconcile.live import Account
from ferry.reconcile.running import Report
from ferry.reconcile.running import reconcile as run
from stacks.settings import Environment, Settings, SettingsError, load_file

EXAMPLES = """
Examples:

  ferry reconcile --env dev              after an `up` that was killed or lost its connection

  ferry reconcile --env prod --unlock    also break the lock that it left; only if nobody else is at work
"""


def reconcile(
    env: Annotated[Environment, typer.Option(help="The stack.")] = Environment.DEV,
    unlock: Annotated[bool, typer.Option(help="Break the lock that a killed `up` left.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Adopt what an interrupted `up` made and the state does not know.

    Looks for live objects by the tag ferry-urn that every resource carries, and by name where a type has no
    tags. Nothing in AWS is changed; the state is. Afterwards `pulumi up` goes on where it was.
    """
    console = Console(stderr=True)
    try:
        settings = load_file(Path(f"Pulumi.{env}.yaml"))
        with console.status("reading the state") as status:
            stack = auto.select_stack(stack_name=str(env), work_dir=str(Path.cwd()))
            if unlock:
                stack.cancel()
            report = run(stack, lambda: Account(regions(settings)), status.update)
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except (auto.CommandError, BotoCoreError, ClientError) as error:
        typer.echo(refusal(str(error), env), err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(report), indent=2))
    else:
        show(Console(), report)
    if report.doubtful:
        raise typer.Exit(1)


reconcile.__doc__ = f"{reconcile.__doc__}\n{EXAMPLES}"


def regions(settings: Settings) -> list[str]:
    """Where this environment has anything."""
    replica = settings.storage.replica_region
    return [settings.region, *([replica] if replica and replica != settings.region else [])]


def refusal(said: str, env: Environment) -> str:
    """The engine's or AWS's own words, and the way out."""
    if "currently locked" in said:
        return (
            f"The stack {env} is locked, so nothing was changed. If nobody else is at work: "
            f"`ferry reconcile --env {env} --unlock`.\n{said}"
        )
    return (
        f"Nothing was adopted: {said.strip()}\nPut that right and run the command again; it can be repeated."
    )


def show(console: Console, report: Report) -> None:
    """The report for a person."""
    if report.begun:
        console.print(f"Operations that were begun and never seen to end: {report.begun}.")
    for urn, id_ in report.adopted.items():
        console.print(f"- adopted {urn.rsplit('::', 1)[-1]} ({id_})", markup=False, highlight=False)
    for urn in report.foreign:
        name = urn.rsplit("::", 1)[-1]
        console.print(f"- {name}: an object of that name is not ours; rename one of the two", markup=False)
    for sentence in report.doubtful:
        console.print(f"- {sentence}. Delete the one that is empty, and run this again.", markup=False)
    if not (report.adopted or report.foreign or report.doubtful):
        console.print("Nothing was lost.")
    console.print("Now: `pulumi up`.")
