"""Inside a rehearsal's world: `python -m ferry.rehearsal.inside OPTIONS`, started by `ferry rehearse`."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from ferry.rehearsal.driver import Rehearsal
from ferry.rehearsal.options import Options
from ferry.rehearsal.show import Show
from ferry.report import write
from ferry.report.model import Report
from sandbox.world import World, WorldError
from stacks import garbage
from stacks.settings import load_file


def main(argument: str) -> int:
    """Runs the acts, writes the report, and says the verdict: 0 all held, 1 something did not."""
    garbage.seldom()
    options = Options.model_validate_json(argument)
    console = Console(stderr=True)
    settings = load_file(options.stack_file)
    try:
        with World.open(settings, keep=options.keep) as world, Show(console).live() as show:
            rehearsal = Rehearsal(options, settings, world, show)
            report = rehearsal.preview() if options.preview_only else rehearsal.run()
    except WorldError as error:
        console.print(str(error), style="red", highlight=False, markup=False)
        return 1
    if options.preview_only:
        return 1 if report.failure else 0
    write(report, options.report)
    verdict(console, options.report, report)
    return 0 if report.ok else 1


def verdict(console: Console, directory: Path, report: Report) -> None:
    """What a person wants to know at the end, in a few lines."""
    if report.failure:
        console.print(f"\n✘ stopped early: {report.failure}", style="red", highlight=False, markup=False)
    held = len(report.checks) - len(report.failed)
    console.print(f"\n{held} of {len(report.checks)} checks held, {len(report.leaks)} leaks", highlight=False)
    for check in report.failed:
        console.print(
            f"✘ {check.requirement} {check.scenario}: {check.value} {check.unit}, bar {check.bar}",
            style="red",
            highlight=False,
            markup=False,
        )
        for line in check.detail[:10]:
            console.print(f"    {line}", style="red", highlight=False, markup=False)
    for leak in report.leaks:
        console.print(f"✘ left behind: {leak}", style="red", highlight=False, markup=False)
    console.print(f"report: {directory / 'report.html'}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
