"""The arguments of a component, looked at one by one: what is not emulated is an error, never left out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pulumi


class ArgumentError(Exception):
    """An argument that pulumi-eks would take or refuse, and why the component cannot be made with it."""


def only(
    component: str, inputs: Mapping[str, Any], emulated: Collection[str], instead: Mapping[str, str]
) -> None:
    """Refuse every argument that is given and not emulated; ``instead`` says what to do about some."""
    for key, value in inputs.items():
        if value is None or key in emulated:
            continue
        way_out = instead.get(
            key, "leave it out, or rehearse with the official provider (--providers eks=real)"
        )
        raise ArgumentError(f"{component}: the rehearsal does not emulate the argument {key}: {way_out}")


def out(value: Any) -> pulumi.Output[Any]:
    """The value as an output, unknown parts and all."""
    return pulumi.Output.from_input(value)


def tags(name: str | None, *given: Any) -> pulumi.Output[dict[str, str]]:
    """Tags: ``Name`` first, later maps winning over earlier ones."""

    def merge(maps: list[Mapping[str, str] | None]) -> dict[str, str]:
        merged = {"Name": name} if name else {}
        for one in maps:
            merged |= dict(one or {})
        return merged

    return pulumi.Output.all(*given).apply(merge)
