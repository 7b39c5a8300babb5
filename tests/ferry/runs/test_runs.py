"""`ferry run`: a pipeline by the clock, one run at a time, never made up for (C9, D).

Kubeflow's API is a double here; what is sent to it is held against Kubeflow's own client of that API.
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import kfp_server_api
import pytest

from ferry.runs.command import tick
from ferry.runs.deciding import UNDER_WAY, Decision, Run, decide
from ferry.runs.kubeflow import Kubeflow, UnknownError, request

NAME, ACCOUNT = "fraud-detection", "fraud-detection-training"


class Api:
    """Answers as the API server does, and remembers what was started."""

    def __init__(self, *runs: dict[str, Any], known: bool = True) -> None:
        self.runs = [*runs]
        self.known = known

    def answer(self, asked: httpx.Request) -> httpx.Response:
        path = asked.url.path
        if path.endswith(f"/pipelines/names/{NAME}"):
            return httpx.Response(200, json={"pipeline_id": "p1"}) if self.known else httpx.Response(404)
        if path.endswith("/versions"):
            return httpx.Response(200, json={"pipeline_versions": [{"pipeline_version_id": "v7"}]})
        if asked.method == "POST":
            self.runs.append(json.loads(asked.content))
            return httpx.Response(200, json={"run_id": "r1"})
        return httpx.Response(200, json={"runs": self.runs})

    def tick(self, title: str) -> Decision:
        with httpx.Client(base_url="http://api", transport=httpx.MockTransport(self.answer)) as client:
            return tick(Kubeflow(client), NAME, title, ACCOUNT)[0]


@pytest.mark.parametrize("state", sorted(UNDER_WAY))
def test_no_second_run_begins_while_one_is_under_way(state: str) -> None:
    """C9, D: max concurrency 1."""
    assert decide([Run("a", "p1", state)], "p1", "b") is Decision.BUSY


@pytest.mark.parametrize("state", ["SUCCEEDED", "FAILED", "SKIPPED", "CANCELED"])
def test_a_run_that_is_over_is_in_nobodys_way(state: str) -> None:
    assert decide([Run("a", "p1", state)], "p1", "b") is Decision.START


def test_another_pipelines_run_is_in_nobodys_way() -> None:
    assert decide([Run("a", "p2", "RUNNING")], "p1", "b") is Decision.START


def test_one_tick_starts_one_run_however_often_its_pod_is_tried() -> None:
    """C9: never fired twice."""
    api = Api()
    assert api.tick("fraud-detection-1") is Decision.START
    api.runs[0]["state"] = "FAILED"
    assert api.tick("fraud-detection-1") is Decision.THERE
    assert len(api.runs) == 1


def test_a_tick_that_was_left_out_is_not_made_up_for() -> None:
    """C9: two were missed while the first ran; the fourth starts one run, not three."""
    api = Api()
    api.tick("run-1")
    assert [api.tick(f"run-{number}") for number in (2, 3)] == [Decision.BUSY, Decision.BUSY]
    api.runs[0]["state"] = "SUCCEEDED"
    assert api.tick("run-4") is Decision.START
    assert [run["display_name"] for run in api.runs] == ["run-1", "run-4"]


def test_a_pipeline_that_nobody_uploaded_is_named() -> None:
    with pytest.raises(UnknownError, match="no pipeline is called fraud-detection"):
        Api(known=False).tick("run-1")


def test_what_is_sent_is_what_kubeflows_own_client_sends() -> None:
    """D: a field that the API does not know would be dropped in silence."""
    sent = request("run-1", "p1", "v7", ACCOUNT)
    assert sent["service_account"] == ACCOUNT
    models = {
        "": (kfp_server_api.V2beta1Run, sent),
        "reference": (kfp_server_api.V2beta1PipelineVersionReference, sent["pipeline_version_reference"]),
        "config": (kfp_server_api.V2beta1RuntimeConfig, sent["runtime_config"]),
    }
    for model, body in models.values():
        assert set(body) <= set(model.attribute_map.values())


def test_states_are_those_of_the_api() -> None:
    known = {value for name, value in vars(kfp_server_api.V2beta1RuntimeState).items() if name.isupper()}
    assert known >= UNDER_WAY
