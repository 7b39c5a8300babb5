"""`ferry rehearse`: what happens outside the world — settings, tools, a world of its own, the verdict."""

from __future__ import annotations

import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ferry.rehearsal.options import OptionError, Options, parse_providers
from sandbox.isolation import run_isolated
from sandbox.toolchain import REHEARSAL, Tool, Toolchain, ToolchainError
from stacks.settings import SettingsError, load_file

_EXAMPLES = """
Rehearse one environment on this machine: preview, up, checks, destroy, leak check, report.

\b
Examples:
  ferry rehearse                  dev; the report goes to reports/dev
  ferry rehearse --env prod       production; first proves that a destroy is refused
  ferry rehearse --json           the report on standard output
  ferry rehearse --providers kubernetes=real
                                  an installed official plugin instead
  ferry rehearse --no-floor       without what speed is judged by: sooner done
"""

REFUSED = 1
WRONG_USE = 2


def rehearse(
    *,
    environment: Annotated[
        str, typer.Option("--env", help="Environment: the middle of Pulumi.<env>.yaml.")
    ] = "dev",
    report: Annotated[Path | None, typer.Option(help="Where report.html and report.json go.")] = None,
    providers: Annotated[str, typer.Option(help="Packages to take as official plugins, e.g. aws=real.")] = "",
    project: Annotated[Path, typer.Option(help="The checkout to rehearse.")] = Path(),
    keep: Annotated[bool, typer.Option("--keep", help="Keep the state directory for a look.")] = False,
    floor: Annotated[bool, typer.Option(help="Measure against providers that do nothing.")] = True,
    json: Annotated[bool, typer.Option("--json", help="Print report.json on standard output.")] = False,
) -> None:
    """Docstring set below: the examples are part of the help."""
    console = Console(stderr=json)
    options = _options(console, project, environment, report, providers, keep=keep, floor=floor)
    code = _rehearse(options, console)
    path = options.report / "report.json"
    if json and path.exists():
        sys.stdout.write(path.read_text())
    raise typer.Exit(code)


rehearse.__doc__ = _EXAMPLES


def _options(
    console: Console,
    project: Path,
    environment: str,
    report: Path | None,
    providers: str,
    *,
    keep: bool,
    floor: bool,
) -> Options:
    project = project.resolve()
    try:
        options = Options(
            project=project,
            environment=environment,
            report=(report or project / "reports" / environment).resolve(),
            providers=parse_providers(providers),
            keep=keep,
            floor=floor,
        )
    except OptionError as error:
        _refuse(console, str(error), WRONG_USE)
    if not options.stack_file.exists():
        found = ", ".join(sorted(path.name.split(".")[1] for path in project.glob("Pulumi.*.yaml"))) or "none"
        _refuse(
            console,
            f"--env: there is no {options.stack_file.name} in {project}, so nothing was started. "
            f"Environments found: {found}.",
            WRONG_USE,
        )
    return options


def _rehearse(options: Options, console: Console) -> int:
    try:
        load_file(options.stack_file)  # a wrong setting is refused before anything is built or started
        build_seconds = _tools(options, console)
    except (SettingsError, ToolchainError) as error:
        _refuse(console, str(error), REFUSED)
    return _inside(options.model_copy(update={"build_seconds": build_seconds}))


def _tools(options: Options, console: Console) -> float:
    """Builds what is missing; the first preview appears while all but the engine still builds."""
    toolchain = Toolchain.locate()
    missing = toolchain.missing(REHEARSAL)
    if not missing:
        return 0.0
    began = time.monotonic()
    toolchain.ensure([Tool.PULUMI], console=console)
    with ThreadPoolExecutor(max_workers=1) as pool:
        preview: Future[int] = pool.submit(_inside, options.model_copy(update={"preview_only": True}))
        toolchain.ensure(missing, console=console)
        preview.result()
    return time.monotonic() - began


def _inside(options: Options) -> int:
    """The same options in a world of its own, where only loopback exists."""
    return run_isolated([sys.executable, "-m", "ferry.rehearsal.inside", options.model_dump_json()])


def _refuse(console: Console, message: str, code: int) -> None:
    console.print(message, style="red", highlight=False, markup=False)
    raise typer.Exit(code)
