"""``ferry cost``: an environment's month, row by row, before anything is applied."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from ferry.cost.advice import advice
from ferry.cost.plan import PLAN, rows, saving
from ferry.cost.queries import KEPT
from ferry.cost.refreshing import API_REGION, RefreshError, refreshed, write
from ferry.cost.waste import waste
from ferry.report.model import Report
from policy.cost.estimating import estimate
from policy.cost.model import Estimate
from policy.cost.prices import TABLE, PriceError, table
from policy.model import Resource
from sandbox.rendering import run
from stacks import program
from stacks.settings import Environment, Settings, SettingsError, load_file

DEV = Environment.DEV
EXAMPLES = """
Examples:

  ferry cost --env prod                                   a month of production

  ferry cost --env prod --json                            the same for programs

  ferry cost --env dev --report reports/dev/report.json   also what its GPU nodes wasted

  ferry cost --refresh                                    read the prices anew from AWS

  ferry cost --settings docs/cost/small-production/Pulumi.prod.yaml --plan   beside the plan's figures
"""


class UnreadableError(Exception):
    """A report is not what it should be; the message says which and what to do."""


def cost(  # noqa: PLR0917 - an option each; Typer calls it by name
    env: Annotated[Environment, typer.Option(help="The environment whose stack file is read.")] = DEV,
    settings: Annotated[
        Path | None, typer.Option(help="Another stack file, named Pulumi.<env>.yaml.")
    ] = None,
    plan: Annotated[bool, typer.Option(help="Show the migration plan's figure beside each row.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="A rehearsal's report.json: what its GPU nodes wasted.")
    ] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Read the prices anew; needs an account.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """What an environment costs a month, from its own resources and a dated table of prices.

    Autoscaling makes ranges: "at least" is with every pool of nodes empty, "at most" with every pool at its
    limit. Exit code 1 where the most is over the budget, 2 where the settings or a price are missing. With
    --refresh the table of prices is written anew, whole or not at all, and nothing is estimated.
    """
    console = Console()
    if refresh:
        refresh_prices(as_json=as_json)
        return
    try:
        found = load_file(settings or Path(f"Pulumi.{env}.yaml"))
        with console.status("rendering the environment"):
            resources = rendered(found)
        result = estimate(resources, found.region)
        hints = advice(resources, found.region)
        idle = waste(read_report(report), found.region) if report else None
    except (SettingsError, PriceError, UnreadableError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    hints += [idle.sentence()] if idle else []
    if as_json:
        data = as_data(found, result, hints)
        typer.echo(json.dumps({**data, "gpu": dataclasses.asdict(idle) if idle else None}, indent=2))
    else:
        show(console, found, result, hints, plan=plan)
    if over_budget(found, result):
        raise typer.Exit(1)


cost.__doc__ = f"{cost.__doc__}\n{EXAMPLES}"


def read_report(path: Path) -> Report:
    """A rehearsal's report.

    Raises:
        UnreadableError: it cannot be read, or is of another version.
    """
    try:
        return Report.model_validate_json(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableError(
            f"{path} is no report of this version of Ferry ({type(error).__name__}), so nothing was "
            "estimated. `make rehearse` makes one."
        ) from None


def refresh_prices(*, as_json: bool) -> None:
    """Read every price anew and write the table; exit code 1 where AWS did not give all of them."""
    console = Console(stderr=True)
    try:
        client = boto3.client("pricing", region_name=API_REGION)
        with console.status("asking AWS for prices") as status:
            new, changes = refreshed(table(), client, datetime.now(UTC).date(), status.update)
        write(TABLE, new)
    except (RefreshError, BotoCoreError, ClientError) as error:
        typer.echo(f"{error}\nThe table is as it was: of {table().as_of}.", err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(item) for item in changes], indent=2))
        return
    for item in changes:
        typer.echo(f"{item.region} {'.'.join(item.place)}: {item.before:g} -> {item.after:g}")
    kept = f"; kept as they were: {', '.join(sorted(KEPT))}"
    typer.echo(
        f"{len(changes)} prices are different. {TABLE} is of {new.as_of} now{kept}. Review and commit it."
    )


def rendered(settings: Settings) -> list[Resource]:
    """Every resource that the program registers for these settings, without an engine or an account."""
    made = run(lambda: program.build(settings), stack=settings.environment)
    return [Resource(item.type, item.name, item.inputs, item.urn, item.protect) for item in made.resources]


def over_budget(settings: Settings, found: Estimate) -> bool:
    """Whether a month could cost more than somebody agreed to."""
    budget = settings.cost.budget_usd
    return budget is not None and found.high > budget


def as_data(settings: Settings, found: Estimate, hints: list[str]) -> dict[str, Any]:
    """The estimate for programs; USD a month."""
    legacy = settings.cost.legacy_usd
    return {
        "environment": str(settings.environment),
        "region": settings.region,
        "prices_as_of": found.as_of.isoformat(),
        "low_usd": round(found.low, 2),
        "high_usd": round(found.high, 2),
        "budget_usd": settings.cost.budget_usd,
        "over_budget": over_budget(settings, found),
        "saving": [round(part, 3) for part in saving(found, legacy)] if legacy else None,
        "by_component": {
            str(row.component): {
                "low_usd": round(row.low, 2),
                "high_usd": round(row.high, 2),
                "plan_usd": row.planned,
            }
            for row in rows(found)
        },
        "lines": [
            {**dataclasses.asdict(line), "low": round(line.low, 2), "high": round(line.high, 2)}
            for line in found.lines
        ],
        "assumed": dataclasses.asdict(found.usage),
        "unpriced": list(found.unpriced),
        "advice": hints,
    }


def show(console: Console, settings: Settings, found: Estimate, hints: list[str], *, plan: bool) -> None:
    """The estimate for a person."""
    title = f"A month of ferry-{settings.environment} in {settings.region} (USD, prices of {found.as_of})"
    sheet = Table(title=title, title_justify="left")
    sheet.add_column("for")
    for heading in ("at least", "at most", *(["plan"] if plan else [])):
        sheet.add_column(heading, justify="right")
    if plan:
        sheet.add_column("remark")
    for row in rows(found):
        planned = f"{row.planned:,.0f}" if row.planned is not None else "-"
        more = [planned, row.remark] if plan else []
        if plan or row.high:
            sheet.add_row(str(row.component), f"{row.low:,.0f}", f"{row.high:,.0f}", *more)
    total = [f"{sum(PLAN.values()):,.0f}", ""] if plan else []
    sheet.add_section()
    sheet.add_row("together", f"{found.low:,.0f}", f"{found.high:,.0f}", *total)
    console.print(sheet)
    for sentence in said(settings, found):
        console.print(sentence)
    for hint in hints:
        console.print(f"- {hint}.")


def said(settings: Settings, found: Estimate) -> list[str]:
    """What has to be known beside the figures."""
    usage = found.usage
    sentences = [
        f"Assumed: {usage.stored_gb:g} GB stored, {usage.images_gb:g} GB of images, {usage.logs_gb:g} GB of "
        f"logs, {usage.nat_gb:g} GB through NAT, {usage.data_events:,.0f} data events. "
        "No tax, no discount, no free tier."
    ]
    if found.unpriced:
        sentences.append(f"Not priced, so the sum is too low: {', '.join(found.unpriced)}.")
    if over_budget(settings, found):
        sentences.append(
            f"[red]Over budget[/]: up to ${found.high:,.0f}, and ferry:cost.budget_usd is "
            f"${settings.cost.budget_usd:,}. The preview will refuse it; lower the pools' limits, or raise "
            "the budget in a reviewed change."
        )
    elif settings.cost.budget_usd is not None:
        sentences.append(f"Within the budget of ${settings.cost.budget_usd:,}.")
    if settings.cost.legacy_usd:
        least, most = saving(found, settings.cost.legacy_usd)
        sentences.append(
            f"Against the old estate's ${settings.cost.legacy_usd:,}: {least:.0%} to {most:.0%} saved; "
            "the goal is 50%."
        )
    return sentences
