"""The `ferry` command: its verbs by name, each read only when it is asked for.

Together they bring a statistics library, two cloud SDKs and a web server; one verb needs a few of them.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

VERBS = {
    "rehearse": "ferry.rehearsal.command",
    "drill": "ferry.drill.command",
    "bootstrap": "ferry.bootstrap",
    "assess": "ferry.assess",
    "doctor": "ferry.doctor.command",
    "reconcile": "ferry.reconcile",
    "status": "ferry.status",
    "charts": "ferry.charts",
    "images": "ferry.images",
    "cost": "ferry.cost",
    "gate": "ferry.gates.command",
    "preview": "ferry.preview",
    "availability": "ferry.availability",
    "drift": "ferry.drift",
    "adapter": "ferry.adapter.command",
    "guard": "ferry.guard.command",
    "watchdog": "ferry.guard.command",
    "rollback": "ferry.guard.command",
}
"""Verb → the module that has a function of its name, or an ``app`` of further verbs."""


class _Verbs(MutableMapping[str, Any]):
    """The commands by name; a command's module is read at its first use."""

    def __init__(self) -> None:
        self._read: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._read:
            self._read[name] = _command(name, import_module(VERBS[name]))
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(VERBS)

    def __len__(self) -> int:
        return len(VERBS)

    def __setitem__(self, name: str, command: Any) -> None:
        self._read[name] = command

    def __delitem__(self, name: str) -> None:
        raise TypeError(f"{name} is a verb of ferry's and stays one")


def _command(name: str, module: Any) -> Any:
    """Of a function, or of an app of further verbs."""
    if isinstance(further := getattr(module, "app", None), typer.Typer):
        further.info.name, further.info.no_args_is_help = name, True
        return typer.main.get_group(further)
    alone = typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)
    alone.command(name)(getattr(module, name))
    return typer.main.get_command(alone)


class _Ferry(TyperGroup):
    """The group of all verbs."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = _Verbs()


app = typer.Typer(
    name="ferry",
    cls=_Ferry,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # locals may hold credentials
)


@app.callback(
    help="Carry machine-learning workloads to one platform on AWS, rehearsed on this machine first."
)
def _ferry() -> None:
    """A group needs one."""
