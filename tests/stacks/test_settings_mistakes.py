"""Every mistake of configuration that we know of, one row each: what a person changes, and what is said (E1).

This tier proves that the sentence names the key, states the fact and shows a right example, and that it comes
from settings alone, so nothing can have been registered. It cannot prove that AWS would take the rest.
"""

from __future__ import annotations

import pytest

from stacks.settings import SettingsError, load
from tests.stacks.conftest import as_engine, spoiled, tree_of
from tests.stacks.mistakes import ROWS, Row


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_mistake_is_one_clear_sentence(row: Row) -> None:
    config = as_engine(spoiled(tree_of(row.environment), row.change))
    with pytest.raises(SettingsError) as caught:
        load(row.environment, config)
    said = {mistake.key: mistake for mistake in caught.value.mistakes}
    assert row.key in said, str(caught.value)
    assert row.fact in said[row.key].fact
    assert row.example in said[row.key].example
    assert "nothing was created or changed" in str(caught.value)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_one_mistake_is_not_called_two(row: Row) -> None:
    with pytest.raises(SettingsError) as caught:
        load(row.environment, as_engine(spoiled(tree_of(row.environment), row.change)))
    assert [mistake.key for mistake in caught.value.mistakes] == [row.key]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_no_sentence_is_the_validators_own(row: Row) -> None:
    with pytest.raises(SettingsError) as caught:
        load(row.environment, as_engine(spoiled(tree_of(row.environment), row.change)))
    text = str(caught.value)
    assert "pydantic" not in text
    assert "Traceback" not in text
    assert "[type=" not in text


def test_all_mistakes_are_said_at_once() -> None:
    changes = {
        "region": "us-east-9",
        "postgres.multi_az": False,
        "network.nat": "two",
        "cluster.versoin": "1.35",
        "capabilities.bandits": True,
    }
    with pytest.raises(SettingsError) as caught:
        load("prod", as_engine(spoiled(tree_of("prod"), changes)))
    assert {mistake.key for mistake in caught.value.mistakes} == {
        "ferry:region",
        "ferry:postgres.multi_az",
        "ferry:network.nat",
        "ferry:cluster.versoin",
        "ferry:capabilities.bandits",
    }


def test_a_renamed_key_is_not_called_missing_as_well() -> None:
    tree = tree_of("dev")
    tree["netwrok"] = tree.pop("network")
    tree["cluster"]["versoin"] = tree["cluster"].pop("version")
    with pytest.raises(SettingsError) as caught:
        load("dev", as_engine(tree))
    assert [mistake.key for mistake in caught.value.mistakes] == [
        "ferry:netwrok",
        "ferry:cluster.versoin",
    ]
