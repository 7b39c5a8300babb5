"""``ferry availability``: the arithmetic of an environment, with its sources."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from ferry.availability.arithmetic import FIGURES, SERVICES, Service, down_minutes, on_request, series
from stacks.settings import Settings, SettingsError, load_file

GOAL = 0.999
"""From the level `enterprise` on (requirement E5)."""


def weak(settings: Settings) -> list[str]:
    """Why an environment's links do not have their agreements: each holds for several zones only."""
    found = []
    if settings.redis.mode == "in_cluster" or settings.redis.replicas_per_shard < 1:
        found.append("Redis stands in one zone, where AWS promises nothing for it")
    if not settings.postgres.multi_az:
        found.append("Postgres stands in one zone, where AWS promises less (a request does not need it)")
    if settings.network.nat == "single":
        found.append(
            "one NAT gateway: with its zone every zone loses the way out (a request does not need it)"
        )
    return found


def figures(settings: Settings) -> dict[str, Any]:
    """Everything that is shown, for programs."""
    path, everything = series(on_request()), series(SERVICES)
    return {
        "environment": str(settings.environment),
        "goal": GOAL,
        "request_path": {
            "uptime": path,
            "down_minutes_a_month": down_minutes(path),
            "meets_goal": path >= GOAL,
        },
        "everything_in_series": {
            "uptime": everything,
            "down_minutes_a_month": down_minutes(everything),
            "meets_goal": everything >= GOAL,
        },
        "services": [_row(service) for service in SERVICES],
        "weak": weak(settings),
        "figures": FIGURES,
    }


def _row(service: Service) -> dict[str, Any]:
    return {
        "name": service.name,
        "promised": service.promised,
        "on_request": service.on_request,
        "source": service.source,
    }


def availability(
    env: Annotated[
        str, typer.Option("--env", help="Environment: the stack file Pulumi.<env>.yaml.")
    ] = "prod",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """What AWS promises for an environment: the request path, everything in series, and the sources."""
    try:
        found = figures(load_file(Path(f"Pulumi.{env}.yaml")))
    except SettingsError as error:
        Console(stderr=True).print(str(error), style="red", highlight=False, markup=False)
        raise typer.Exit(1) from None
    console = Console()
    if as_json:
        console.print_json(json.dumps(found))
        return
    _show(console, found)


def _show(console: Console, found: dict[str, Any]) -> None:
    table = Table("service", "promised", "a request needs it", "agreement")
    for row in found["services"]:
        table.add_row(
            row["name"], f"{row['promised']:.2%}", "yes" if row["on_request"] else "no", row["source"]
        )
    console.print(table)
    for what, key in (("a request needs", "request_path"), ("everything in series", "everything_in_series")):
        sums = found[key]
        verdict = "meets" if sums["meets_goal"] else "misses"
        console.print(
            f"{what}: {sums['uptime']:.2%}, {sums['down_minutes_a_month']:.0f} minutes a month; "
            f"{verdict} {found['goal']:.1%}",
            highlight=False,
        )
    for line in found["weak"]:
        console.print(f"but: {line}", highlight=False)
    console.print(found["figures"], style="dim", highlight=False)
