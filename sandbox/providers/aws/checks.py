"""Check: inputs against the SDK's types, then against AWS's own schema."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from sandbox.providers.aws import schemas, sdk
from sandbox.providers.aws.handler import Handler
from sandbox.providers.aws.sdk import Shape, TypeInfo
from sandbox.providers.base import CheckFailure, Props
from sandbox.providers.codec import UNKNOWN, Value

INTERNAL = frozenset({"__defaults", "tagsAll"})
"""Inputs that the provider itself adds."""


def failures(info: TypeInfo, handler: Handler | None, inputs: Props) -> list[CheckFailure]:
    """Everything wrong with the inputs, each with its path and what to do."""
    visible = {key: value for key, value in inputs.items() if key not in INTERNAL}
    found = list(_object(info.token, info.package, info.inputs, visible, ""))
    if found or handler is None:
        return found
    if handler.cfn:
        found += _against_aws(info, handler, visible)
    return found + handler.validate(inputs)


def _object(
    owner: str, package: str, shapes: Mapping[str, Shape], values: Mapping[str, Value], prefix: str
) -> Iterator[CheckFailure]:
    for key, value in values.items():
        shape = shapes.get(key)
        if shape is None:
            yield CheckFailure(prefix + key, _unknown_property(owner, key, shapes))
        elif value is not None:
            yield from _value(package, shape, value, prefix + key)
    for key, shape in shapes.items():
        if shape.required and values.get(key) is None:
            yield CheckFailure(
                prefix + key,
                f'Missing required argument: "{prefix + key}" is required by {owner}, '
                f"but no definition was found. "
                f"Set {prefix + key}.",
            )


def _unknown_property(owner: str, key: str, shapes: Mapping[str, Shape]) -> str:
    near = difflib.get_close_matches(key, shapes, n=1)
    hint = f'Did you mean "{near[0]}"?' if near else f"It takes {', '.join(sorted(shapes))}."
    return f'Invalid or unknown key: {owner} has no property "{key}", so AWS would never see it. {hint}'


def _value(package: str, shape: Shape, value: Value, path: str) -> Iterator[CheckFailure]:
    if value is UNKNOWN or shape.kind == "any":
        return
    match shape.kind, value:
        case "list", list():
            for index, item in enumerate(value):
                yield from _value(package, shape.item or Shape("any"), item, f"{path}[{index}]")
        case "map", dict():
            for key, item in value.items():
                yield from _value(package, shape.item or Shape("any"), item, f"{path}.{key}")
        case "object", dict():
            shapes = sdk.nested(package, shape.of)
            yield from _object(shape.of.removesuffix("Args"), package, shapes, value, f"{path}.")
        case _ if not _is_scalar(shape, value):
            yield CheckFailure(
                path, f"expected {shape.kind} type, got {_kind_of(value)} type. Give it a {shape.kind}."
            )


def _is_scalar(shape: Shape, value: Value) -> bool:
    match shape.kind:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
    return False


def _kind_of(value: Value) -> str:
    match value:
        case bool():
            return "boolean"
        case str():
            return "string"
        case int() | float():
            return "number"
        case list():
            return "array"
        case dict():
            return "object"
    return type(value).__name__


def _against_aws(info: TypeInfo, handler: Handler, inputs: Props) -> list[CheckFailure]:
    schema = schemas.schema(handler.cfn)
    found = [
        CheckFailure(path, f"{path} {reason}.")
        for path, reason in schemas.problems(schema, handler.names, inputs)
    ]
    for key, shape in info.inputs.items():
        settled = shape.required or (key in info.outputs and info.outputs[key].required)
        name = schemas.counterpart(handler.names, schema.document["properties"], key)
        if name in schema.required and not settled and inputs.get(key) is None:
            found.append(CheckFailure(key, f"{handler.cfn} requires {name}. Set {key}."))
    return found


def replacing(info: TypeInfo, handler: Handler, changed: frozenset[str]) -> frozenset[str]:
    """Which changed inputs mean a new resource, by AWS's schema and the provider's documentation."""
    forced = {key for key in changed if key in handler.replace_on or key == "region"}
    if not handler.cfn:
        return frozenset(forced)
    schema = schemas.schema(handler.cfn)
    for key in changed - handler.in_place - {"tags", "tagsAll"}:
        if (
            key in info.inputs
            and schemas.counterpart(handler.names, schema.document["properties"], key) in schema.create_only
        ):
            forced.add(key)
    return frozenset(forced)
