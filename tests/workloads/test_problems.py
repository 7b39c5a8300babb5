"""Every mistake about workloads is one sentence: what a definition or a line of configuration gets wrong.

Proves the pure judge; that the sentence reaches a person before anything is made is proven with the settings.
"""

from __future__ import annotations

from typing import Any

import pytest

from workloads.catalogue import CATALOGUE
from workloads.features import FeatureGroup
from workloads.problems import problems
from workloads.schedules import ScheduleError, shortest_gap
from workloads.spec import ScheduleSpec, Slo
from workloads.state import Stage, WorkloadState

GROUPS = {
    "a": FeatureGroup(entity="x", features=("one",), derived_from=("b",)),
    "b": FeatureGroup(entity="x", features=("two",), derived_from=("a",)),
}


def about(name: str, **changes: Any) -> list[str]:
    """What is wrong with one workload, changed."""
    spec = CATALOGUE[name].model_copy(update=changes)
    found = problems({name: WorkloadState(stage=Stage.LEGACY)}, {name: spec}, changes.pop("groups", GROUPS))
    return [problem.fact for problem in found]


@pytest.mark.parametrize(
    ("name", "change", "fact"),
    [
        ("ocr", {"slo": None}, "has no SLO for requests"),
        ("ocr", {"slo": Slo()}, "has no SLO for requests"),
        ("experimental", {"slo": None}, "has no SLO for files"),
        ("ocr", {"tolerances": None}, "no model or no tolerances"),
        ("experimental", {"schedule": None}, "would never run"),
        (
            "experimental",
            {"schedule": ScheduleSpec(cron="0 * * * *", longest_minutes=61)},
            "overlaps itself: a run may take 61 minutes and the next begins after 60",
        ),
        (
            "experimental",
            {"schedule": ScheduleSpec(cron="0 25 * * *", longest_minutes=1)},
            "is not a schedule",
        ),
        ("ocr", {"features": ("a",)}, "wait for each other (a ← b ← a)"),
        ("ocr", {"features": ("c",)}, 'the feature group "c", which'),
    ],
    ids=str,
)
def test_a_wrong_definition_is_one_clear_sentence(name: str, change: dict[str, Any], fact: str) -> None:
    """C4, C9, C13: missing SLO, overlapping schedule, cyclic features."""
    (said,) = about(name, **change)
    assert fact.replace("(a ← b ← a)", "(") in said


def test_a_run_may_take_exactly_until_the_next() -> None:
    assert about("experimental", schedule=ScheduleSpec(cron="0 * * * *", longest_minutes=60)) == []


def test_a_schedule_is_judged_by_its_closest_two_runs() -> None:
    """C9: "23:50 and 00:00" is ten minutes apart once a day."""
    assert shortest_gap("0,50 0,23 * * *").total_seconds() == 600
    with pytest.raises(ScheduleError, match="is not a schedule"):
        shortest_gap("0 0 31 2 *")


def test_two_cutovers_do_not_share_a_feature_group() -> None:
    """C13: a difference could be blamed on either."""
    both = {name: WorkloadState(stage=Stage.SHADOW) for name in ("churn", "recommendation")}
    (problem,) = problems(both, CATALOGUE)
    assert (problem.workload, problem.key) == ("recommendation", "stage")
    assert '"customer-profile"' in problem.fact
    assert "churn is shadow" in problem.fact


@pytest.mark.parametrize("stage", [Stage.FRONTED, Stage.PLATFORM, Stage.RETIRED])
def test_a_cutover_may_share_with_what_is_not_crossing(stage: Stage) -> None:
    states = {"churn": WorkloadState(stage=Stage.SHADOW), "recommendation": WorkloadState(stage=stage)}
    assert problems(states, CATALOGUE) == []
