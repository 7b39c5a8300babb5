"""Finding something in what Envoy says that it was told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def mappings(tree: Any, key: str) -> Iterator[Any]:
    """Every value at ``key``, anywhere."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            if name == key:
                yield value
            yield from mappings(value, key)
    elif isinstance(tree, list):
        for value in tree:
            yield from mappings(value, key)
