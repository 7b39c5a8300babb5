"""``ferry charts lock | verify | fetch``."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from ferry.charts.publishers import Found, PublisherError, ask
from ferry.charts.writing import contradicts, written
from infra.charts.lock import FETCHED, LOCK, Chart, LockError, read

SECONDS = 60.0
"""How long a publisher may take for one answer; the largest archive is under a megabyte."""

app = typer.Typer(help="The charts that Ferry installs: lock them, compare them, fetch them.")

Names = Annotated[list[str] | None, typer.Argument(help="Charts; default all that the verb is for.")]
AsJson = Annotated[bool, typer.Option("--json", help="Report as JSON.")]
LockFile = Annotated[Path, typer.Option("--lock-file", help="Another lock than the committed one.")]


@dataclass(frozen=True)
class Line:
    """What was done with one chart; ``trouble`` is empty where all is well."""

    chart: str
    version: str
    done: str
    trouble: str = ""


@app.command()
def lock(names: Names = None, as_json: AsJson = False, lock_file: LockFile = LOCK) -> None:
    """Ask the publishers, and write the digests of what is not pinned yet.

    What is pinned is compared and never changed: a chart that changed under its version is refused.
    """
    _report(_each(names, lock_file, lambda chart, found: _write(lock_file, chart, found), _unpinned), as_json)


@app.command()
def verify(names: Names = None, as_json: AsJson = False, lock_file: LockFile = LOCK) -> None:
    """Compare the lock with what the publishers have now; changes nothing."""
    _report(_each(names, lock_file, lambda _chart, _found: "as locked", _pinned), as_json)


@app.command()
def fetch(names: Names = None, as_json: AsJson = False, lock_file: LockFile = LOCK) -> None:
    """Bring the archives that Helm would not compare: pinned charts of HTTPS repositories, into .charts/."""
    _report(
        _each(names, lock_file, _store, lambda chart: not chart.oci and chart.archive is not None), as_json
    )


def _unpinned(chart: Chart) -> bool:
    return chart.pin is None


def _pinned(chart: Chart) -> bool:
    return chart.pin is not None


def _each(
    names: Sequence[str] | None,
    path: Path,
    do: Callable[[Chart, Found], str],
    suits: Callable[[Chart], bool],
) -> list[Line]:
    """Ask for each chart, compare, do; one that fails does not hold up the others."""
    try:
        charts = _chosen(names, path, suits)
    except LockError as error:
        Console(stderr=True).print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    with httpx.Client(timeout=SECONDS, follow_redirects=True) as http:
        asked = track(charts, "Asking the publishers", console=Console(stderr=True), transient=True)
        return [_one(chart, http, do) for chart in asked]


def _chosen(names: Sequence[str] | None, path: Path, suits: Callable[[Chart], bool]) -> list[Chart]:
    held = read(path)
    for name in names or ():
        held.find(name) if not any(chart.name == name for chart in held.charts) else None
    return [chart for chart in held.charts if (chart.name in names if names else suits(chart))]


def _one(chart: Chart, http: httpx.Client, do: Callable[[Chart, Found], str]) -> Line:
    try:
        found = ask(chart, http)
    except PublisherError as error:
        return Line(chart.name, chart.version, "nothing", str(error))
    if moved := contradicts(chart, found):
        trouble = f"{moved}, so it was not taken. Ask its publisher why, or take another version."
        return Line(chart.name, chart.version, "nothing", trouble)
    return Line(chart.name, chart.version, do(chart, found))


def _write(path: Path, chart: Chart, found: Found) -> str:
    if chart.pin:
        return "as locked"
    path.write_text(written(path.read_text(), chart, found, datetime.now(UTC).date()))
    return f"locked at {found.digest or found.archive}"


def _store(chart: Chart, found: Found) -> str:
    if found.content is None or chart.archive is None:
        return (
            "needs no archive: Helm pulls it by its digest" if chart.pin else "not pinned yet: lock it first"
        )
    file = Path(FETCHED) / chart.file
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(found.content)
    return str(file)


def _report(lines: Sequence[Line], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([asdict(line) for line in lines], indent=2))
    else:
        table = Table("chart", "version", "done", box=None, header_style="bold")
        for line in lines:
            table.add_row(line.chart, line.version, line.done)
        console = Console()
        console.print(table if lines else "Nothing to do: every chart is as it should be.")
        for line in lines:
            if line.trouble:
                console.print(f"{line.chart}: {line.trouble}", style="red", markup=False, soft_wrap=True)
    if any(line.trouble for line in lines):
        raise typer.Exit(1)
