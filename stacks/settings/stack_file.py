"""A stack file read without the engine, and exactly as the engine reads it (YAML 1.2: ``no`` is a word)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from stacks.settings.mistakes import Mistake, SettingsError
from stacks.settings.model import Environment

_SMALLEST = "config:\n  ferry:region: us-east-1"

FILE_KEYS = frozenset({"config", "secretsprovider", "encryptedkey", "encryptionsalt"})


def from_file(path: Path) -> tuple[str, dict[str, str], list[str], list[Mistake]]:
    """Environment, configuration as the engine would hold it, keys with secure values, and mistakes that only
    the file shows.

    Raises:
        SettingsError: the file is not there, is not YAML or holds no configuration.
    """
    environment = _environment(path)
    tree = _parse(path, environment)
    mistakes = [
        Mistake(key, f'"{key}" is not a key of a stack file', _SMALLEST)
        for key in sorted(set(tree) - FILE_KEYS)
    ]
    config = {str(key): _as_engine(value) for key, value in tree["config"].items()}
    secret_keys = [str(key) for key, value in tree["config"].items() if _has_secret(value)]
    return environment, config, secret_keys, mistakes


def _has_secret(value: Any) -> bool:
    """Whether an encrypted value stands anywhere in ``value``."""
    if isinstance(value, dict):
        return set(value) == {"secure"} or any(_has_secret(inner) for inner in value.values())
    return isinstance(value, list) and any(_has_secret(inner) for inner in value)


def _as_engine(value: Any) -> str:
    """Text as the engine gives it to the program: objects as JSON, scalars as written."""
    if isinstance(value, str):
        return value
    return json.dumps(value, default=str)


def _environment(path: Path) -> str:
    found = re.fullmatch(r"Pulumi\.([\w-]+)\.ya?ml", path.name)
    if not found:
        known = ", ".join(f"Pulumi.{name}.yaml" for name in Environment)
        mistake = Mistake(path.name, f"not the name of a stack file ({known})", "Pulumi.dev.yaml")
        raise SettingsError(path.name, [mistake])
    return found[1]


class _AsTheEngine(yaml.CSafeLoader):
    """YAML as the engine's own parser takes it, and no key twice.

    PyYAML alone follows YAML 1.1: it takes ``no`` for false and ``12:30`` for 750, and of a key given twice
    it keeps the last and says nothing.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(self.construct_object(key_node, deep=True))
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f'the key "{key}" is given twice', key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


_PLAIN = {
    "tag:yaml.org,2002:bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "tag:yaml.org,2002:int": (r"[-+]?(0|[1-9][0-9]*)", "-+0123456789"),
    "tag:yaml.org,2002:float": (r"[-+]?[0-9]+\.[0-9]*([eE][-+]?[0-9]+)?", "-+0123456789"),
    "tag:yaml.org,2002:null": (r"~|null|Null|NULL|", "~nN\0"),
}
"""What a plain word may be besides text: tag → form, and the characters that it can begin with."""

_AsTheEngine.yaml_implicit_resolvers = {}
for _tag, (_form, _first) in _PLAIN.items():
    _AsTheEngine.add_implicit_resolver(
        _tag, re.compile(rf"(?:{_form})\Z"), ["" if first == "\0" else first for first in _first]
    )


def _parse(path: Path, environment: str) -> dict[str, Any]:
    try:
        text = path.read_text()
        tree = yaml.load(text, Loader=_AsTheEngine)  # noqa: S506 - a subclass of the safe loader
    except OSError as error:
        mistake = Mistake(path.name, f"cannot be read ({error.strerror})", "ls Pulumi.*.yaml")
        raise SettingsError(environment, [mistake]) from None
    except (yaml.YAMLError, ValueError) as error:
        raise SettingsError(environment, [_not_yaml(path, error)]) from None
    if not isinstance(tree, dict) or not isinstance(tree.get("config"), dict):
        mistake = Mistake(path.name, 'has no mapping "config"', _SMALLEST)
        raise SettingsError(environment, [mistake])
    return tree


def _not_yaml(path: Path, error: Exception) -> Mistake:
    mark = getattr(error, "problem_mark", None)
    where = f"{path.name}:{mark.line + 1}" if mark else path.name
    what = getattr(error, "problem", None) or str(error)
    return Mistake(where, f"not YAML as Ferry reads it: {what}", _SMALLEST)
