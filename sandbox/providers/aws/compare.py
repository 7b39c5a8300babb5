"""When two values are the same to AWS: order of sets, policies that say the same, numbers and text."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from sandbox.providers.codec import UNKNOWN, Value, has_unknown

_EMPTY: tuple[Value, ...] = (None, False, "", [], {})


def same(old: Value, new: Value) -> bool:
    """Whether a change from one to the other means nothing to the service. UNKNOWN is never the same."""
    if has_unknown(old) or has_unknown(new):
        return False
    if old == new or (_empty(old) and _empty(new)):
        return True
    if isinstance(old, dict) and isinstance(new, dict):
        return all(same(old.get(key), new.get(key)) for key in {*old, *new})
    if isinstance(old, list) and isinstance(new, list):
        return _same_list(old, new)
    return isinstance(old, str) and isinstance(new, str) and _same_text(old, new)


def agrees(given: Value, live: Value) -> bool:
    """Whether a live value says what was given; it may say more, such as defaults that AWS filled in."""
    if isinstance(given, dict) and isinstance(live, dict):
        return all(agrees(item, live.get(key)) for key, item in given.items())
    if isinstance(given, list) and isinstance(live, list) and len(given) == len(live):
        return same(given, live) or _pair(given, live) is not None
    return same(given, live)


def merged(given: Value, live: Value) -> Value:
    """A given value completed by what the live one, which agrees with it, knows more."""
    if isinstance(given, dict) and isinstance(live, dict):
        return {**live, **{key: merged(item, live.get(key)) for key, item in given.items()}}
    if isinstance(given, list) and isinstance(live, list):
        pairs = _pair(given, live)
        return given if pairs is None else [merged(item, other) for item, other in pairs]
    return given


def _pair(given: list[Value], live: list[Value]) -> list[tuple[Value, Value]] | None:
    """Each given item with the live one that agrees with it, or None when some item has none."""
    rest, pairs = list(live), []
    for item in given:
        index = next((i for i, other in enumerate(rest) if agrees(item, other)), None)
        if index is None:
            return None
        pairs.append((item, rest.pop(index)))
    return pairs


def _empty(value: Value) -> bool:
    return any(value is empty or (type(value) is type(empty) and value == empty) for empty in _EMPTY)


def _same_text(old: str, new: str) -> bool:
    if old[:1] not in "[{" or new[:1] not in "[{" or not old or not new:
        return False
    try:
        return bool(_normal(old) == _normal(new))
    except ValueError:
        return False


def _same_list(old: list[Value], new: list[Value]) -> bool:
    """As sets: nearly every list of the provider is one, and the rest hold the same items."""
    if len(old) != len(new):
        return False
    rest = list(new)
    for item in old:
        index = next((i for i, other in enumerate(rest) if same(item, other)), None)
        if index is None:
            return False
        del rest[index]
    return True


@functools.lru_cache(maxsize=512)
def _normal(document: str) -> Any:
    return normal_document(json.loads(document))


def normal_document(node: Any) -> Any:
    """A policy document with single-item lists unwrapped and strings sorted, as AWS compares them."""
    match node:
        case Mapping():
            return {key: normal_document(item) for key, item in node.items()}
        case list() if len(node) == 1:
            return normal_document(node[0])
        case list():
            items = [normal_document(item) for item in node]
            return sorted(items) if all(isinstance(item, str) for item in items) else items
        case bool():
            return str(node).lower()
    return node


def known(value: Value) -> bool:
    """Whether a single value is there and known."""
    return value is not None and value is not UNKNOWN
