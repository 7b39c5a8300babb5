"""A step of a workload is judged in the preview, against the stack's own last output (C5, C7, C12).

Proves the layer's decision with a shelf in memory, reading and verifying with the emulated S3 and KMS, and
with the real engine that a refused step fails the preview before anything is registered. What a stage then
builds is not judged here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pulumi
import pytest

from sandbox.engine import EngineError
from stacks import fleet
from stacks.settings import Settings
from stacks.shelf import ALGORITHM, S3Shelf, bucket_of, path_of, signing_key_of
from tests.infra.environments import settings
from tests.sandbox.providers.harness.attaching import engine
from workloads.evidence import Check, Evidence, Kind, UnreadableError, Verdict, seal
from workloads.stages import Recorded
from workloads.state import Slot, Stage, WorkloadState

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
DIGEST = "sha256:" + "a" * 64
FRAUD = "fraud-detection"


def wanting(**lines: WorkloadState) -> Settings:
    named = {name.replace("_", "-"): state for name, state in lines.items()}
    return settings("dev").model_copy(update={"workloads": named})


def before(**stood: Recorded) -> dict[str, Any]:
    """The stack's last outputs, numbers as floats, as the engine keeps them."""
    named = {name.replace("_", "-"): state for name, state in stood.items()}
    return json.loads(json.dumps({"workloads": fleet.exported(named)}), parse_int=float)  # type: ignore[no-any-return]  # JSON


def evidence(stage: Stage, verdict: Verdict = Verdict.PASS, **changes: Any) -> Evidence:
    checks = tuple(Check(kind=kind, metric="m", verdict=verdict, method="m", n=1) for kind in Kind)
    values = {
        "workload": FRAUD,
        "environment": "dev",
        "stage": stage,
        "legacy_model": DIGEST,
        "platform_model": DIGEST,
        "dataset": DIGEST,
        "checks": checks,
        "multiplicity": "all must pass",
        "made_at": NOW - timedelta(hours=1),
        "expires_at": NOW + timedelta(hours=23),
    }
    return Evidence.model_validate({**values, **changes})


class Memory:
    """Evidence in memory; remembers what was asked for."""

    def __init__(self, *items: Evidence) -> None:
        self.items = {item.digest: item for item in items}
        self.asked: list[str] = []

    def read(self, workload: str, digest: str) -> Evidence:
        self.asked.append(f"{workload} {digest}")
        if digest not in self.items:
            raise UnreadableError("it is not there")
        return self.items[digest]


IN_SHADOW = Recorded(stage=Stage.SHADOW, since=NOW - timedelta(days=2))
GOOD = evidence(Stage.SHADOW)
CANARY = WorkloadState(stage=Stage.CANARY, ceiling=1, evidence=GOOD.digest)


def test_a_proven_step_is_recorded_with_its_time() -> None:
    """C5."""
    result = fleet.decide(
        wanting(fraud_detection=CANARY), before(fraud_detection=IN_SHADOW), Memory(GOOD), NOW
    )
    assert result[FRAUD] == Recorded(stage=Stage.CANARY, ceiling=1, evidence=GOOD.digest, since=NOW)
    assert fleet.recorded(before(**{FRAUD: result[FRAUD]})) == result, "what is exported is read back"


@pytest.mark.parametrize(
    ("shelf", "words"),
    [
        (Memory(), "says MISMATCH (it is not there)"),
        (Memory(GOOD.model_copy(update={"version": 1})), ""),
    ],
    ids=["absent", "present"],
)
def test_named_evidence_has_to_be_there(shelf: Memory, words: str) -> None:
    wanted, stood = wanting(fraud_detection=CANARY), before(fraud_detection=IN_SHADOW)
    if not words:
        fleet.decide(wanted, stood, shelf, NOW)
        return
    with pytest.raises(fleet.RefusedError, match="Nothing was created or changed") as caught:
        fleet.decide(wanted, stood, shelf, NOW)
    assert words in str(caught.value)


@pytest.mark.parametrize("verdict", sorted(set(Verdict) - {Verdict.PASS}))
def test_no_verdict_but_pass_advances(verdict: Verdict) -> None:
    """C7."""
    item = evidence(Stage.SHADOW, verdict)
    wanted = WorkloadState(stage=Stage.CANARY, ceiling=1, evidence=item.digest)
    with pytest.raises(fleet.RefusedError, match=f"says {verdict}"):
        fleet.decide(wanting(fraud_detection=wanted), before(fraud_detection=IN_SHADOW), Memory(item), NOW)


def test_evidence_is_read_only_by_the_change_that_advances() -> None:
    """C7: an unrelated `up` a year later neither reads nor judges it, and the clock of the stage runs on."""
    shelf = Memory()
    stood = Recorded(stage=Stage.CANARY, ceiling=1, evidence=GOOD.digest, since=NOW - timedelta(days=365))
    result = fleet.decide(wanting(fraud_detection=CANARY), before(fraud_detection=stood), shelf, NOW)
    assert result[FRAUD] == stood
    assert shelf.asked == []


