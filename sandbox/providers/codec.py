"""Between the engine's wire values and plain Python values.

The engine sends property maps as ``google.protobuf.Struct``; unknown values, secrets, assets and output
values travel as marked strings and maps. Here they become plain Python: ``dict``, ``list``, ``str``,
``float`` or ``int``, ``bool``, ``None``, plus the two wrappers :data:`UNKNOWN` and :class:`Secret`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import struct_pb2

Value = Any
"""A decoded property: JSON-like, with :data:`UNKNOWN` and :class:`Secret` inside."""

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a marker of the protocol, no password
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
_UNKNOWN_WIRE: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class _Unknown:
    """A value that only an ``up`` will know."""

    _instance: _Unknown | None = None

    def __new__(cls) -> _Unknown:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        raise TypeError("an unknown value is neither true nor false: test it with `is UNKNOWN`")


UNKNOWN: Final = _Unknown()


@dataclass(frozen=True)
class Secret:
    """A value the engine must encrypt wherever it writes it down."""

    value: Value

    def __repr__(self) -> str:
        return "Secret(…)"


def decode(struct: struct_pb2.Struct) -> dict[str, Value]:
    """A property map from the wire, with :data:`UNKNOWN` and :class:`Secret` in place."""
    return {key: _decode(value) for key, value in struct.fields.items()}


def _decode(value: struct_pb2.Value) -> Value:
    match value.WhichOneof("kind"):
        case "struct_value":
            return _decode_map(value.struct_value)
        case "list_value":
            return [_decode(item) for item in value.list_value.values]
        case "string_value":
            return UNKNOWN if value.string_value == _UNKNOWN_WIRE else value.string_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return value.bool_value
        case _:
            return None


def _decode_map(struct: struct_pb2.Struct) -> Value:
    fields = struct.fields
    signature = fields[_SIGNATURE].string_value if _SIGNATURE in fields else None
    if signature == _SECRET:
        return Secret(_decode(fields["value"]))
    if signature == _OUTPUT:
        inner = _decode(fields["value"]) if "value" in fields else UNKNOWN
        return Secret(inner) if "secret" in fields and fields["secret"].bool_value else inner
    if signature == _RESOURCE:
        return _decode(fields["id"]) if "id" in fields else fields["urn"].string_value
    return {key: _decode(item) for key, item in fields.items()}


def encode(values: Mapping[str, Value]) -> struct_pb2.Struct:
    """A property map for the wire."""
    struct = struct_pb2.Struct()
    for key, value in values.items():
        struct.fields[key].CopyFrom(_encode(value))
    return struct


def _encode(value: Value) -> struct_pb2.Value:  # noqa: PLR0911 - one line per kind of value
    match value:
        case None:
            return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
        case _Unknown():
            return struct_pb2.Value(string_value=_UNKNOWN_WIRE)
        case Secret():
            return struct_pb2.Value(struct_value=encode({_SIGNATURE: _SECRET, "value": value.value}))
        case bool():
            return struct_pb2.Value(bool_value=value)
        case int() | float():
            return struct_pb2.Value(number_value=value)
        case str():
            return struct_pb2.Value(string_value=value)
        case Mapping():
            return struct_pb2.Value(struct_value=encode(value))
        case Iterable():
            return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_encode(item) for item in value]))
    raise TypeError(f"{type(value).__name__} cannot travel to the engine: use a JSON-like value")


def reveal(value: Value) -> Value:
    """The same value without secret wrappers, for talking to the service behind it."""
    match value:
        case Secret():
            return reveal(value.value)
        case dict():
            return {key: reveal(item) for key, item in value.items()}
        case list():
            return [reveal(item) for item in value]
    return value


def secret_keys(values: Mapping[str, Value]) -> frozenset[str]:
    """Top-level keys that hold a secret anywhere below; outputs of the same name are secret too."""
    return frozenset(key for key, value in values.items() if has_secret(value))


def has_secret(value: Value) -> bool:
    """Whether a secret wrapper stands anywhere in the value."""
    match value:
        case Secret():
            return True
        case dict():
            return any(has_secret(item) for item in value.values())
        case list():
            return any(has_secret(item) for item in value)
    return False


def has_unknown(value: Value) -> bool:
    """Whether anything in the value is known only to an ``up``."""
    match value:
        case _Unknown():
            return True
        case Secret():
            return has_unknown(value.value)
        case dict():
            return any(has_unknown(item) for item in value.values())
        case list():
            return any(has_unknown(item) for item in value)
    return False
