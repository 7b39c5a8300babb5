"""Stack files as the engine holds them, and a way to spoil one value."""

from __future__ import annotations

import copy
import functools
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
Tree = dict[str, Any]
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def stack_file(environment: str) -> Path:
    return ROOT / f"Pulumi.{environment}.yaml"


def tree_of(environment: str) -> Tree:
    """The file's configuration without the namespace; yours to change."""
    return copy.deepcopy(_read(environment))


@functools.cache
def _read(environment: str) -> Tree:
    config = yaml.load(stack_file(environment).read_text(), Loader=yaml.CSafeLoader)["config"]
    return {key.removeprefix("ferry:"): value for key, value in config.items()}


def steps(path: str) -> list[str | int]:
    return [name or int(index) for name, index in _STEP.findall(path)]


def spoiled(tree: Tree, changes: dict[str, Any]) -> Tree:
    """A copy with other values at the paths; ``...`` removes."""
    result = copy.deepcopy(tree)
    for path, value in changes.items():
        *way, last = steps(path)
        place: Any = result
        for step in way:
            place = place[step]
        if value is ...:
            del place[last]
        elif isinstance(place, list) and last == len(place):
            place.append(value)
        else:
            place[last] = value
    return result


def as_engine(tree: Tree) -> dict[str, str]:
    """As the engine hands it to the program: full keys, objects as JSON, scalars as text."""
    return {
        f"ferry:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in tree.items()
    }


@pytest.fixture(params=["dev", "staging", "prod"])
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)
