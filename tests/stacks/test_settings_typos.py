"""No key can be misspelt unseen: any one-character slip in any key at any depth is refused by name (E1).

This tier proves it for slips that Hypothesis draws and, for two of them, for every key there is. It proves
nothing about values: those are in test_settings_mistakes.
"""

from __future__ import annotations

import copy
import string
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stacks.settings import SettingsError, load
from tests.stacks.conftest import Tree, as_engine, tree_of

Path = tuple[str | int, ...]
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no finding."""

LETTERS = string.ascii_lowercase + string.digits + "_-"
PROD = tree_of("prod")


def keys(value: Any, path: Path = ()) -> Iterator[Path]:
    """Paths of every key of every mapping."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key)
            yield from keys(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from keys(inner, (*path, index))


KEYS = list(keys(PROD))


def renamed(tree: Tree, path: Path, name: str) -> Tree:
    result = copy.deepcopy(tree)
    place: Any = result
    for step in path[:-1]:
        place = place[step]
    place[name] = place.pop(path[-1])
    return result


def siblings(path: Path) -> set[str]:
    place: Any = PROD
    for step in path[:-1]:
        place = place[step]
    return set(place)


@st.composite
def slips(draw: st.DrawFn) -> tuple[Path, str]:
    """A key and the same with one character dropped, doubled, changed, added, or two swapped."""
    path = draw(st.sampled_from(KEYS))
    key = str(path[-1])
    at = draw(st.integers(0, len(key) - 1))
    letter = draw(st.sampled_from(LETTERS))
    kinds = [
        key[:at] + key[at + 1 :],
        key[:at] + key[at] + key[at:],
        key[:at] + letter + key[at + 1 :],
        key[:at] + letter + key[at:],
        key[:at] + key[at + 1 : at + 2] + key[at] + key[at + 2 :],
    ]
    slip = draw(st.sampled_from(kinds))
    return path, slip


def assert_refused_by_name(path: Path, slip: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load("prod", as_engine(renamed(PROD, path, slip)))
    named = [mistake for mistake in caught.value.mistakes if mistake.key.endswith(slip)]
    assert named, str(caught.value)
    assert named[0].example


@UNTIMED
@given(slips())
def test_any_slip_in_any_key_is_refused_by_name(drawn: tuple[Path, str]) -> None:
    path, slip = drawn
    if slip and slip not in siblings(path):
        assert_refused_by_name(path, slip)


@pytest.mark.parametrize("path", KEYS, ids=str)
def test_a_doubled_last_letter_is_refused_at_every_key(path: Path) -> None:
    key = str(path[-1])
    assert_refused_by_name(path, key + key[-1])


@pytest.mark.parametrize("path", KEYS, ids=str)
def test_a_dropped_letter_is_refused_at_every_key(path: Path) -> None:
    assert_refused_by_name(path, str(path[-1])[:-1])


@UNTIMED
@given(st.sampled_from(list(as_engine(PROD))), st.integers(0, len("ferry:") - 1))
def test_a_slip_in_the_namespace_is_refused_by_name(key: str, at: int) -> None:
    config = as_engine(PROD)
    slip = key[:at] + key[at + 1 :]
    config[slip] = config.pop(key)
    with pytest.raises(SettingsError) as caught:
        load("prod", config)
    assert slip in {mistake.key for mistake in caught.value.mistakes}
    assert key.removeprefix("ferry:") in str(caught.value)
