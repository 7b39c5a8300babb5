"""Conditions of IAM statements. Pure.

Semantics: IAM user guide, "IAM JSON policy elements: Condition operators", "Conditions with multiple context
keys or values" and "Variables". An operator that is not known here raises: nobody may guess what it allows.
"""

from __future__ import annotations

import datetime
import fnmatch
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Context = Mapping[str, Sequence[str]]
Test = Callable[[str, str], bool]
"""Wanted value (of the policy), given value (of the request) → whether they fit."""

_NO_VALUE = "\0"
"""Stands for a policy variable without a value: no text of a request equals it."""
_VARIABLE = re.compile(r"\$\{\s*([A-Za-z0-9:/_.@=+-]+|[*?$])\s*(?:,\s*'([^']*)')?\s*\}")
_ARN_PARTS = 6


class UnsupportedPolicyError(Exception):
    """The policy uses something this evaluator does not know, so nobody can say what it allows."""


def like(pattern: str, text: str) -> bool:
    """IAM's wildcards: ``*`` any run, ``?`` one character; brackets mean themselves."""
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


def filled(text: str, context: Context, *, pattern: bool) -> str:
    """Policy variables replaced by their values; in a pattern, a value's own wildcards mean themselves."""

    def value(match: re.Match[str]) -> str:
        name, default = match[1], match[2]
        found = [name] if name in "*?$" else lookup(context, name)
        chosen = found[0] if found else default if default is not None else _NO_VALUE
        return re.sub(r"([*?[])", r"[\1]", chosen) if pattern else chosen

    return _VARIABLE.sub(value, text)


def matches(pattern: str, text: str, context: Context) -> bool:
    """Whether a pattern with policy variables fits a text."""
    if "${" not in pattern:
        return like(pattern, text)
    # Brackets of the pattern itself are escaped first; those that `filled` adds around a value stay.
    return fnmatch.fnmatchcase(text, filled(pattern.replace("[", "[[]"), context, pattern=True))


def lookup(context: Context, key: str) -> Sequence[str] | None:
    """The key's values; keys compare without regard to case. None for a key that is not there, or empty."""
    wanted = key.lower()
    found = next((values for name, values in context.items() if name.lower() == wanted), None)
    return found or None


def many(value: Any) -> list[str]:
    """A policy's value as a list; booleans as IAM writes them."""
    listed = [value] if isinstance(value, str | bool | int | float) else list(value)
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in listed]


def hold(block: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    """Whether every condition of the block holds.

    Raises:
        UnsupportedPolicyError: an operator or a value is not understood.
    """
    return all(
        _holds(operator, key, many(wanted), context)
        for operator, keys in block.items()
        for key, wanted in keys.items()
    )


def _holds(operator: str, key: str, wanted: Sequence[str], context: Context) -> bool:
    quantifier, _, name = operator.rpartition(":")
    if quantifier not in ("", "ForAllValues", "ForAnyValue"):
        raise UnsupportedPolicyError(f"the condition operator {operator} is not known here")
    found = lookup(context, key)
    if name == "Null":
        return (found is None) == (wanted[0].lower() == "true")
    optional, name = name.endswith("IfExists"), name.removesuffix("IfExists")
    negated, test = _test(name)
    if found is None:
        return optional or quantifier == "ForAllValues" or (negated and not quantifier)
    values = [filled(value, context, pattern=False) for value in wanted]

    def fits(value: str) -> bool:
        return any(test(want, value) for want in values) != negated

    every = quantifier == "ForAllValues" or (negated and not quantifier)
    return all(map(fits, found)) if every else any(map(fits, found))


def _test(name: str) -> tuple[bool, Test]:
    """Whether the operator is a negation, and what it negates or asks."""
    negated = "Not" in name
    test = _TESTS.get(name.replace("Not", "", 1))
    if test is None:
        raise UnsupportedPolicyError(f"the condition operator {name} is not known here")
    return negated, test


def _typed(read: Callable[[str], Any], compare: Callable[[Any, Any], bool]) -> Test:
    """Compare as numbers, dates, addresses; a request's value of another form fits nothing."""

    def test(want: str, value: str) -> bool:
        try:
            wanted = read(want)
        except ValueError as error:
            raise UnsupportedPolicyError(f"a condition's value is not understood: {want!r}") from error
        try:
            return compare(wanted, read(value))
        except ValueError:
            return False

    return test


def _date(text: str) -> datetime.datetime:
    if text.isdigit():
        return datetime.datetime.fromtimestamp(int(text), datetime.UTC)
    found = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


def _inside(network: Any, address: Any) -> bool:
    return bool(network.version == address.version and address.subnet_of(network))


def _network(text: str) -> Any:
    return ipaddress.ip_network(text, strict=False)


def _arn_like(want: str, value: str) -> bool:
    """Part by part: a wildcard does not reach over a colon, but in the last part."""
    wanted, given = want.split(":", _ARN_PARTS - 1), value.split(":", _ARN_PARTS - 1)
    return len(wanted) == len(given) and all(like(a, b) for a, b in zip(wanted, given, strict=True))


def _same(want: Any, value: Any) -> bool:
    return bool(want == value)


_TESTS: Mapping[str, Test] = {
    "StringEquals": _same,
    "StringEqualsIgnoreCase": lambda want, value: want.lower() == value.lower(),
    "StringLike": like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": lambda want, value: want.lower() == value.lower(),
    "BinaryEquals": _same,
    "NumericEquals": _typed(float, _same),
    "NumericLessThan": _typed(float, lambda want, value: value < want),
    "NumericLessThanEquals": _typed(float, lambda want, value: value <= want),
    "NumericGreaterThan": _typed(float, lambda want, value: value > want),
    "NumericGreaterThanEquals": _typed(float, lambda want, value: value >= want),
    "DateEquals": _typed(_date, _same),
    "DateLessThan": _typed(_date, lambda want, value: value < want),
    "DateLessThanEquals": _typed(_date, lambda want, value: value <= want),
    "DateGreaterThan": _typed(_date, lambda want, value: value > want),
    "DateGreaterThanEquals": _typed(_date, lambda want, value: value >= want),
    "IpAddress": _typed(_network, _inside),
}


def tag_context(prefix: str, tags: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """``aws:RequestTag/`` or ``aws:ResourceTag/`` keys of these tags."""
    return {f"{prefix}/{key}": [value] for key, value in tags}
