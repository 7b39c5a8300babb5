"""Every key that a model has, at every depth; lists are entered at their first element."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel

Path = tuple[str | int, ...]


def paths(annotation: Any, path: Path = ()) -> Iterator[Path]:
    """Paths of all fields below ``annotation``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            yield (*path, name)
            yield from paths(field.annotation, (*path, name))
    elif get_origin(annotation) is list:
        yield from paths(get_args(annotation)[0], (*path, 0))
