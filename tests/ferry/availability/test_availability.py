"""Availability: the arithmetic, a zone's outage, and what an inference pod may not need.

Proves what follows from the rules of the objects and from AWS's agreements. That AWS keeps them is not
proved.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from ferry.availability.arithmetic import SERVICES, down_minutes, on_request, series
from ferry.availability.command import weak
from ferry.availability.needs import needs
from ferry.availability.zones import ZONE, most_in_one_zone, shortfalls, without_a_zone
from ferry.cli import app
from tests.infra.environments import settings

LABELS = {"app": "server"}
HARD = {"topologyKey": ZONE, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}
SOFT = {**HARD, "whenUnsatisfiable": "ScheduleAnyway"}
SERVICE = {
    "kind": "Service",
    "metadata": {"name": "server", "namespace": "serving"},
    "spec": {"selector": LABELS},
}


def server(replicas: int, *spread: dict[str, Any], **pod: Any) -> dict[str, Any]:
    template = {
        "metadata": {"labels": LABELS},
        "spec": {"topologySpreadConstraints": list(spread), "containers": [{"name": "server"}], **pod},
    }
    return {
        "kind": "Deployment",
        "metadata": {"name": "server", "namespace": "serving"},
        "spec": {"replicas": replicas, "template": template},
    }


def budget(least: int | str) -> dict[str, Any]:
    return {
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "server", "namespace": "serving"},
        "spec": {"minAvailable": least, "selector": {"matchLabels": LABELS}},
    }


# --- arithmetic -----------------------------------------------------------------------------------


def test_a_request_meets_the_goal_and_everything_in_series_would_miss_it() -> None:
    """E5: as the founding measurements have it: 99.97% against 99.78%, nodes not counted."""
    assert round(series(on_request()), 4) == 0.9997
    assert round(series([one for one in SERVICES if "nodes" not in one.name]), 4) == 0.9978
    assert series(SERVICES) < 0.9978
    assert down_minutes(0.999) == pytest.approx(43.2)


def test_every_figure_names_its_agreement() -> None:
    """E5: printed with its sources."""
    assert all(service.source.startswith("https://aws.amazon.com/") for service in SERVICES)


def test_the_command_prints_arithmetic_and_sources_for_people_and_for_programs() -> None:
    """E5."""
    shown = CliRunner().invoke(app, ["availability", "--env", "prod", "--json"])
    assert shown.exit_code == 0
    found = json.loads(shown.stdout)
    assert found["request_path"]["meets_goal"] is True
    assert found["everything_in_series"]["meets_goal"] is False
    assert found["weak"] == []
    assert "99.97%" in CliRunner().invoke(app, ["availability", "--env", "prod"]).stdout


def test_a_link_in_one_zone_has_no_agreement_and_is_named() -> None:
    """E5: dev."""
    assert len(weak(settings("dev"))) == 3


# --- a zone is gone -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("replicas", "zones", "most"), [(3, 3, 1), (4, 3, 2), (2, 3, 1), (6, 3, 2), (7, 3, 3), (2, 2, 1)]
)
def test_a_hard_rule_bounds_what_one_zone_holds(replicas: int, zones: int, most: int) -> None:
    """E5: in the worst case that the rule allows."""
    found = most_in_one_zone(server(replicas, HARD)["spec"]["template"]["spec"], replicas, zones)
    assert found == most


def test_three_pods_spread_by_a_hard_rule_survive_any_zone() -> None:
    """E5."""
    (left,) = without_a_zone([server(3, HARD), SERVICE, budget(2)], 3)
    assert (left.left, left.enough, left.survives) == (2, 2, True)


@pytest.mark.parametrize(
    "objects",
    [
        [server(3, SOFT), SERVICE],
        [server(3), SERVICE],
        [server(1, HARD), SERVICE],
        [server(3, HARD), SERVICE, budget("100%")],
    ],
    ids=["soft rule", "no rule", "one pod", "budget asks for all"],
)
def test_what_a_zone_takes_with_it_is_named(objects: list[dict[str, Any]]) -> None:
    """E5: each twin differs from the survivor by one line."""
    (sentence,) = shortfalls(objects, 3)
    assert sentence.startswith("Deployment serving/server: ")


def test_hard_anti_affinity_counts_as_a_rule() -> None:
    """E5."""
    anti = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": ZONE}]}}
    assert shortfalls([server(2, affinity=anti), SERVICE], 3) == []


def test_what_no_service_selects_does_not_serve() -> None:
    """E5: a controller's pods answer nobody."""
    assert without_a_zone([server(1)], 3) == []


# --- what a pod needs -----------------------------------------------------------------------------

QUIET: dict[str, Any] = {
    "automountServiceAccountToken": False,
    "initContainers": [{"name": "fetch", "args": ["s3://models/fraud"]}],
    "containers": [{"name": "triton", "args": ["--model-repository=/models"], "env": []}],
}


def test_a_pod_that_fetches_before_it_is_ready_needs_nothing_afterwards() -> None:
    """B4, E5: load balancer, node and Redis only."""
    assert needs(QUIET) == []
    redis = {"name": "triton", "env": [{"name": "REDIS", "value": "rediss://features:6379"}]}
    assert needs({**QUIET, "containers": [redis]}) == []


@pytest.mark.parametrize(
    ("container", "what"),
    [
        ({"args": ["--model-repository=s3://models"]}, "S3"),
        ({"env": [{"name": "MLFLOW_TRACKING_URI", "value": "http://tracking"}]}, "MLflow"),
        ({"env": [{"name": "DB", "value": "postgresql://x.rds.amazonaws.com/mlflow"}]}, "Postgres"),
        ({"command": ["watch", "https://kubernetes.default.svc"]}, "the Kubernetes API"),
    ],
)
def test_each_dependency_at_run_time_is_noticed(container: dict[str, Any], what: str) -> None:
    """B4, E5: S3, MLflow, RDS and the API server are not on the request's path."""
    found = needs({**QUIET, "containers": [{"name": "triton", **container}]})
    assert any(f"is told of {what}" in sentence for sentence in found)


def test_a_token_for_the_api_server_is_a_dependency() -> None:
    """B4, E5."""
    assert (
        len(needs({key: value for key, value in QUIET.items() if key != "automountServiceAccountToken"})) == 1
    )
