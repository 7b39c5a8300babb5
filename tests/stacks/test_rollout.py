"""Which capabilities a level switches on, and what cannot be (E5).

This tier proves the table's logic. It cannot prove that what says ``built`` is: the rehearsal does that.
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from stacks.rollout import CAPABILITIES, Level, enabled, problems

ALL_OFF = {name: False for name, item in CAPABILITIES.items() if not item.core}
CORE = {name for name, item in CAPABILITIES.items() if item.core}
UNBUILT = {name for name, item in CAPABILITIES.items() if not item.built}


def test_levels_grow() -> None:
    sets = [enabled(level, {}) for level in Level]
    assert all(lower < higher for lower, higher in itertools.pairwise(sets))


@pytest.mark.parametrize(
    ("level", "has", "has_not"),
    [
        (Level.FOUNDATION, {"basic_metrics", "authentication"}, {"audit", "backup", "high_availability"}),
        (Level.PRODUCTION, {"high_availability", "team_access", "drift_detection", "audit"}, {"ab_testing"}),
        (Level.ENTERPRISE, {"single_sign_on", "second_region", "catalogue_page"}, {"explainability"}),
        (
            Level.INNOVATION,
            {"hyperparameter_search", "explainability"},
            {"edge_bundles", "automl", "bandits"},
        ),
    ],
)
def test_each_level_has_what_the_requirement_names(level: Level, has: set[str], has_not: set[str]) -> None:
    on = enabled(level, {})
    assert has <= on
    assert not has_not & on


@pytest.mark.parametrize("level", list(Level))
def test_with_everything_unbuilt_opted_out_every_level_is_possible(level: Level) -> None:
    assert problems(level, ALL_OFF) == []
    assert enabled(level, ALL_OFF) == CORE


@pytest.mark.parametrize("level", [level for level in Level if enabled(level, {}) & UNBUILT])
def test_the_lines_of_the_message_make_the_level_possible(level: Level) -> None:
    """The example is not only shown: taken as it is, it is enough."""
    (problem,) = problems(level, {})
    lines = re.findall(r"^  (\w+): false$", problem.example, re.MULTILINE)
    assert problems(level, dict.fromkeys(lines, False)) == []


@pytest.mark.parametrize("left", sorted(enabled(Level.ENTERPRISE, {}) & UNBUILT))
def test_one_missing_opt_out_is_named(left: str) -> None:
    overrides = {name: off for name, off in ALL_OFF.items() if name != left}
    (problem,) = problems(Level.ENTERPRISE, overrides)
    assert problem.key == "rollout"
    assert f"({left})" in problem.fact


def test_an_opt_out_above_the_level_does_no_harm() -> None:
    assert problems(Level.FOUNDATION, ALL_OFF) == []


@pytest.mark.parametrize("name", sorted(UNBUILT))
def test_what_is_not_built_cannot_be_asked_for(name: str) -> None:
    (problem,) = problems(Level.INNOVATION, {**ALL_OFF, name: True})
    assert problem.key == f"capabilities.{name}"
    assert "not built" in problem.fact
    assert f"{name}: false" in problem.example


@pytest.mark.parametrize("name", sorted(CORE))
def test_what_everything_stands_on_cannot_be_switched_off(name: str) -> None:
    (problem,) = problems(Level.FOUNDATION, {**ALL_OFF, name: False})
    assert (problem.key, problem.example) == (f"capabilities.{name}", "remove the line")


def test_what_is_built_may_be_asked_for_by_name() -> None:
    assert problems(Level.FOUNDATION, {**ALL_OFF, "feature_store": True}) == []


def test_only_this_is_built() -> None:
    """Whoever builds more changes this line and the table together."""
    built = {name for name, item in CAPABILITIES.items() if item.built and not item.core}
    assert built == {
        "audit",
        "authentication",
        "backup",
        "basic_metrics",
        "central_logs",
        "chatbot",
        "cluster_services",
        "compliance_report",
        "custom_workflows",
        "automated_retraining",
        "data_migration",
        "data_residency",
        "drift_detection",
        "legacy_adapters",
        "scheduled_runs",
        "deployment_sync",
        "experiment_tracking",
        "gateway",
        "gpu_monitoring",
        "high_availability",
        "hyperparameter_search",
        "model_serving",
        "single_sign_on",
        "pipelines",
        "team_access",
    }


def test_every_requirement_named_is_an_id() -> None:
    assert all(re.fullmatch(r"[A-E]\d+", item.requirement) for item in CAPABILITIES.values())


def test_the_stack_files_name_no_more_than_there_is() -> None:
    root = Path(__file__).parents[2]
    text = (root / "Pulumi.dev.yaml").read_text()
    named = set(re.findall(r"^    (\w+): false$", text, re.MULTILINE)) - {"multi_az", "deletion_protection"}
    assert named == {name for name, item in CAPABILITIES.items() if item.since and not item.built}
