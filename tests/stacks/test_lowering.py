"""Going up and down (E5): what each level adds when it is rendered, and what going down says before it goes.

Proves what the program registers at each level, and the refusal. That going up replaces nothing which holds
data is proved by the engine's own preview, in test_rollout_engine.py.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

import pytest

from stacks import lowering
from stacks.lowering import LoweringError, check, exported, going
from stacks.rollout import CAPABILITIES, Level, enabled
from tests.infra.engine import Made
from tests.infra.environments import build, settings

ADDS = {
    "data_migration": {"ferry:infra:DataMigration"},
    "audit": {"ferry:infra:Audit"},
    "backup": {"ferry:infra:Backup"},
    "experiment_tracking": {"ferry:infra:Mlflow"},
    "pipelines": {"ferry:infra:Pipelines"},
    "hyperparameter_search": {"ferry:infra:Katib"},
    "gateway": {"ferry:infra:Gateway"},
    "cluster_services": {"ferry:infra:ClusterServices"},
    "central_logs": {"ferry:infra:Logs"},
    "gpu_monitoring": {"ferry:infra:Gpu"},
    "deployment_sync": {"ferry:infra:ArgoCd"},
    "custom_workflows": {"ferry:infra:ArgoWorkflows"},
    "team_access": {"ferry:infra:GuardRails"},
}
"""Capability → the components that it adds; beside it in the requirements stands the level that has it."""

PROMISED = {
    Level.FOUNDATION: {"basic_metrics", "authentication"},
    Level.PRODUCTION: {
        "high_availability",
        "team_access",
        "drift_detection",
        "audit",
        "backup",
        "scheduled_runs",
    },
    Level.ENTERPRISE: {
        "single_sign_on",
        "ab_testing",
        "multi_model_serving",
        "automated_retraining",
        "legacy_adapters",
        "custom_workflows",
        "catalogue_page",
        "disaster_recovery",
        "second_region",
        "data_residency",
        "compliance_report",
    },
    Level.INNOVATION: {"hyperparameter_search", "explainability"},
}
"""The table of E5, word for word: what a level has that those below it have not."""
UNBUILT = {name: False for name, item in CAPABILITIES.items() if item.since and not item.built}


def rendered(level: Level) -> Made:
    return _rendered(enabled(level, UNBUILT))


@functools.cache
def _rendered(on: frozenset[str]) -> Made:
    """Levels that switch on the same are rendered once."""
    changes = {"rollout": Level.INNOVATION, "capabilities": {name: name in on for name in CAPABILITIES}}
    services = settings("prod").services.model_copy(update={"katib": settings("dev").services.katib})
    return build(settings("prod").model_copy(update={**changes, "services": services}), "prod")


def components(level: Level) -> set[str]:
    return {item.type for item in rendered(level).resources if item.type.startswith("ferry:infra:")}


def switched(**more: Any) -> Any:
    capabilities = {**settings("prod").capabilities, "audit": False, "backup": False}
    return settings("prod").model_copy(update={"capabilities": capabilities, **more})


HAS = {"rollout": exported(settings("prod"))}


def test_every_level_has_what_the_requirement_names_and_no_lower_one_has_it() -> None:
    """E5: the table of the requirement against the table of the program."""
    for level, promised in PROMISED.items():
        assert promised <= enabled(level, {})
        assert {CAPABILITIES[name].since for name in promised} == {level}


@pytest.mark.parametrize("name", ADDS)
def test_a_capability_adds_its_components_at_its_level_and_not_below(name: str) -> None:
    """E5: the table against what the program registers."""
    since = CAPABILITIES[name].since
    for level in Level:
        there = bool(ADDS[name] & components(level))
        assert there is (since is not None and level.includes(since)), level


def test_a_level_adds_to_those_below_it_and_takes_nothing_away() -> None:
    """E5: the same URNs, so the engine keeps what is there."""
    for lower, higher in itertools.pairwise(Level):
        below, above = (
            {item.urn for item in rendered(level).resources if item.type != "pulumi:pulumi:Stack"}
            for level in (lower, higher)
        )
        assert below <= above


def test_going_down_without_a_reviewed_teardown_says_what_would_be_deleted() -> None:
    """E5: fact, consequence, way out; and both capabilities in one message."""
    with pytest.raises(LoweringError) as caught:
        check(switched(), HAS)
    said = str(caught.value)
    assert "every file that the trail has written" in said
    assert "every backup in its vaults" in said
    assert "so nothing was changed" in said
    assert 'ferry:teardown_review: "destroy ferry-prod in 123456789012: <who agreed, and why>"' in said


def test_going_down_with_a_reviewed_teardown_goes_and_is_told() -> None:
    """E5."""
    assert [line.partition(" ")[0] for line in check(switched(teardown=True), HAS)] == ["audit", "backup"]


def test_what_is_switched_off_alone_counts_as_going_down() -> None:
    """E5: by a shorter line in the file, at the same level."""
    assert going(HAS, set(HAS["rollout"]["capabilities"]) - {"backup"}) == ["backup"]


def test_going_up_staying_and_a_first_up_ask_for_nothing() -> None:
    """E5."""
    foundation = {"rollout": exported(switched())}
    for outputs in ({}, foundation, HAS):
        assert check(settings("prod"), outputs) == []


def test_a_capability_that_this_version_no_longer_knows_is_no_reason_to_stop() -> None:
    """E5."""
    assert going({"rollout": {"capabilities": ["long_gone"]}}, set()) == []


def test_the_stack_says_what_it_has_for_the_next_up() -> None:
    """E5."""
    assert HAS["rollout"]["level"] == "production"
    said = rendered(Level.PRODUCTION).exports[lowering.OUTPUT]["capabilities"]
    assert set(said) == enabled(Level.PRODUCTION, UNBUILT)
