"""The verbs that run in the cluster, as the project's image offers them: ``ferry`` there is this module.

The whole command also rehearses, and imports an emulated AWS for it. An image that answers payments has no
use for that, so it holds only what ``pyproject.toml`` names as the program's own dependencies.
"""

from __future__ import annotations

import typer

from ferry.adapter.command import app as adapter
from ferry.database.command import database
from ferry.drift import drift
from ferry.guard.command import guard, watchdog
from ferry.runs.command import run

app = typer.Typer(name="ferry", no_args_is_help=True, pretty_exceptions_show_locals=False)
app.add_typer(adapter, name="adapter", no_args_is_help=True)
for verb in (guard, watchdog, drift, database, run):
    app.command()(verb)

if __name__ == "__main__":
    app()
