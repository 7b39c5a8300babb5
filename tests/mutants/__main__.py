"""``python -m tests.mutants [requirement …]``: exit code 0 if every mutant was killed, else 1."""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from tests.mutants.mutant import Fate, Mutant
from tests.mutants.running import BaselineError, run_all
from tests.mutants.table import MUTANTS

_WIDTH_OF_A_LOG = 160
_STYLES = {Fate.KILLED: "green", Fate.SURVIVED: "bold red", Fate.NOT_APPLICABLE: "bold yellow"}


def main(requirements: list[str]) -> int:
    """Run the mutants of these requirements, all by default, and print what became of them.

    Returns:
        Exit code: 0 all killed, 1 not all, 2 no such requirement.
    """
    console = Console() if sys.stdout.isatty() else Console(width=_WIDTH_OF_A_LOG)
    chosen = [mutant for mutant in MUTANTS if not requirements or mutant.requirement in requirements]
    if not chosen or set(requirements) - {mutant.requirement for mutant in MUTANTS}:
        known = ", ".join(sorted({mutant.requirement for mutant in MUTANTS}))
        console.print(f"No mutant for {', '.join(requirements)}. Requirements with mutants: {known}.")
        return 2
    began = time.monotonic()
    try:
        fates = _run(chosen, console)
    except BaselineError as error:
        console.print(str(error), style="red", highlight=False, markup=False)
        return 1
    _show(fates, console)
    killed = sum(fate is Fate.KILLED for fate in fates.values())
    console.print(f"{killed} of {len(fates)} mutants killed in {time.monotonic() - began:.0f} s")
    return 0 if killed == len(fates) else 1


def _run(mutants: list[Mutant], console: Console) -> dict[Mutant, Fate]:
    columns = (
        TextColumn("mutants"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("first without any mutation", total=len(mutants))

        def told(mutant: Mutant, fate: Fate, said: str) -> None:
            progress.update(task, advance=1, description=mutant.requirement)
            if not console.is_terminal:
                console.print(f"{fate}: {mutant}", highlight=False, markup=False, soft_wrap=True)
            if fate is not Fate.KILLED:
                console.print(f"{fate}: {mutant.killer}\n{said}", highlight=False, markup=False, style="red")

        return run_all(mutants, told)


def _show(fates: dict[Mutant, Fate], console: Console) -> None:
    table = Table("id", "mutation", "must be killed by", "fate", show_lines=True)
    for mutant, fate in sorted(fates.items(), key=lambda item: item[0].requirement):
        change = f"{mutant.file}\n- {mutant.old.strip()}\n+ {mutant.new.strip()}"
        killer = mutant.killer.replace("::", "\n")
        table.add_row(mutant.requirement, Text(change), Text(killer), Text(fate, style=_STYLES[fate]))
    console.print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
