"""Resource quantities in the API server's own spelling (``0.5`` → ``500m``, ``1024Mi`` → ``1Gi``).

Without this, ``cpu: "0.5"`` would read as a change at every preview. The rules are those of the API
machinery: binary suffixes stay binary, decimal ones decimal, with the largest suffix that needs no fraction.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

_NUMBER: Final = re.compile(r"^([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?$")
_BINARY: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL: Final = ("n", "u", "m", "", "k", "M", "G", "T", "P", "E")
_QUANTITY_MAPS: Final = frozenset(
    {"limits", "requests", "capacity", "allocatable", "hard", "default", "defaultRequest",
     "maxLimitRequestRatio", "overhead", "podFixed", "allocatedResources"}
)  # fmt: skip
_LIMIT_RANGE_MAPS: Final = frozenset({"max", "min"})
_QUANTITIES: Final = frozenset({"sizeLimit", "divisor", "averageValue"})
_FREE_TEXT: Final = frozenset({"annotations", "labels", "data", "matchLabels", "nodeSelector", "parameters"})
"""Maps whose keys are anybody's words: a quantity's name there means nothing."""


def canonical(quantity: Any) -> Any:
    """The quantity as the API server spells it; what is no quantity comes back untouched."""
    text = str(quantity)
    match = _NUMBER.match(text)
    if match is None or isinstance(quantity, bool):
        return quantity
    number, suffix = Decimal(match[1]), match[2] or ""
    if suffix.endswith("i"):
        return _binary(number * 1024 ** _BINARY.index(suffix)) or quantity
    if suffix[:1] in {"e", "E"} and len(suffix) > 1:
        return quantity  # exponents keep their form
    return _decimal(number * Decimal(1000) ** (_DECIMAL.index(suffix) - _DECIMAL.index("")))


def _binary(value: Decimal) -> str | None:
    if value != value.to_integral_value():
        return None
    whole, power = int(value), 0
    while whole and whole % 1024 == 0 and power + 1 < len(_BINARY):
        whole, power = whole // 1024, power + 1
    return f"{whole}{_BINARY[power]}"


def _decimal(value: Decimal) -> str:
    if value == 0:
        return "0"
    power = 0
    scaled = value * Decimal(10) ** 9
    whole = int(scaled.to_integral_value(rounding="ROUND_UP"))
    while whole % 1000 == 0 and power + 1 < len(_DECIMAL):
        whole, power = whole // 1000, power + 1
    return f"{whole}{_DECIMAL[power]}"


def canonical_quantities(obj: dict[str, Any]) -> dict[str, Any]:
    """An object of a built-in kind with every quantity in canonical spelling."""
    maps = _QUANTITY_MAPS | (_LIMIT_RANGE_MAPS if obj.get("kind") == "LimitRange" else frozenset())
    return _walk(obj, maps)  # type: ignore[no-any-return] # recursive over JSON, so Any


def _walk(value: Any, maps: frozenset[str]) -> Any:
    if isinstance(value, list):
        return [_walk(item, maps) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _quantity_or_deeper(key, item, maps) for key, item in value.items()}


def _quantity_or_deeper(key: str, item: Any, maps: frozenset[str]) -> Any:
    if key in _FREE_TEXT:
        return item
    if key in maps and isinstance(item, dict):
        return {name: canonical(amount) for name, amount in item.items()}
    if key in _QUANTITIES and isinstance(item, str | int | float):
        return canonical(item)
    return _walk(item, maps)
