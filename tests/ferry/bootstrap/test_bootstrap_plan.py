"""The plan of bootstrap as a pure function: what should be, what is, and the steps between (E7).

This tier proves the decisions, without AWS; test_bootstrap_account proves that they can be carried out.
"""

from __future__ import annotations

from typing import Any

import pytest

from ferry.bootstrap.plan import EXISTS, Kind, canonical, plan, wanted
from ferry.bootstrap.policies import Place
from ferry.bootstrap.repository import RepositoryError, from_remote, repository_subject

PLACE = Place("dev", "123456789012", "us-east-1", "acme/ferry")
RIGHT = {part.place: part.want for part in wanted(PLACE)}


def test_nothing_is_to_be_done_where_all_is_right() -> None:
    assert plan(PLACE, RIGHT) == []


@pytest.mark.parametrize("part", wanted(PLACE), ids=lambda part: f"{part.kind}-{part.aspect}")
def test_each_wrong_part_is_one_repair(part: Any) -> None:
    steps = plan(PLACE, {**RIGHT, part.place: "something else"})
    assert [(step.verb, step.part) for step in steps] == [("repair", part)]


def test_what_later_parts_name_is_made_before_them() -> None:
    kinds = [step.part.kind for step in plan(PLACE, {})]
    assert kinds == sorted(kinds, key=list(Kind).index)


def test_a_thing_is_made_before_its_aspects() -> None:
    seen: set[tuple[Kind, str]] = set()
    for step in plan(PLACE, {}):
        key = (step.part.kind, step.part.name)
        assert (step.part.aspect == EXISTS) == (key not in seen)
        seen.add(key)


def test_what_comes_with_the_making_is_no_step_of_its_own() -> None:
    aspects = {step.part.aspect for step in plan(PLACE, {})}
    assert aspects.isdisjoint({"trust", "boundary", "session", "attached policies", "audience"})


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"Action": ["a"]}, {"Action": "a"}, True),
        ({"Action": ["a", "b"]}, {"Action": ["b", "a"]}, True),
        ({"Action": ["a", "b"]}, {"Action": ["a"]}, False),
        ({"Effect": "Allow"}, {"Effect": "Deny"}, False),
        ([], None, False),
        (True, "True", False),
    ],
)
def test_documents_are_compared_by_what_they_mean(one: Any, other: Any, same: bool) -> None:
    assert (canonical(one) == canonical(other)) is same


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/ferry.git",
        "https://github.com/acme/ferry",
        "git@github.com:acme/ferry.git",
        "ssh://git@github.com/acme/ferry.git",
    ],
)
def test_a_remote_on_github_names_the_repository(url: str) -> None:
    assert from_remote(url) == "acme/ferry"


@pytest.mark.parametrize(
    "url", ["", "https://gitlab.com/acme/ferry", "https://github.com.evil.com/acme/ferry"]
)
def test_a_remote_elsewhere_names_none(url: str) -> None:
    with pytest.raises(RepositoryError, match="nothing was changed"):
        from_remote(url)


@pytest.mark.parametrize("text", ["acme/ferry", "acme@123/ferry@456", "acme-123/ferry-456", "a.b/c_d"])
def test_a_repository_may_carry_its_ids(text: str) -> None:
    assert repository_subject(text) == text
