"""Drift of scores: the decision by simulation, the look against the emulated S3 (C3)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import numpy as np
import pytest
from typer.testing import CliRunner

from ferry.cli import app
from ferry.drift.command import look
from ferry.drift.judging import FEWEST, judge
from tests.workloads.patterns.test_routes import PLACE, told
from workloads.evidence import Verdict
from workloads.patterns.migration import POLICY, data
from workloads.state import Stage

NAME, MODEL = "fraud-detection", "sha256:" + "b" * 64


def scores(seed: int, shift: float = 0.0, count: int = 2_000) -> list[float]:
    """Of a model that is sure most of the time."""
    found: list[float] = np.clip(np.random.default_rng(seed).beta(0.5, 4, count) + shift, 0, 1).tolist()
    return found


def test_an_unchanged_model_raises_no_alarm_and_a_shifted_one_always() -> None:
    """C3: 200 hours of each."""
    before = scores(0)
    calm = [judge(MODEL, before, scores(seed)).verdict for seed in range(1, 201)]
    moved = [judge(MODEL, before, scores(seed, 0.1)).verdict for seed in range(1, 201)]
    assert calm.count(Verdict.FAIL) == 0
    assert moved.count(Verdict.FAIL) == 200


@pytest.mark.parametrize(
    ("reference", "recent", "verdict"),
    [
        (0, 2_000, Verdict.NO_DATA),
        (2_000, 0, Verdict.NO_DATA),
        (2_000, FEWEST - 1, Verdict.TOO_SMALL),
        (2_000, FEWEST, Verdict.PASS),
    ],
)
def test_nothing_known_is_a_state_of_its_own(reference: int, recent: int, verdict: Verdict) -> None:
    """C3: neither health nor alarm."""
    assert judge(MODEL, scores(1, count=reference), scores(2, count=recent)).verdict is verdict


def record(session: boto3.Session, name: str, found: list[float], at: datetime, model: str = MODEL) -> None:
    """As a recorder writes."""
    rows = (
        json.dumps({"key": f"{name}-{i}", "score": s, "model": model, "at": at.isoformat(), "ms": 3.0})
        for i, s in enumerate(found)
    )
    key = f"predictions/{NAME}/platform/{name}.jsonl"
    session.client("s3").put_object(Bucket=PLACE.bucket, Key=key, Body="\n".join(rows))


def test_first_look_is_the_reference_and_a_later_shift_is_found(session: boto3.Session) -> None:
    """C3: and another model begins anew."""
    session.client("s3").create_bucket(Bucket=PLACE.bucket)
    now = datetime.now(UTC)
    assert look(NAME, PLACE, session, 1, now).verdict is Verdict.NO_DATA
    record(session, "first", scores(1), now - timedelta(hours=5))
    assert look(NAME, PLACE, session, 6, now - timedelta(hours=4)).verdict is Verdict.PASS
    record(session, "calm", scores(2), now - timedelta(hours=2))
    assert look(NAME, PLACE, session, 3, now).verdict is Verdict.PASS
    record(session, "moved", scores(3, 0.3), now - timedelta(minutes=20))
    found = look(NAME, PLACE, session, 1, now)
    assert found.verdict is Verdict.FAIL
    assert found.shift is not None
    assert found.shift > 0.1
    record(session, "renewed", scores(4, 0.3), now - timedelta(minutes=5), "sha256:" + "c" * 64)
    assert look(NAME, PLACE, session, 1, now).verdict is Verdict.PASS


def test_the_verb_says_it_and_fails(
    session: boto3.Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """C3: what the CronJob's Job ends with."""
    session.client("s3").create_bucket(Bucket=PLACE.bucket)
    monkeypatch.setattr("ferry.drift.command.boto3.Session", lambda **_: session)
    path, now = tmp_path / POLICY, datetime.now(UTC)
    path.write_text(data(told(Stage.SHADOW))[POLICY])
    record(session, "first", scores(1), now - timedelta(minutes=30))
    asked = ["drift", NAME, "--policy", str(path), "--json"]
    first = CliRunner().invoke(app, asked)
    assert (first.exit_code, json.loads(first.stdout)["verdict"]) == (0, "PASS")
    record(session, "first", scores(2, 0.3), now - timedelta(minutes=10))
    second = CliRunner().invoke(app, asked)
    assert (second.exit_code, json.loads(second.stdout)["verdict"]) == (1, "FAIL")
