"""What the components make, judged by others: the policy pack and Kubernetes' own schemas (E3, C5).

Pure judges over rendered objects; Katib's own definition of an Experiment names no field. That
the API server admits them is the rehearsal's to prove.
"""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest

from policy.judging import judge
from policy.model import Resource, Site
from tests.infra.engine import Registered
from tests.workloads.patterns.ground import made
from tests.workloads.patterns.test_release import everything
from workloads.catalogue import CATALOGUE
from workloads.patterns import pods
from workloads.patterns.migration import Names
from workloads.state import Stage

VERSION = "1.35"
WHO = ("churn", "recommendation", "fraud-detection", "customer-segmentation")
STAGES = (Stage.FRONTED, Stage.SHADOW, Stage.STANDBY)


def manifest(item: Registered) -> dict[str, Any]:
    """A registered object as the API server would get it."""
    return {key: value for key, value in item.inputs.items() if value is not None}


@pytest.mark.parametrize("name", WHO)
@pytest.mark.parametrize("stage", STAGES)
def test_pack_has_no_violation_to_report(name: str, stage: Stage) -> None:
    """E3: at every kind of stage of every pattern."""
    found = tuple(
        Resource(item.type, item.name, item.inputs, item.urn, item.protect)
        for item in made(stage, name).resources
    )
    site = Site("dev", keeps_data=False, region="us-east-1")
    assert [str(violation) for violation in judge(found, site)] == []


@pytest.mark.parametrize("name", WHO)
def test_objects_fit_kubernetes_schemas(name: str) -> None:
    """C5: no field that the API server would drop in silence."""
    seen = 0
    for item in made(Stage.SHADOW, name).resources:
        if item.type.startswith("kubernetes:") and _known(item.inputs):
            kubernetes_validate.validate(manifest(item), VERSION, strict=True)
            seen += 1
    assert seen >= 8


def test_versions_fit_kubernetes_schemas() -> None:
    """C6."""
    for item in everything():
        kubernetes_validate.validate(item, VERSION, strict=True)


def _known(inputs: dict[str, Any]) -> bool:
    group = str(inputs.get("apiVersion", "")).rpartition("/")[0]
    return "." not in group or (group.endswith(".k8s.io") and "gateway" not in group)


def test_search_is_the_requirements_own() -> None:
    """C3, D: the worked example's, with the bounds that the requirement names."""
    (item,) = made(Stage.SHADOW, "fraud-detection").of("kubernetes:kubeflow.org/v1beta1:Experiment")
    spec = item.inputs["spec"]
    spaces = {item["name"]: item["feasibleSpace"] for item in spec["parameters"]}
    assert spaces["learning_rate"] == {"min": "0.0001", "max": "0.01"}
    assert spaces["hidden_dim"] == {"min": "64", "max": "256", "step": "32"}
    assert (spec["objective"]["objectiveMetricName"], spec["objective"]["goal"]) == ("test_auc_roc", 0.95)
    assert (spec["parallelTrialCount"], spec["maxTrialCount"]) == (3, 15)
    assert spec["algorithm"]["algorithmName"] == "bayesianoptimization"


def test_retraining_is_daily_at_two_and_one_at_a_time() -> None:
    """D: missed runs are not made up for."""
    schedule = CATALOGUE["fraud-detection"].schedule
    assert schedule is not None
    place = pods.Place(Names("fraud-detection"), "example/ferry@sha256:0", "us-east-1")
    found = pods.starting(place, "fraud-detection-training", schedule)
    assert (found["schedule"], found["timeZone"]) == ("0 2 * * *", "Etc/UTC")
    assert found["concurrencyPolicy"] == "Forbid"
    assert found["startingDeadlineSeconds"] == 600, "later it is left out"
    (container,) = found["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["run", "fraud-detection", "--account=fraud-detection-training"]
    (name,) = container["env"]
    assert name["valueFrom"]["fieldRef"]["fieldPath"].endswith("['batch.kubernetes.io/job-name']")
