"""Evidence counts for one step of one workload, for a while, and only as it was signed (C7).

Proves reading and judging with a key of this test; KMS's own signature is met in the gate's tests.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workloads.evidence import (
    Asked,
    Check,
    Evidence,
    Kind,
    UnreadableError,
    Verdict,
    judge,
    seal,
    unseal,
)
from workloads.state import Stage

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
DIGEST = "sha256:" + "a" * 64


def check(verdict: Verdict = Verdict.PASS, kind: Kind = Kind.PARITY) -> Check:
    return Check(kind=kind, metric="auc", verdict=verdict, method="DeLong", n=4_000)


def evidence(**changes: Any) -> Evidence:
    values = {
        "workload": "churn",
        "environment": "dev",
        "stage": Stage.SHADOW,
        "legacy_model": DIGEST,
        "platform_model": DIGEST,
        "dataset": DIGEST,
        "checks": (check(),),
        "multiplicity": "all must pass",
        "made_at": NOW - timedelta(hours=1),
        "expires_at": NOW + timedelta(hours=23),
    }
    return Evidence.model_validate({**values, **changes})


ASKED = Asked(
    workload="churn",
    environment="dev",
    stage=Stage.SHADOW,
    ceiling=None,
    since=NOW - timedelta(hours=2),
    kinds=frozenset({Kind.PARITY}),
)


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, Verdict.PASS),
        ({"workload": "ocr"}, Verdict.MISMATCH),
        ({"environment": "staging"}, Verdict.MISMATCH),
        ({"stage": Stage.CANARY}, Verdict.MISMATCH),
        ({"ceiling": 5}, Verdict.MISMATCH),
        ({"made_at": NOW + timedelta(minutes=1)}, Verdict.MISMATCH),
        ({"expires_at": NOW}, Verdict.STALE),
        ({"made_at": NOW - timedelta(hours=3)}, Verdict.STALE),
        ({"checks": ()}, Verdict.NO_DATA),
        ({"checks": (check(kind=Kind.SLO),)}, Verdict.NO_DATA),
        ({"checks": (check(), check(Verdict.FAIL, Kind.SLO))}, Verdict.FAIL),
        ({"checks": (check(Verdict.TOO_SMALL),)}, Verdict.TOO_SMALL),
        ({"checks": (check(Verdict.NO_DATA),)}, Verdict.NO_DATA),
    ],
    ids=lambda value: str(value)[:40],
)
def test_each_way_of_not_being_enough_is_a_state_of_its_own(
    changes: dict[str, Any], verdict: Verdict
) -> None:
    """C7: stale, too small, mismatched and missing are not one "no"."""
    assert judge(evidence(**changes), ASKED, NOW).verdict is verdict


def test_evidence_about_another_model_than_the_one_asked_for_is_a_mismatch() -> None:
    asked = ASKED.model_copy(update={"platform_model": "sha256:" + "b" * 64})
    assert judge(evidence(), asked, NOW).verdict is Verdict.MISMATCH


# Signed and named by content

KEY = b"of this test"


def sign(payload: bytes) -> bytes:
    return hmac.digest(KEY, payload, hashlib.sha256)


def verify(payload: bytes, signature: bytes) -> bool:
    return hmac.compare_digest(sign(payload), signature)


def test_what_was_sealed_is_read_back() -> None:
    item = evidence()
    assert unseal(seal(item, sign(item.canonical()), "key"), item.digest, verify) == item


@given(st.data())
def test_no_change_of_a_byte_goes_unseen(data: st.DataObject) -> None:
    """C7: digest-addressed and signed."""
    item = evidence()
    content = bytearray(seal(item, sign(item.canonical()), "key"))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    try:
        assert unseal(bytes(content), item.digest, verify) == item
    except UnreadableError:
        return
    envelope = json.loads(bytes(content))
    assert envelope["payload"].encode() == item.canonical(), "only the name of the key may differ"


def test_another_evidence_signed_well_is_not_this_one() -> None:
    other = evidence(workload="ocr")
    with pytest.raises(UnreadableError, match="its content is sha256:"):
        unseal(seal(other, sign(other.canonical()), "key"), evidence().digest, verify)


def test_a_signature_by_another_key_is_refused() -> None:
    item = evidence()
    with pytest.raises(UnreadableError, match="not by the key of this environment"):
        unseal(seal(item, b"forged", "key"), item.digest, verify)
