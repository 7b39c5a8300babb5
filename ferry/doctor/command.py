"""``ferry doctor``: finds what will fail before it fails, on this machine and in an environment's account."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ferry.doctor import account, machine
from ferry.doctor.findings import Finding, Status
from stacks.settings import Environment, SettingsError, load_file


def doctor(
    env: Annotated[
        Environment | None, typer.Option(help="Also look whether its account is ready for an `up`.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Report as JSON.")] = False,
) -> None:
    """Look whether this machine has what a rehearsal needs, and say what to do where it has not.

    With --env also whether credentials, quotas, machines, add-on versions and the cluster's endpoint are
    ready for an `up` of that environment. Exit code 1 if it would fail. Nothing is changed.

    \b
      ferry doctor           a table
      ferry doctor --env prod    the account too
      ferry doctor --json    the same for a script
    """
    findings = machine.judge(machine.look(Path.cwd()))
    if env is not None:
        findings += _account(env)
    failed = any(finding.status is Status.FAIL for finding in findings)
    if as_json:
        typer.echo(json.dumps({"fit": not failed, "findings": [asdict(item) for item in findings]}, indent=2))
    else:
        _show(findings)
    if failed:
        raise typer.Exit(1)


def _account(environment: Environment) -> list[Finding]:
    """What the account says; nothing where the settings, named above, cannot be read."""
    try:
        settings = load_file(Path(f"Pulumi.{environment}.yaml"))
    except SettingsError:
        return []
    with Console(stderr=True).status(f"asking the account of {environment}"):
        return account.judge(settings, account.look(settings))


def _show(findings: Sequence[Finding]) -> None:
    colours = {Status.OK: "green", Status.NOTE: "yellow", Status.FAIL: "red"}
    table = Table("what", "", "found", "way out")
    for item in findings:
        colour = colours[item.status]
        table.add_row(item.name, f"[{colour}]{item.status}[/]", item.found, item.way_out)
    Console().print(table)
