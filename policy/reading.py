"""How rules read a resource's inputs: by path, without minding what is left out. Pure."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

EVERYWHERE = frozenset({"0.0.0.0/0", "::/0"})


def at(value: Any, path: str) -> Any:
    """The value at a dotted path, or None where a step is missing."""
    for step in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def many(value: Any) -> list[Any]:
    """A list of what may be one, several or nothing."""
    if value is None:
        return []
    if isinstance(value, Sequence) and not isinstance(value, str):
        return list(value)
    return [value]


def maps(value: Any) -> list[Mapping[str, Any]]:
    """The objects among what may be one, several or nothing."""
    return [item for item in many(value) if isinstance(item, Mapping)]


def true(value: Any) -> bool:
    """Whether a flag is set; providers' own inputs carry it as text."""
    return value is True or value == "true"


def number(value: Any) -> float:
    """A number, 0 where there is none."""
    return float(value) if isinstance(value, int | float) else 0.0


def document(value: Any) -> Mapping[str, Any]:
    """An IAM document, given as text or as an object."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, Mapping) else {}


def statements(value: Any) -> list[Mapping[str, Any]]:
    """The statements of an IAM document."""
    return maps(document(value).get("Statement"))


def allows(value: Any) -> list[Mapping[str, Any]]:
    """The statements that give something."""
    return [item for item in statements(value) if item.get("Effect") == "Allow"]


def conditions(statement: Mapping[str, Any]) -> Iterator[tuple[str, str, list[Any]]]:
    """Operator, key and values of a statement's conditions."""
    for operator, keys in (statement.get("Condition") or {}).items():
        for key, values in keys.items():
            yield operator, key, many(values)


def label(statement: Mapping[str, Any]) -> str:
    """How a person would find a statement."""
    return str(statement.get("Sid") or "a statement")


def everybody(principal: Any) -> bool:
    """Whether a principal is anybody at all."""
    values = [principal]
    if isinstance(principal, Mapping):
        values = [value for found in principal.values() for value in many(found)]
    return "*" in values


def open_to_the_world(cidr: Any) -> bool:
    """Whether a range of addresses is the whole internet, or a half of it that stands for the whole."""
    if not isinstance(cidr, str):
        return False
    try:
        return ipaddress.ip_network(cidr, strict=False).prefixlen <= 1
    except ValueError:
        return cidr in EVERYWHERE
