"""``ferry cost``: an environment's month, row by row, before anything is applied."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from ferry.cost.advice import advice
from ferry.cost.plan import PLAN, rows, saving
from policy.cost.estimating import estimate
from policy.cost.model import Estimate
from policy.cost.prices import PriceError
from policy.model import Resource
from sandbox.rendering import run
from stacks import program
from stacks.settings import Environment, Settings, SettingsError, load_file

DEV = Environment.DEV
EXAMPLES = """
Examples:

  ferry cost --env prod                                   a month of production

  ferry cost --env prod --json                            the same for programs

  ferry cost --settings docs/cost/small-production/Pulumi.prod.yaml --plan   beside the plan's figures
"""


def cost(
    env: Annotated[Environment, typer.Option(help="The environment whose stack file is read.")] = DEV,
    settings: Annotated[
        Path | None, typer.Option(help="Another stack file, named Pulumi.<env>.yaml.")
    ] = None,
    plan: Annotated[bool, typer.Option(help="Show the migration plan's figure beside each row.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """What an environment costs a month, from its own resources and a dated table of prices.

    Autoscaling makes ranges: "at least" is with every pool of nodes empty, "at most" with every pool at its
    limit. Exit code 1 where the most is over the budget, 2 where the settings or a price are missing.
    """
    console = Console()
    try:
        found = load_file(settings or Path(f"Pulumi.{env}.yaml"))
        with console.status("rendering the environment"):
            resources = rendered(found)
        result = estimate(resources, found.region)
    except (SettingsError, PriceError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    hints = advice(resources, found.region)
    if as_json:
        typer.echo(json.dumps(as_data(found, result, hints), indent=2))
    else:
        show(console, found, result, hints, plan=plan)
    if over_budget(found, result):
        raise typer.Exit(1)


cost.__doc__ = f"{cost.__doc__}\n{EXAMPLES}"


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
