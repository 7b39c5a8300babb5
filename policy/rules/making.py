"""Shapes that many rules have: a flag that must be set, a value that must be there."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from policy.model import Resource
from policy.reading import at, number, true

Facts = Callable[[Resource], Iterable[str]]


def must_be_on(path: str, what: str) -> Facts:
    """A flag that has to be true."""
    return lambda resource: [] if true(at(resource.props, path)) else [f"{what} is not on ({path})"]


def must_be_off(path: str, what: str) -> Facts:
    """A flag that must not be true; left out is off."""
    return lambda resource: [f"{what} is on ({path})"] if true(at(resource.props, path)) else []


def must_be_given(path: str, what: str) -> Facts:
    """A value that has to be there."""
    return lambda resource: [] if at(resource.props, path) else [f"{what} is not given ({path})"]


def must_not_be_given(path: str, what: str) -> Facts:
    """A value that must not be there."""
    return lambda resource: [f"{what} is given ({path})"] if at(resource.props, path) else []


def at_least(path: str, least: float, what: str) -> Facts:
    """A number with a lower bound."""

    def facts(resource: Resource) -> list[str]:
        found = number(at(resource.props, path))
        return [] if found >= least else [f"{what} is {found:g}, and {least:g} is the least ({path})"]

    return facts
