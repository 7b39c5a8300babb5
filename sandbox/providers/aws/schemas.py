"""AWS's own resource schemas, as cfn-lint ships them: what a value may be, what is set only at creation.

The schemas name properties as CloudFormation does (``DBInstanceClass``); a handler gives the names that
differ from the provider's (``instanceClass``) by more than case. Names without a counterpart are not judged
here: the SDK's types judge those.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sandbox.providers.codec import Value

_NOT_JUDGED: Final = frozenset({"tags", "tagsall", "region"})
"""Inputs that the provider shapes differently from CloudFormation for every type."""


@dataclass(frozen=True)
class Schema:
    """One CloudFormation resource type."""

    name: str
    document: Mapping[str, Any]

    @property
    def create_only(self) -> frozenset[str]:
        """Top-level properties whose change means a new resource."""
        paths = self.document.get("createOnlyProperties", [])
        return frozenset(path.removeprefix("/properties/") for path in paths if path.count("/") == 2)  # noqa: PLR2004 - "/properties/X"

    @property
    def required(self) -> frozenset[str]:
        """Top-level properties that AWS insists on."""
        return frozenset(self.document.get("required", []))

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """The node that a ``$ref`` points at, or the node itself."""
        reference = node.get("$ref")
        if not isinstance(reference, str):
            return node
        found: Any = self.document
        for part in reference.removeprefix("#/").split("/"):
            found = found.get(part, {})
        return self.resolve(found)


@functools.cache
def _root() -> Path:
    spec = importlib.util.find_spec("cfnlint")
    if spec is None or spec.origin is None:
        raise LookupError("cfn-lint is not installed, so AWS's resource schemas are missing. Run `uv sync`.")
    return Path(spec.origin).parent / "data" / "schemas"


@functools.cache
def _files() -> Mapping[str, str]:
    loaded: dict[str, str] = json.loads((_root() / "providers" / "us-east-1.json").read_text())
    return loaded


@functools.cache
def schema(name: str) -> Schema:
    """The schema of ``AWS::RDS::DBInstance`` (as of us-east-1, where every type exists)."""
    file = _files().get(name)
    if file is None:
        raise LookupError(f"AWS's registry has no resource type {name}")
    return Schema(name, json.loads((_root() / "resources" / f"{file}.json").read_text()))


def counterpart(names: Mapping[str, str], known: Mapping[str, Any], input_name: str) -> str | None:
    """The CloudFormation name of an input: the handler's own map first, then another case."""
    if input_name in names:
        return names[input_name] or None
    return _by_case(tuple(known)).get(input_name.lower())


@functools.cache
def _by_case(known: tuple[str, ...]) -> Mapping[str, str]:
    return {name.lower(): name for name in known}


def problems(
    found: Schema, names: Mapping[str, str], inputs: Mapping[str, Value]
) -> Iterator[tuple[str, str]]:
    """Every input that AWS's schema refuses: its path and a sentence."""
    properties = found.document.get("properties", {})
    for key, value in inputs.items():
        name = None if key.lower() in _NOT_JUDGED else counterpart(names, properties, key)
        if name in properties:
            yield from _judge(found, properties[name], key, value)


def _judge(found: Schema, node: Mapping[str, Any], path: str, value: Value) -> Iterator[tuple[str, str]]:
    node = found.resolve(node)
    match value:
        case None:
            return
        case bool():
            return
        case str():
            yield from ((path, reason) for reason in _text_problems(node, value))
        case int() | float():
            yield from ((path, reason) for reason in _number_problems(node, value))
        case list() if "items" in node:
            yield from _judge_list(found, node, path, value)
        case dict():
            yield from _judge_map(found, node, path, value)
        case _:
            return


def _judge_list(
    found: Schema, node: Mapping[str, Any], path: str, value: list[Value]
) -> Iterator[tuple[str, str]]:
    if len(value) > node.get("maxItems", len(value)):
        yield path, f"holds {len(value)} items; AWS takes at most {node['maxItems']}"
    for index, item in enumerate(value):
        yield from _judge(found, node["items"], f"{path}[{index}]", item)


def _judge_map(
    found: Schema, node: Mapping[str, Any], path: str, value: Mapping[str, Value]
) -> Iterator[tuple[str, str]]:
    properties = node.get("properties", {})
    by_case = _by_case(tuple(properties))
    for key, item in value.items():
        name = by_case.get(key.lower())
        if name is not None:
            yield from _judge(found, properties[name], f"{path}.{key}", item)


def _text_problems(node: Mapping[str, Any], value: str) -> Iterator[str]:
    if node.get("type", "string") != "string":
        return
    allowed = node.get("enum")
    if allowed is not None and value not in allowed:
        yield f'is "{value}"; AWS takes one of {", ".join(map(str, allowed))}'
    if len(value) < node.get("minLength", 0):
        yield f"has {len(value)} characters; AWS takes at least {node['minLength']}"
    if len(value) > node.get("maxLength", len(value)):
        yield f"has {len(value)} characters; AWS takes at most {node['maxLength']}"
    pattern = _compiled(node.get("pattern", ""))
    if pattern is not None and not pattern.search(value):
        yield f'is "{value}"; AWS takes what matches {pattern.pattern}'


def _number_problems(node: Mapping[str, Any], value: float) -> Iterator[str]:
    allowed = node.get("enum")
    if allowed is not None and value not in allowed:
        yield f"is {value}; AWS takes one of {', '.join(map(str, allowed))}"
    if node.get("type") not in ("integer", "number"):
        return
    if value < node.get("minimum", value):
        yield f"is {value}; AWS takes at least {node['minimum']}"
    if value > node.get("maximum", value):
        yield f"is {value}; AWS takes at most {node['maximum']}"


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """None for no pattern and for the few that Python cannot read (``\\p{L}``)."""
    try:
        return re.compile(pattern) if pattern else None
    except re.error:
        return None
