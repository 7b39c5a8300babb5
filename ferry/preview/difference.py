"""What differs between a resource's inputs before and after, leaf by leaf. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ferry.preview.seen import UNKNOWN, Step

LATER = "(known after apply)"
_OURS = "__"
"""Providers keep notes to themselves under such keys."""


@dataclass(frozen=True)
class Change:
    """One leaf. ``before`` and ``after`` are text as JSON writes it; None where there is none."""

    path: str
    before: str | None
    after: str | None


def changes(step: Step) -> list[Change]:
    """Every leaf that differs, by path; documents inside of text are compared like the rest."""
    old, new = dict(leaves(step.old or {})), dict(leaves(step.new or {}))
    return [
        Change(path, old.get(path), new.get(path))
        for path in sorted({*old, *new})
        if old.get(path) != new.get(path)
    ]


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Path and text of every leaf."""
    value = _document(value)
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            if not str(key).startswith(_OURS):
                yield from leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    else:
        yield path, LATER if value == UNKNOWN else json.dumps(value, ensure_ascii=False, default=str)


def _document(value: Any) -> Any:
    """An object written as text, as policies are, is read; anything else stays."""
    if isinstance(value, str) and value[:1] in ("{", "[") and len(value) > 2:  # noqa: PLR2004 - not "{}"
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def later(step: Step) -> list[str]:
    """Paths of the new inputs that only the `up` will know."""
    return [path for path, text in leaves(step.new or {}) if text == LATER or UNKNOWN in text]
