"""``python -m ferry.guard``: guard, watchdog and rollback, without reading what only other verbs need."""

from __future__ import annotations

import typer

from ferry.guard.command import guard, rollback, watchdog

app = typer.Typer(no_args_is_help=True)
for verb in (guard, watchdog, rollback):
    app.command()(verb)
app()
