"""Nested settings between the provider's names (``sseAlgorithm``) and the service's (``SSEAlgorithm``)."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.providers.aws.handler import capital, lower_first
from sandbox.providers.codec import Value

Names = Mapping[str, str]


def to_aws(value: Value, names: Names | None = None) -> Value:
    """The service's form: names capitalised or looked up, unset values left out."""
    names = names or {}
    match value:
        case dict():
            return {
                names.get(key, capital(key)): to_aws(item, names)
                for key, item in value.items()
                if item is not None
            }
        case list():
            return [to_aws(item, names) for item in value]
    return value


def from_aws(value: Value, names: Names | None = None) -> Value:
    """The provider's form; ``names`` is the same table as for :func:`to_aws`."""
    return _from(value, {theirs: ours for ours, theirs in (names or {}).items()})


def _from(value: Value, back: Names) -> Value:
    match value:
        case dict():
            return {back.get(key, lower_first(key)): _from(item, back) for key, item in value.items()}
        case list():
            return [_from(item, back) for item in value]
    return value
