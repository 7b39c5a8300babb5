"""Kubeflow Pipelines' API (v2beta1), as far as a clock needs it. Thin."""

from __future__ import annotations

from typing import Any

import httpx

from ferry.runs.deciding import UNDER_WAY, Run

LATEST = 100
"""Runs that are looked at: a day of a pipeline that runs every quarter of an hour."""


class UnknownError(Exception):
    """Kubeflow has no such pipeline, or no version of it."""


class Kubeflow:
    """One API server.

    Args:
        client: with its address.
    """

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def pipeline(self, name: str) -> tuple[str, str]:
        """Id of a pipeline and of its newest version.

        Raises:
            UnknownError: nobody has uploaded it.
        """
        found = self._client.get(f"/apis/v2beta1/pipelines/names/{name}")
        if found.status_code == httpx.codes.NOT_FOUND:
            raise UnknownError(f"no pipeline is called {name}")
        found.raise_for_status()
        known = str(found.json()["pipeline_id"])
        newest = {"sort_by": "created_at desc", "page_size": "1"}
        versions = self._get(f"/apis/v2beta1/pipelines/{known}/versions", newest).get("pipeline_versions")
        if not versions:
            raise UnknownError(f"the pipeline {name} has no version")
        return known, str(versions[0]["pipeline_version_id"])

    def runs(self) -> list[Run]:
        """The latest runs, the newest first."""
        latest = {"sort_by": "created_at desc", "page_size": str(LATEST)}
        return [
            Run(
                name=str(run.get("display_name", "")),
                pipeline=str((run.get("pipeline_version_reference") or {}).get("pipeline_id", "")),
                state=str(run.get("state") or next(iter(UNDER_WAY))),
            )
            for run in self._get("/apis/v2beta1/runs", latest).get("runs") or ()
        ]

    def start(self, body: dict[str, Any]) -> str:
        """Start a run; its id."""
        answer = self._client.post("/apis/v2beta1/runs", json=body)
        answer.raise_for_status()
        return str(answer.json()["run_id"])

    def _get(self, path: str, asked: dict[str, str]) -> dict[str, Any]:
        answer = self._client.get(path, params=asked)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


def request(name: str, pipeline: str, version: str, account: str) -> dict[str, Any]:
    """Body of a request for a run: this version, as this service account, and nothing from the cache."""
    return {
        "display_name": name,
        "pipeline_version_reference": {"pipeline_id": pipeline, "pipeline_version_id": version},
        "service_account": account,
        "runtime_config": {"parameters": {}},
    }
