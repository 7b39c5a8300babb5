"""What MLflow needs of other settings when it is on (B1, E1)."""

from __future__ import annotations

from typing import Any

import pytest

from stacks.settings.rules import tracking
from tests.infra.mlflow.test_component import switched


def mistakes(change: dict[str, Any]) -> list[tuple[str, str]]:
    settings = switched("prod").model_copy(update=change)
    return [(found.key, found.fact) for rule in tracking.RULES for found in rule.judge(settings)]


def test_committed_settings_have_all_that_it_needs() -> None:
    assert mistakes({}) == []


@pytest.mark.parametrize(
    ("change", "key", "says"),
    [
        ("services", "ferry:services.mlflow", "nobody said which image of MLflow is to run"),
        ("registry", "ferry:registry.repositories", "its image would have no place"),
        ("capabilities", "ferry:capabilities.authentication", "MLflow always asks for a user and a password"),
    ],
)
def test_each_thing_that_is_missing_is_one_mistake(change: str, key: str, says: str) -> None:
    settings = switched("prod")
    without: dict[str, Any] = {
        "services": settings.services.model_copy(update={"mlflow": None}),
        "registry": settings.registry.model_copy(update={"repositories": ["model-server"]}),
        "capabilities": {**settings.capabilities, "authentication": False},
    }
    ((where, fact),) = mistakes({change: without[change]})
    assert where == key
    assert says in fact


def test_nothing_is_asked_while_it_is_off() -> None:
    settings = switched("prod", tracking=False)
    bare = settings.services.model_copy(update={"mlflow": None})
    assert mistakes({"services": bare, "capabilities": settings.capabilities}) == []
