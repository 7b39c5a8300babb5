"""The catalogue is the requirements' list, whole (C4, C10, C13, D).

Proves names, priorities, impacts, waves and that every definition can be configured. Whether an owner or an
SLO is right for a company cannot be proven here.
"""

from __future__ import annotations

import pytest

from workloads import catalogue
from workloads.catalogue import CATALOGUE
from workloads.features import FEATURE_GROUPS
from workloads.problems import backfill_order, problems
from workloads.spec import TOLERANCES, Comparison, MetricSpec, Pattern, Wave
from workloads.state import Stage, WorkloadState

C4 = {
    "churn": (1, 2_000_000),
    "fraud-detection": (1, 5_000_000),
    "recommendation": (1, 3_000_000),
    "price-optimisation": (1, 1_500_000),
    "inventory-forecasting": (2, 1_000_000),
    "marketing-campaigns": (2, 800_000),
    "supply-chain": (2, 600_000),
    "customer-segmentation": (2, 400_000),
    "internal-tools": (3, 0),
    "experimental": (3, 0),
    "deprecated": (3, 0),
}


def test_catalogue_has_every_workload_with_priority_and_impact() -> None:
    """C4; the OCR service of D is the one more."""
    have = {name: (spec.priority, spec.impact_usd) for name, spec in CATALOGUE.items() if name != "ocr"}
    assert have == C4
    assert "ocr" in CATALOGUE


def test_waves_follow_the_calendar() -> None:
    """C10: churn is the pilot of weeks 1 to 8, then by impact; the deprecated go last."""
    assert [wave.weeks for wave in Wave] == [(1, 8), (9, 20), (21, 32), (33, 44)]
    assert [name for name, spec in CATALOGUE.items() if spec.wave is Wave.PILOT] == ["churn"]
    by_priority = {1: Wave.HIGH_IMPACT, 2: Wave.MEDIUM_IMPACT, 3: Wave.REST}
    assert all(
        spec.wave is by_priority[spec.priority] for spec in CATALOGUE.values() if spec.wave is not Wave.PILOT
    )
    assert next(iter(CATALOGUE)) == "churn", "in the order in which they move"


def test_deprecated_is_retired_without_moving() -> None:
    """C4: retire only."""
    assert [name for name, spec in CATALOGUE.items() if not spec.pattern.moves] == ["deprecated"]


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_definition_can_be_configured(name: str) -> None:
    assert problems({name: WorkloadState(stage=Stage.LEGACY)}, CATALOGUE) == []


def test_only_the_same_code_has_to_be_equivalent() -> None:
    """C1, C3: a rebuild may be better, a lift and shift has no reason to be."""
    same = {pattern for pattern in Pattern if pattern.comparison is Comparison.EQUIVALENCE}
    assert same == {Pattern.LIFT_AND_SHIFT}


@pytest.mark.parametrize("metric", TOLERANCES)
def test_no_tolerance_is_wider_than_c7(metric: str) -> None:
    limit = TOLERANCES[metric]
    MetricSpec.model_validate({"name": metric, "tolerance": limit})
    with pytest.raises(ValueError, match="may differ by"):
        MetricSpec.model_validate({"name": metric, "tolerance": limit * 1.01})


def test_pilot_may_lose_a_tenth_and_the_others_a_twentieth() -> None:
    """C7: less than 10% in the pilot, less than 5% overall."""
    limits = {name: spec.tolerances.degradation for name, spec in CATALOGUE.items() if spec.tolerances}
    assert limits.pop("churn") == 0.10
    assert set(limits.values()) == {0.05}


def test_a_hundred_features_and_none_is_named_twice_in_its_group() -> None:
    """C13."""
    assert sum(len(group.features) for group in FEATURE_GROUPS.values()) >= 100
    assert all(len(set(group.features)) == len(group.features) for group in FEATURE_GROUPS.values())


def test_a_group_is_backfilled_after_what_it_is_derived_from() -> None:
    order = backfill_order(CATALOGUE["marketing-campaigns"])
    assert (
        order.index("customer-profile") < order.index("customer-activity") < order.index("campaign-responses")
    )


def test_a_package_that_defines_another_workload_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workloads.churn.definition.WORKLOAD", CATALOGUE["ocr"])
    with pytest.raises(TypeError, match=r"workloads/churn/definition\.py .* Write WORKLOAD = "):
        catalogue._definition("churn")
