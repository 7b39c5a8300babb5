"""Where a gate's measurements come from and its evidence goes: S3, MLflow, KMS. Thin."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

from ferry.gates.checks import Compared, TrainingRun
from ferry.gates.exported import MANIFEST, Exported, held
from ferry.gates.rows import RowsError
from stacks.settings import Settings
from stacks.shelf import ALGORITHM, bucket_of, path_of, signing_key_of
from workloads.evidence import Evidence, seal
from workloads.traffic import Side


class SourceError(Exception):
    """Something that a gate needs did not answer; fact, consequence, way out."""


class Tracker(Protocol):
    """The registry of models and training runs."""

    def serving(self, workload: str) -> str | None:
        """Digest of the model version that is meant to serve; None if none is."""
        ...

    def runs(self, workload: str, side: Side) -> list[TrainingRun]:
        """Training runs of one side that ended well."""
        ...


class NoTracker:
    """No MLflow is asked, so nothing is known about training, and the model is taken from the rows alone."""

    def serving(self, _workload: str) -> str | None:
        """None."""
        return None

    def runs(self, _workload: str, _side: Side) -> list[TrainingRun]:
        """Nothing."""
        return []


@dataclass(frozen=True)
class MlflowTracker:
    """MLflow's REST API.

    A registered model bears the workload's name, its serving version the alias ``serving`` and the tag
    ``digest``. Training runs are in the experiment of the workload's name, tagged ``side`` (``legacy`` or
    ``platform``), ``seed``, ``hardware``; their time is the metric ``training_seconds``.
    """

    url: str
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=20))

    def serving(self, workload: str) -> str | None:
        """See :class:`Tracker`."""
        answer = self._ask("GET", "registered-models/alias", params={"name": workload, "alias": "serving"})
        tags = {tag["key"]: tag["value"] for tag in answer.get("model_version", {}).get("tags", [])}
        return tags.get("digest")

    def runs(self, workload: str, side: Side) -> list[TrainingRun]:
        """See :class:`Tracker`."""
        found = self._ask("GET", "experiments/get-by-name", params={"experiment_name": workload})
        experiment = found.get("experiment", {}).get("experiment_id")
        if experiment is None:
            return []
        wanted = f"tags.side = '{side}' and attributes.status = 'FINISHED'"
        body = {"experiment_ids": [experiment], "filter": wanted, "max_results": 100}
        return [_run(item) for item in self._ask("POST", "runs/search", json=body).get("runs", [])]

    def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        try:
            answer = self.client.request(method, f"{self.url.rstrip('/')}/api/2.0/mlflow/{path}", **more)
            if answer.status_code == httpx.codes.NOT_FOUND:
                return {}
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise SourceError(
                f"MLflow at {self.url} did not answer ({error}), so nothing was judged. Check --mlflow and "
                "your way to it (kubectl port-forward), or log in."
            ) from error
        data: dict[str, Any] = answer.json()
        return data


def _run(item: dict[str, Any]) -> TrainingRun:
    tags = {tag["key"]: tag["value"] for tag in item["data"].get("tags", [])}
    metrics = {metric["key"]: metric["value"] for metric in item["data"].get("metrics", [])}
    return TrainingRun(int(tags.get("seed", 0)), float(metrics["training_seconds"]), tags.get("hardware", ""))


@dataclass(frozen=True)
class Store:
    """The environment's evidence store: what adapters recorded, and what gates found.

    ``predictions/<workload>/<side>/*.jsonl``, ``labels/<workload>/*.jsonl``,
    ``exports/<workload>/…`` (:mod:`ferry.gates.exported`),
    ``features/<workload>/*.json`` (``{feature: {"reads", "different"}}``) and ``gates/<workload>/*.json``.
    """

    settings: Settings
    session: Any

    def predictions(self, workload: str, side: Side) -> Iterator[str]:
        """Lines that one side recorded."""
        return self._lines(f"predictions/{workload}/{side}/")

    def labels(self, workload: str) -> Iterator[str]:
        """Lines of the truth."""
        return self._lines(f"labels/{workload}/")

    def compared(self, workload: str) -> dict[str, Compared]:
        """Reads of every feature, summed over all reports."""
        total: dict[str, Compared] = {}
        for _, text in self._objects(f"features/{workload}/"):
            for name, item in json.loads(text).items():
                before = total.get(name, Compared(0, 0))
                total[name] = Compared(before.reads + item["reads"], before.different + item["different"])
        return total

    def exported(self, workload: str) -> Exported | None:
        """What the old system's archive holds, read back file by file; None if there is none."""
        folder = f"exports/{workload}/"
        found = {key.removeprefix(folder): body for key, body in self._bodies(folder)}
        return held(found) if MANIFEST in found else None

    def put(self, evidence: Evidence) -> str:
        """Sign evidence and put it where its digest says; gives its address."""
        kms, s3 = self.session.client("kms"), self.session.client("s3")
        key, bucket = signing_key_of(self.settings), bucket_of(self.settings)
        signed = kms.sign(
            KeyId=key, Message=evidence.canonical(), MessageType="RAW", SigningAlgorithm=ALGORITHM
        )
        place = path_of(evidence.workload, evidence.digest)
        body = seal(evidence, signed["Signature"], key)
        s3.put_object(Bucket=bucket, Key=place, Body=body, ContentType="application/json")
        return f"s3://{bucket}/{place}"

    def _lines(self, prefix: str) -> Iterator[str]:
        for key, text in self._objects(prefix):
            if not key.endswith(".jsonl"):
                raise RowsError(f"{key} is not a .jsonl file, so nothing was judged. Remove or convert it.")
            yield from (line for line in text.splitlines() if line.strip())

    def _objects(self, prefix: str) -> Iterator[tuple[str, str]]:
        yield from ((key, body.decode()) for key, body in self._bodies(prefix))

    def _bodies(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        s3, bucket = self.session.client("s3"), bucket_of(self.settings)
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for item in (item for page in pages for item in page.get("Contents", [])):
            yield item["Key"], s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
