"""From the validator's findings to sentences for a person: the key, the fact, a right example."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from infra.specs.domain import MisfitError
from stacks.settings import example
from stacks.settings.example import Path
from stacks.settings.mistakes import Mistake, key_of
from stacks.settings.model import Settings

_WANTED: Mapping[str, str] = {
    "string_type": "text (in quotes where it looks like a number)",
    "int_type": "a whole number, without quotes",
    "float_type": "a number, without quotes",
    "bool_type": "true or false, without quotes",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "none_required": "nothing",
    "int_from_float": "a whole number, without quotes",
    "int_parsing": "a whole number, without quotes",
    "bool_parsing": "true or false, without quotes",
}

_BOUNDS: Mapping[str, tuple[str, str]] = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}


def explain(error: ValidationError) -> list[Mistake]:
    """One mistake for each finding, in the order of the settings."""
    found = error.errors(include_url=False)
    meant = {
        (*details["loc"][:-1], near)
        for details in found
        if details["type"] == "extra_forbidden" and (near := _meant(details["loc"]))
    }
    return [
        _mistake(details) for details in found if details["type"] != "missing" or details["loc"] not in meant
    ]


def _mistake(details: ErrorDetails) -> Mistake:
    path = tuple(step for step in details["loc"] if step != "[key]")
    kind = details["type"]
    if kind == "extra_forbidden":
        return _extra(path)
    if kind == "missing":
        return Mistake(key_of(path), "is missing", example.line(path))
    misfit = details.get("ctx", {}).get("error")
    if isinstance(misfit, MisfitError):
        return Mistake(key_of(path), misfit.fact, _line(path, misfit.example))
    return Mistake(key_of(path), _fact(details), example.line(path))


def _line(path: Path, right: str | None) -> str:
    """The right line at ``path`` with ``right`` as its value, or else the example's."""
    if right is None:
        return example.line(path)
    return f"{path[-1]}: {right}" if isinstance(path[-1], str) else f"- {right}"


def _fact(details: ErrorDetails) -> str:
    kind, given, ctx = details["type"], shown(details["input"]), details.get("ctx", {})
    if kind in _WANTED:
        return f"is {given}; wanted is {_WANTED[kind]}"
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        return f"is {given}; it must be {words} {ctx[bound]}"
    sentences: dict[str, Callable[[], str]] = {
        "enum": lambda: f"is {given}; possible are {ctx['expected']}",
        "literal_error": lambda: f"is {given}; possible are {ctx['expected']}",
        "too_short": lambda: f"has {ctx['actual_length']} entries; at least {ctx['min_length']} are needed",
        "too_long": lambda: f"has {ctx['actual_length']} entries; at most {ctx['max_length']} are possible",
        "string_too_short": lambda: "is empty",
        "string_pattern_mismatch": lambda: f"is {given}, which has a form that cannot be used",
        "value_error": lambda: str(ctx["error"]),
    }
    message = details["msg"]
    return sentences.get(kind, lambda: f"is {given}: {message[:1].lower()}{message[1:]}")()


def shown(value: Any) -> str:
    """A wrong value as a person would say it: with its kind where the kind is what is wrong."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return f"{json.dumps(value)} (a yes or no)"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f'the text "{value}"'
    return "a list" if isinstance(value, list) else "a mapping"


def _meant(path: Path) -> str | None:
    """The key that was probably meant by the unknown one at ``path``."""
    near = difflib.get_close_matches(str(path[-1]), sorted(_fields_at(path[:-1])), n=1, cutoff=0.5)
    return near[0] if near else None


def _extra(path: Path) -> Mistake:
    meant = _meant(path)
    if meant:
        fact = f'there is no key "{path[-1]}" here; did you mean "{meant}"?'
        return Mistake(key_of(path), fact, example.line((*path[:-1], meant)))
    known = ", ".join(sorted(_fields_at(path[:-1])))
    return Mistake(key_of(path), f'there is no key "{path[-1]}" here; known are {known}', "remove the line")


def _fields_at(path: Path) -> set[str]:
    """Names of the fields that a mapping at ``path`` may have."""
    annotation: Any = Settings
    for step in path:
        models = [model for model in _models(annotation) if step in model.model_fields]
        if isinstance(step, str) and models:
            annotation = models[0].model_fields[step].annotation
    return {name for model in _models(annotation) for name in model.model_fields}


def _models(annotation: Any) -> list[type[BaseModel]]:
    """Models inside an annotation: of the annotation itself, of a list's members, of a union's sides."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models(inner)]
