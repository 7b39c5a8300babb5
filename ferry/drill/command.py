"""`ferry drill`: every traffic and fault figure of a crossing, measured on this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ferry.drill.inside import Options
from ferry.drill.rows import ROWS, RUNS
from sandbox.isolation import run_isolated
from sandbox.toolchain import Tool, Toolchain, ToolchainError

_NEEDED = (Tool.ETCD, Tool.APISERVER, Tool.ENVOY_GATEWAY, Tool.ENVOY)
_REFUSED = 1


def drill(
    *,
    only: Annotated[
        list[str] | None, typer.Option(help=f"A row to run, again for more: {', '.join(ROWS)}.")
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="How often each failure is tried.")] = RUNS,
    report: Annotated[Path, typer.Option(help="Where report.html and report.json go.")] = Path(
        "reports/drill"
    ),
    keep: Annotated[bool, typer.Option("--keep", help="Keep the logs for a look.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print report.json on standard output.")] = False,
) -> None:
    """Cross for real, again and again, with everything that can go wrong, and measure what callers notice.

    A real API server, Envoy Gateway, Envoy, adapters and guard on this machine; no AWS account. The whole
    table takes under an hour on two cores. Exit code 0 if every figure is within its bar, else 1.

    \b
      ferry drill                                the whole table; the report goes to reports/drill
      ferry drill --only detect --only kill      two rows of it
      ferry drill --runs 3                       a first look, in a few minutes
    """
    console = Console(stderr=json)
    rows = tuple(name for name in ROWS if only is None or name in only)
    unknown = sorted(set(only or ()) - set(ROWS))
    if unknown:
        raise typer.BadParameter(f"there is no row {', '.join(unknown)}; known are {', '.join(ROWS)}")
    try:
        Toolchain.locate().ensure(_NEEDED, console=console)
    except ToolchainError as error:
        console.print(str(error), style="red", highlight=False, markup=False)
        raise typer.Exit(_REFUSED) from None
    options = Options(rows=rows, runs=runs, report=report.resolve(), keep=keep)
    code = run_isolated([sys.executable, "-m", "ferry.drill.inside", options.model_dump_json()])
    path = options.report / "report.json"
    if json and path.exists():
        sys.stdout.write(path.read_text())
    raise typer.Exit(code)
