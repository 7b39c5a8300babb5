"""``ferry gate`` from recorded rows to signed evidence, against the emulated S3 and KMS (C7).

Proves the whole verb with MLflow's REST API answered by a stand-in; a real MLflow answers in the rehearsal.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import httpx
import numpy as np
import pytest
from typer.testing import CliRunner

from ferry.cli import app
from ferry.gates import command
from ferry.gates.sources import MlflowTracker, SourceError
from stacks.shelf import S3Shelf, bucket_of, signing_key_of
from tests.infra.environments import PROJECT, settings
from workloads.catalogue import CATALOGUE
from workloads.stages import ladder
from workloads.state import WorkloadState
from workloads.traffic import Side

ROWS = 8_000
DEV = settings("dev")
OCR = "ocr"


def lines(wrong: float, model: str) -> str:
    """Answers that are wrong on this share of the rows."""
    rng = np.random.default_rng(int(wrong * 1_000))
    at = datetime.now(UTC).isoformat()
    scores = (np.arange(ROWS) % 2 == 1) ^ (rng.random(ROWS) < wrong)
    digest = "sha256:" + model * 64
    rows = (
        {"key": str(i), "score": float(s), "model": digest, "at": at, "ms": 9} for i, s in enumerate(scores)
    )
    return "\n".join(map(json.dumps, rows))


@pytest.fixture
def account(session: boto3.Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """An account with the store, the key and both sides' rows; `ocr` stands at canary."""
    kms, s3 = session.client("kms"), session.client("s3")
    key = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=signing_key_of(DEV), TargetKeyId=key)
    s3.create_bucket(Bucket=bucket_of(DEV))
    head = "  ferry:workloads:\n"
    text = (PROJECT / "Pulumi.dev.yaml").read_text()
    assert text.count(head) == 1
    text = text.replace(head, f"{head}    ocr: {{stage: canary, ceiling: 1}}\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ferry.gates.command.boto3.Session", lambda **_: session)
    truth = "\n".join(json.dumps({"key": str(i), "label": i % 2 == 1}) for i in range(ROWS))

    def put(place: str, content: str) -> None:
        s3.put_object(Bucket=bucket_of(DEV), Key=place, Body=content.encode())

    put("labels/ocr/1.jsonl", truth)
    put("predictions/ocr/legacy/1.jsonl", lines(0.020, "a"))
    put("predictions/ocr/platform/1.jsonl", lines(0.019, "b"))
    return put


def test_a_good_model_gets_signed_evidence_that_the_program_can_read(
    account: Any,  # noqa: ARG001 - what it puts is what is judged
    session: boto3.Session,
) -> None:
    """C7: exit 0, the digest is printed, and what lies in the store verifies."""
    done = CliRunner().invoke(app, ["gate", OCR, "--json"])
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    found = S3Shelf(DEV, session).read(OCR, answer["digest"])
    assert found.model_dump(mode="json") == answer["evidence"]
    assert {check.kind for check in found.checks} == {"parity", "slo"}
    assert (found.stage, found.ceiling) == ("canary", 1)


def test_a_worse_model_is_refused_and_the_evidence_says_so(account: Any) -> None:
    """C7: exit 1."""
    account("predictions/ocr/platform/1.jsonl", lines(0.05, "b"))
    done = CliRunner().invoke(app, ["gate", OCR, "--json", "--dry-run"])
    assert done.exit_code == 1
    answer = json.loads(done.stdout)
    assert (answer["verdict"], answer["stored"]) == ("FAIL", "")


def test_every_night_all_that_are_on_their_way_are_measured_and_only_a_failed_check_fails(
    account: Any,
) -> None:
    """C7, E7: too few rows are said; they would turn every night red until there are enough."""

    def night() -> tuple[int, dict[str, Any]]:
        done = CliRunner().invoke(app, ["gate", "--all", "--json"])
        [answer] = json.loads(done.stdout)
        assert answer["evidence"]["workload"] == OCR, "nobody else stands where a step needs evidence"
        return done.exit_code, answer

    code, answer = night()
    assert (code, answer["verdict"]) == (0, "PASS")
    assert answer["stored"].startswith("s3://")
    account("predictions/ocr/platform/1.jsonl", "\n".join(lines(0.019, "b").splitlines()[:20]))
    code, answer = night()
    assert (code, answer["verdict"]) == (0, "NO_DATA")
    account("predictions/ocr/platform/1.jsonl", lines(0.05, "b"))
    code, answer = night()
    assert (code, answer["verdict"]) == (1, "FAIL")


@pytest.mark.parametrize("arguments", [[], [OCR, "--all"]], ids=["neither", "both"])
def test_one_workload_or_all_of_them(arguments: list[str]) -> None:
    """Exit 2."""
    done = CliRunner().invoke(app, ["gate", *arguments])
    assert done.exit_code == 2
    assert "name one workload, or give --all" in " ".join(done.output.split())


def test_a_broken_row_is_refused_by_line(account: Any) -> None:
    account("predictions/ocr/platform/1.jsonl", '{"key": "1"}')
    done = CliRunner().invoke(app, ["gate", OCR])
    assert done.exit_code == 1
    assert "Line 1 is not a prediction" in done.output


@pytest.mark.parametrize("name", ["frad", "deprecated"])
def test_a_workload_without_a_gate_is_wrong_use(name: str) -> None:
    """Exit 2, with the names that there are."""
    done = CliRunner().invoke(app, ["gate", name])
    assert done.exit_code == 2
    assert "churn" in done.output


def mlflow(request: httpx.Request) -> httpx.Response:
    """MLflow 3's answers, as its REST reference gives them."""
    path = request.url.path
    if path.endswith("registered-models/alias"):
        tags = [{"key": "digest", "value": "sha256:" + "b" * 64}]
        return httpx.Response(200, json={"model_version": {"name": OCR, "version": "3", "tags": tags}})
    if path.endswith("experiments/get-by-name"):
        return httpx.Response(200, json={"experiment": {"experiment_id": "7"}})
    if b"tags.side = 'platform'" not in request.content:
        return httpx.Response(200, json={})
    tags = [{"key": "seed", "value": "3"}, {"key": "hardware", "value": "g4dn.xlarge"}]
    metrics = [{"key": "training_seconds", "value": 61.5}]
    return httpx.Response(200, json={"runs": [{"data": {"tags": tags, "metrics": metrics}}]})


def test_training_runs_and_the_serving_model_come_from_mlflow() -> None:
    tracker = MlflowTracker("http://mlflow", httpx.Client(transport=httpx.MockTransport(mlflow)))
    assert tracker.serving(OCR) == "sha256:" + "b" * 64
    (run,) = tracker.runs(OCR, Side.PLATFORM)
    assert (run.seed, run.seconds, run.hardware) == (3, 61.5, "g4dn.xlarge")
    assert tracker.runs(OCR, Side.LEGACY) == []


def test_an_mlflow_that_does_not_answer_is_no_missing_data() -> None:
    """Fact, consequence, way out; silence must not look like an empty registry."""
    down = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(503)))
    with pytest.raises(SourceError, match="nothing was judged"):
        MlflowTracker("http://mlflow", down).serving(OCR)


@pytest.mark.parametrize("name", [name for name, spec in CATALOGUE.items() if spec.pattern.moves])
def test_every_stage_of_every_workload_has_a_gate(name: str) -> None:
    """C7: from any line of configuration the verb knows what the next step has to show."""
    spec = CATALOGUE[name]
    for stage in ladder(spec):
        state = WorkloadState(stage=stage, ceiling=5 if stage == "canary" else None)
        assert stage == "legacy" or command.kinds_from(spec, state)
