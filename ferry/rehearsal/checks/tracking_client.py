"""MLflow over HTTP, as its own clients speak to it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import httpx

HOST = "mlflow.mlflow.svc"
"""The name by which clients in the cluster call it; a server refuses names that it does not know."""
MODEL, ALIAS, METRIC = "rehearsal", "production", "auc"
ARTIFACT = "model/weights.txt"
SECONDS = 180.0
"""How long an answer may take: a bound for a busy machine, not a claim."""


class Tracking:
    """One server.

    Args:
        address: where it listens, ``127.80.1.2:5000``.
        auth: user and password, or None.
    """

    def __init__(self, address: str, auth: tuple[str, str] | None) -> None:
        self._http = httpx.Client(
            base_url=f"http://{address}", headers={"Host": HOST}, auth=auth, timeout=SECONDS, trust_env=False
        )

    def status(self) -> int:
        """HTTP status of a question that needs a user."""
        return self._http.get("/api/2.0/mlflow/experiments/search", params={"max_results": 1}).status_code

    def log(self, content: bytes, value: float) -> dict[str, str]:
        """Log a run with a metric and an artifact, register it, and call it ``production``.

        Returns:
            ``experiment``, ``run`` and ``version``.
        """
        experiment = self._post("experiments/create", {"name": MODEL})["experiment_id"]
        now = int(time.time() * 1000)
        run = self._post("runs/create", {"experiment_id": experiment, "start_time": now})["run"]["info"]
        metric = {"run_id": run["run_id"], "key": METRIC, "value": value, "timestamp": now}
        self._post("runs/log-metric", metric)
        path = self._artifact(experiment, run["run_id"])
        self._http.put(path, content=content).raise_for_status()
        self._post("registered-models/create", {"name": MODEL})
        source = {"name": MODEL, "source": f"{run['artifact_uri']}/model", "run_id": run["run_id"]}
        version = self._post("model-versions/create", source)["model_version"]["version"]
        self._post("registered-models/alias", {"name": MODEL, "alias": ALIAS, "version": version})
        return {"experiment": str(experiment), "run": str(run["run_id"]), "version": str(version)}

    def read(self, logged: Mapping[str, str]) -> dict[str, str]:
        """What was logged, as this server has it."""
        run = self._get("runs/get", {"run_id": logged["run"]})["run"]
        alias = self._get("registered-models/alias", {"name": MODEL, "alias": ALIAS})["model_version"]
        artifact = self._http.get(self._artifact(logged["experiment"], logged["run"]))
        return {
            "metric": str(run["data"]["metrics"][0]["value"]),
            "version": str(alias["version"]),
            "run of the version": str(alias["run_id"]),
            "artifact": artifact.raise_for_status().text,
        }

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def _artifact(self, experiment: str, run: str) -> str:
        return f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/{ARTIFACT}"

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._http.post(f"/api/2.0/mlflow/{path}", json=dict(body))
        return _read(answer)

    def _get(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        return _read(self._http.get(f"/api/2.0/mlflow/{path}", params=dict(params)))


def _read(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_error:
        raise httpx.HTTPError(
            f"{answer.request.url.path} was answered {answer.status_code}: {answer.text[:300]}"
        )
    found: dict[str, Any] = answer.json()
    return found
