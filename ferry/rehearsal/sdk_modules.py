"""What the program takes from the SDKs, read from its own sources, to be loaded before anything is timed.

The SDKs load a module when it is first used, which takes up to a second each. Whoever measures the program
afterwards, or a floor beside it, must find all of them loaded.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterable, Iterator
from functools import reduce
from pathlib import Path
from types import ModuleType

SDKS = ("pulumi_aws", "pulumi_eks", "pulumi_kubernetes")


def load(rooms: Iterable[ModuleType]) -> None:
    """Load what the modules of these packages name of the SDKs."""
    for room in rooms:
        for file in sorted(Path(room.__path__[0]).rglob("*.py")):
            for sdk, path in sorted(names(file.read_text())):
                _reach(importlib.import_module(sdk), path)


def names(source: str) -> set[tuple[str, str]]:
    """SDK and dotted path of everything that a module takes from an SDK: ``("pulumi_aws", "ec2.Vpc")``."""
    tree = ast.parse(source)
    aliases = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name in SDKS
    }
    found = (_path(node) for node in ast.walk(tree) if aliases and isinstance(node, ast.Attribute))
    return {(aliases[root], ".".join(rest)) for root, *rest in found if root in aliases}


def _path(node: ast.Attribute) -> Iterator[str]:
    """The parts of ``aws.ec2.Vpc``; a chain that begins otherwise has an empty root."""
    if isinstance(node.value, ast.Attribute):
        yield from _path(node.value)
    else:
        yield node.value.id if isinstance(node.value, ast.Name) else ""
    yield node.attr


def _reach(module: object, path: str) -> None:
    """Touch a path as far as it goes; it may end in what only an instance has."""
    reduce(lambda place, name: getattr(place, name, None), path.split("."), module)
