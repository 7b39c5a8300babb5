"""``ferry assess``: the verb."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from ferry.assess.packages import write
from ferry.assess.reading import Asked, Step, assessed
from ferry.assess.showing import as_data, show

EXAMPLES = """
Examples:

  ferry assess --code notebooks/ --code jobs/ --crontab crontab.txt

  kubectl get cronjobs -A -o json > cronjobs.json; ferry assess --code jobs/ --cronjobs cronjobs.json

  ferry assess --sagemaker us-east-1 --teams 6 --write .     packages and settings' lines to review
"""


def assess(  # noqa: PLR0917 - Typer calls it by name
    code: Annotated[
        list[Path] | None, typer.Option(help="A directory of scripts and notebooks; may be repeated.")
    ] = None,
    crontab: Annotated[
        list[Path] | None, typer.Option(help="What `crontab -l` prints, or a file of cron.d.")
    ] = None,
    cronjobs: Annotated[
        list[Path] | None, typer.Option(help="CronJobs of Kubernetes as JSON or YAML.")
    ] = None,
    sagemaker: Annotated[
        list[str] | None, typer.Option(help="A region whose SageMaker is read, with your AWS credentials.")
    ] = None,
    teams: Annotated[int, typer.Option(min=1, help="Teams that move workloads at the same time.")] = 4,
    write_to: Annotated[
        Path | None, typer.Option("--write", help="Directory for packages and settings' lines to review.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Find what runs today, score it, and propose pattern, effort, wave and calendar.

    Nothing is run or changed: code is parsed, SageMaker is listed. What cannot be read is reported and
    skipped. Secrets are reported by place and kind, never by what they are.
    """
    asked = Asked(tuple(code or ()), tuple(crontab or ()), tuple(cronjobs or ()), tuple(sagemaker or ()))
    missing = [str(path) for path in (*asked.code, *asked.crontabs, *asked.cronjobs) if not path.exists()]
    if missing or not any((asked.code, asked.crontabs, asked.cronjobs, asked.regions)):
        fact = f"{', '.join(missing)} is not there" if missing else "Nothing was named that could be read"
        typer.echo(f"{fact}, so nothing was assessed. For example: ferry assess --code notebooks/", err=True)
        raise typer.Exit(2)
    with _bar(hidden=as_json) as progress:
        found = assessed(asked, teams, progress)
    written = write(found, write_to) if write_to else []
    if as_json:
        typer.echo(json.dumps(as_data(found, written), indent=2))
    else:
        show(Console(), found, written)


assess.__doc__ = f"{assess.__doc__}\n{EXAMPLES}"


@contextmanager
def _bar(*, hidden: bool) -> Iterator[Step]:
    """A bar on standard error, which goes when all is read."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=hidden) as bar:
        tasks: list[TaskID] = []

        def step(what: str, total: int | None) -> None:
            if total is None:
                bar.advance(tasks[-1])
            else:
                tasks.append(bar.add_task(f"reading {what}", total=total or None))

        yield step
