"""``make faults``: the provider calls of a whole environment, one broken at a time, in four modes.

``python -m tests.ferry.reconcile --env dev --sample 60 --minutes 60 --report faults.jsonl``. Each case is one
fault in a create, an update or a destroy; after it one reconcile and one `up` have to bring the clean state
back. The report has a line for each case, and a second run goes on after the last one.
"""

from __future__ import annotations

import dataclasses
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn

from stacks.settings import Environment
from tests.ferry.reconcile.environment import Case, Ground, Outcome, ground
from tests.ferry.reconcile.faults import Mode, Verb

ALL = 0
"""Sample size that means every call."""
_MINUTE = 60


def chosen(calls: dict[Verb, int], sample: int, seed: int) -> list[Case]:
    """Which cases: every call in every mode, or so many of them, spread evenly over verbs and modes.

    Args:
        calls: of a clean run, by verb.
        sample: how many; 0 for all.
        seed: of the choice, so that a run can be repeated.
    """
    every = [[Case(verb, mode, at) for at in range(1, calls[verb] + 1)] for verb in Verb for mode in Mode]
    if sample == ALL:
        return [case for cases in every for case in cases]
    choice = random.Random(seed)  # noqa: S311 - a sample, not a secret
    for cases in every:
        choice.shuffle(cases)
    rounds = zip(*every, strict=False)
    return [case for turn in rounds for case in turn][:sample]


def sweep(
    found: Ground, cases: Sequence[Case], report: Path, minutes: float, console: Console
) -> tuple[list[Outcome], int]:
    """Outcomes of the cases for which there was time, and how many were done before."""
    known = _known(report)
    left = [case for case in cases if case not in known]
    ends = time.monotonic() + minutes * _MINUTE
    outcomes: list[Outcome] = []
    with (
        Progress(*Progress.get_default_columns(), TimeElapsedColumn(), console=console) as progress,
        report.open("a") as lines,
    ):
        task = progress.add_task("faults", total=len(left))
        for case in left:
            if time.monotonic() > ends:
                break
            outcome = found.run(case)
            outcomes.append(outcome)
            lines.write(json.dumps(dataclasses.asdict(outcome)) + "\n")
            lines.flush()
            for sentence in outcome.wrong:
                progress.console.print(f"{case.verb} {case.at}, {case.mode}: {sentence}", markup=False)
            progress.advance(task)
    return outcomes, len(cases) - len(left)


def _known(report: Path) -> set[Case]:
    if not report.exists():
        return set()
    found = [json.loads(line)["case"] for line in report.read_text().splitlines()]
    return {Case(Verb(item["verb"]), Mode(item["mode"]), item["at"]) for item in found}


def main(
    env: Annotated[Environment, typer.Option(help="The environment.")] = Environment.DEV,
    sample: Annotated[int, typer.Option(help="How many cases; 0 for every call in every mode.")] = 60,
    minutes: Annotated[float, typer.Option(help="After so many no further case begins.")] = 120,
    seed: Annotated[int, typer.Option(help="Of the choice.")] = 1,
    report: Annotated[Path, typer.Option(help="A line for each case.")] = Path("reports/faults.jsonl"),
) -> None:
    """Break provider calls of an environment, one at a time; exit code 1 where one leaves anything behind."""
    console = Console(stderr=True)
    report.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, ground(str(env), Path(home)) as found:
        with console.status("a clean up"):
            found.measure()
        console.print(
            f"Calls of a clean run: {', '.join(f'{n} {verb}s' for verb, n in found.calls.items())}."
        )
        cases = chosen(found.calls, sample, seed)
        outcomes, before = sweep(found, cases, report, minutes, console)
    wrong = [outcome for outcome in outcomes if outcome.wrong]
    tried = Counter((str(outcome.case.verb), str(outcome.case.mode)) for outcome in outcomes)
    for (verb, mode), number in sorted(tried.items()):
        console.print(f"{verb}, {mode}: {number}")
    left = len(cases) - before - len(outcomes)
    adopted = sum(outcome.adopted for outcome in outcomes)
    console.print(
        f"{len(outcomes)} faults ({before} were done before, {left} are left), {adopted} resources adopted, "
        f"{len(wrong)} not as in a clean run."
    )
    if wrong:
        sys.exit(1)


if __name__ == "__main__":
    typer.run(main)
