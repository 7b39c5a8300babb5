"""Evidence as the guard reads it before a raise, from an emulated S3 with a KMS that really signs (C7)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from ferry.guard.proof import FRESH_S, Aside, Proof
from stacks.shelf import ALGORITHM
from workloads.catalogue import CATALOGUE
from workloads.evidence import Check, Evidence, Finding, Kind, Verdict, seal
from workloads.patterns.migration import EvidencePlace, Migration, migration
from workloads.stages import Recorded
from workloads.state import Stage

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEY = "alias/ferry-dev-evidence"
SPEC = CATALOGUE["churn"]


@pytest.fixture
def aws(session: boto3.Session) -> Any:
    """A store and two keys, one of them the environment's."""
    session.client("s3").create_bucket(Bucket="evidence")
    kms = session.client("kms")
    for alias in (KEY, "alias/somebody-elses"):
        made = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=alias, TargetKeyId=made)
    return session


def told(ceiling: int = 5) -> Migration:
    place = EvidencePlace(bucket="evidence", owner="123456789012", key=KEY, region="us-east-1")
    stood = Recorded(stage=Stage.CANARY, ceiling=ceiling, since=NOW - timedelta(days=1))
    return migration(SPEC, stood, "dev", None, place)


def put(aws: Any, made: datetime, *kinds: Kind, key: str = KEY, verdict: Verdict = Verdict.PASS) -> None:
    checks = tuple(Check(kind=kind, metric="m", verdict=verdict, method="t", n=1) for kind in kinds)
    found = Evidence(
        workload="churn",
        environment="dev",
        stage=Stage.CANARY,
        ceiling=5,
        legacy_model=f"sha256:{'1' * 64}",
        platform_model=f"sha256:{'2' * 64}",
        dataset=f"sha256:{'3' * 64}",
        checks=checks,
        multiplicity="one",
        made_at=made,
        expires_at=made + timedelta(hours=24),
    )
    signed = aws.client("kms").sign(
        KeyId=key, Message=found.canonical(), MessageType="RAW", SigningAlgorithm=ALGORITHM
    )
    s3 = aws.client("s3")
    for item in s3.list_objects_v2(Bucket="evidence").get("Contents", []):
        s3.delete_object(Bucket="evidence", Key=item["Key"])  # "newest" has a resolution of a second
    place = f"gates/churn/{found.digest.removeprefix('sha256:')}.json"
    s3.put_object(Bucket="evidence", Key=place, Body=seal(found, signed["Signature"], key))


def verdict(aws: Any, ceiling: int = 5, now: datetime = NOW) -> Verdict:
    return Proof(aws, SPEC, clock=lambda: now).finding(told(ceiling)).verdict


BOTH = (Kind.PARITY, Kind.SLO)


def test_fresh_signed_evidence_about_this_place_lets_it_rise(aws: Any) -> None:
    """C7."""
    assert verdict(aws) is Verdict.NO_DATA
    put(aws, NOW - timedelta(hours=1), *BOTH)
    assert verdict(aws) is Verdict.PASS


def test_each_way_of_not_being_enough_keeps_it_where_it_is(aws: Any) -> None:
    """C7: too old, of another ceiling, half of what is asked, failed."""
    put(aws, NOW - timedelta(hours=1), *BOTH)
    assert verdict(aws, now=NOW + timedelta(days=1)) is Verdict.STALE
    assert verdict(aws, ceiling=25) is Verdict.MISMATCH
    put(aws, NOW - timedelta(minutes=30), Kind.SLO)
    assert verdict(aws) is Verdict.NO_DATA
    put(aws, NOW - timedelta(minutes=20), *BOTH, verdict=Verdict.FAIL)
    assert verdict(aws) is Verdict.FAIL


def test_a_signature_by_another_key_is_no_evidence(aws: Any) -> None:
    """C7: whoever may write to the store may not thereby move traffic."""
    put(aws, NOW - timedelta(hours=1), *BOTH, key="alias/somebody-elses")
    assert verdict(aws) is Verdict.MISMATCH


def test_a_store_that_does_not_answer_raises_nothing_and_is_asked_again_later(aws: Any) -> None:
    """C7, C8: and S3 is not asked at every step."""
    now = NOW
    proof = Proof(aws, SPEC, clock=lambda: now)
    assert proof.finding(told()).verdict is Verdict.NO_DATA
    put(aws, NOW - timedelta(hours=1), *BOTH)
    assert proof.finding(told()).verdict is Verdict.NO_DATA
    now += timedelta(seconds=FRESH_S)
    assert proof.finding(told()).verdict is Verdict.PASS
    lost = told().model_copy(update={"evidence": told().evidence.model_copy(update={"bucket": "gone"})})
    assert proof.finding(lost).verdict is Verdict.NO_DATA


def test_a_store_that_hangs_never_holds_the_guard_up() -> None:
    """C8: the way down goes on meanwhile; what comes late counts only for what it was asked about."""
    release = threading.Event()

    class Hangs:
        def finding(self, *_: object, **__: object) -> Finding:
            release.wait(30)
            return Finding(verdict=Verdict.PASS, why="at last")

    aside = Aside(Hangs())
    assert aside.finding(told()).verdict is Verdict.NO_DATA
    assert aside.finding(told()).verdict is Verdict.NO_DATA
    release.set()
    aside.pool.shutdown(wait=True)
    aside.pool = ThreadPoolExecutor(1)
    assert aside.finding(told()).verdict is Verdict.PASS
    assert aside.finding(told(ceiling=25)).verdict is Verdict.NO_DATA


def test_evidence_about_another_version_or_from_before_it_answered_does_not_count(aws: Any) -> None:
    """C6, C7: a new version in a slot is judged by its own evidence, and released by what was made since."""
    put(aws, NOW - timedelta(hours=1), *BOTH)

    def found(model: str, since: datetime | None = None) -> Verdict:
        return (
            Proof(aws, SPEC, clock=lambda: NOW)
            .finding(told(5), model, since.isoformat() if since else None)
            .verdict
        )

    assert found(f"sha256:{'2' * 64}") is Verdict.PASS
    assert found(f"sha256:{'4' * 64}") is Verdict.MISMATCH
    assert found(f"sha256:{'2' * 64}", NOW - timedelta(minutes=5)) is Verdict.STALE