def test_the_last_step_may_be_undone_without_evidence() -> None:
    """C5, C8."""
    back = WorkloadState(stage=Stage.FRONTED)
    result = fleet.decide(wanting(fraud_detection=back), before(fraud_detection=IN_SHADOW), Memory(), NOW)
    assert result[FRAUD].stage is Stage.FRONTED


def test_a_line_that_is_gone_takes_nothing_down() -> None:
    """C5: a slip of the hand in an editor is not a step of six stages."""
    with pytest.raises(fleet.RefusedError, match="its line is gone while it stands at shadow"):
        fleet.decide(wanting(), before(fraud_detection=IN_SHADOW), Memory(), NOW)


def test_every_refusal_is_said_at_once_and_nothing_moves() -> None:
    lines = {"churn": WorkloadState(stage=Stage.PLATFORM), "fraud_detection": CANARY}
    with pytest.raises(fleet.RefusedError) as caught:
        fleet.decide(wanting(**lines), {}, Memory(GOOD), NOW)
    text = str(caught.value)
    assert "churn: platform is not next to legacy" in text
    assert "fraud-detection: canary at 1% is not next to legacy" in text


def test_an_output_of_another_form_is_refused_by_name() -> None:
    with pytest.raises(fleet.RefusedError, match=r"cannot be read .* nothing was changed"):
        fleet.decide(wanting(), {"workloads": {FRAUD: {"stage": "warp"}}}, Memory(), NOW)


def test_pin_and_epoch_are_recorded() -> None:
    """C6, C8: what the guard has to know is in the outputs."""
    pinned = WorkloadState(stage=Stage.SHADOW, epoch=4, active=Slot.GREEN)
    result = fleet.decide(wanting(fraud_detection=pinned), before(fraud_detection=IN_SHADOW), Memory(), NOW)
    assert (result[FRAUD].epoch, result[FRAUD].active) == (4, Slot.GREEN)


# With the emulated S3 and KMS


@pytest.fixture
def shelf(session: boto3.Session) -> tuple[S3Shelf, Callable[[Evidence, bytes | None], None]]:
    """The environment's store and key as they are on AWS, and a hand that signs and puts."""
    here = settings("dev")
    kms, s3 = session.client("kms"), session.client("s3")
    key = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=signing_key_of(here), TargetKeyId=key)
    s3.create_bucket(Bucket=bucket_of(here))

    def put(item: Evidence, signature: bytes | None = None) -> None:
        if signature is None:
            payload = item.canonical()
            signature = kms.sign(KeyId=key, Message=payload, MessageType="RAW", SigningAlgorithm=ALGORITHM)[
                "Signature"
            ]
        body = seal(item, signature, signing_key_of(here))
        s3.put_object(Bucket=bucket_of(here), Key=path_of(FRAUD, item.digest), Body=body)

    return S3Shelf(here, session), put


def test_what_kms_signed_is_read_and_what_it_did_not_sign_is_not(
    shelf: tuple[S3Shelf, Callable[..., None]],
) -> None:
    """C7: signed by KMS, verified on reading."""
    reader, put = shelf
    put(GOOD)
    assert reader.read(FRAUD, GOOD.digest) == GOOD
    forged = evidence(Stage.SHADOW, dataset="sha256:" + "b" * 64)
    put(forged, b"0\x06\x02\x01\x01\x02\x01\x01")
    with pytest.raises(UnreadableError, match="not by the key of this environment"):
        reader.read(FRAUD, forged.digest)
    with pytest.raises(UnreadableError, match="could not be read"):
        reader.read("churn", GOOD.digest)


# With the real engine


def test_a_refused_step_fails_the_preview_and_the_last_output_is_what_counts(tmp_path: Path) -> None:
    """C5, C7: the engine itself keeps where a workload stood, and shows one message without a traceback."""
    wanted: list[Settings] = [wanting(fraud_detection=WorkloadState(stage=Stage.FRONTED))]

    def program() -> None:
        try:
            crossed = fleet.decide(wanted[0], fleet.last_outputs(), Memory(), NOW)
        except fleet.RefusedError as error:
            raise pulumi.RunError(str(error)) from None
        pulumi.export("workloads", fleet.exported(crossed))

    stack = engine(tmp_path, {}, program)
    stack.up()
    wanted[0] = wanting(fraud_detection=WorkloadState(stage=Stage.CANARY, ceiling=1))
    with pytest.raises(EngineError) as caught:
        stack.preview()
    assert "canary at 1% is not next to fronted, so it stays at fronted." in str(caught.value)
    assert "Traceback" not in str(caught.value)
    wanted[0] = wanting(fraud_detection=WorkloadState(stage=Stage.LEGACY))
    assert stack.preview().changed == 0
