"""The judge of MLflow's check (B1, A7): each claim fails when what it claims is not so."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ferry.rehearsal.checks.tracking import Seen, judge, spilled

ROLE = "arn:aws:iam::123456789012:role/ferry-dev-mlflow"
SESSION = "arn:aws:sts::123456789012:assumed-role/ferry-dev-mlflow"
SAID = {"metric": "0.97", "version": "1"}
GOOD = Seen(
    roles={"ferry": False, "mlflow_a": False, "mlflow_b": False, "rehearsal": True},
    owners={"mlflow": "mlflow", "mlflow_auth": "mlflow"},
    master="ferry",
    tables={"mlflow": 40, "mlflow_auth": 9},
    written=b"weights",
    stored=b"weights",
    writers=[f"{SESSION}/botocore-session-1"],
    role=ROLE,
    expected=SAID,
    given_back=SAID,
    answers={"nobody": 401},
    users=("mlflow_a", "mlflow_b"),
    ended=0,
    after=SAID,
    looked_at=3,
)


def test_all_claims_hold_when_all_was_seen() -> None:
    assert [check.id for check in judge(GOOD) if not check.passed] == []


def test_nothing_holds_when_nothing_was_seen() -> None:
    """A check that was interrupted claims nothing."""
    assert [check.id for check in judge(Seen()) if check.passed] == []


@pytest.mark.parametrize(
    ("change", "claim"),
    [
        ({"users": ("ferry", "mlflow_b")}, "mlflow.database"),
        ({"roles": {**GOOD.roles, "mlflow_a": True}}, "mlflow.database"),
        ({"owners": {"mlflow": "ferry", "mlflow_auth": "mlflow"}}, "mlflow.database"),
        ({"tables": {"mlflow": 40, "mlflow_auth": 0}}, "mlflow.migrated"),
        ({"stored": b"others"}, "mlflow.logged"),
        ({"writers": ["arn:aws:iam::123456789012:root"]}, "mlflow.logged"),
        (
            {"writers": ["arn:aws:sts::123456789012:assumed-role/ferry-dev-mlflow-database/x"]},
            "mlflow.logged",
        ),
        ({"given_back": {**SAID, "version": "2"}}, "mlflow.read-back"),
        ({"answers": {"nobody": 200}}, "mlflow.refused"),
        ({"answers": {"nobody": 403}}, "mlflow.refused"),
        ({"ended": None}, "mlflow.rotated"),
        ({"users": ("mlflow_a", "mlflow_a")}, "mlflow.rotated"),
        ({"after": {}}, "mlflow.rotated"),
        ({"spilled": ["an argument"]}, "mlflow.secret"),
    ],
)
def test_each_claim_fails_for_its_own_fault_and_no_other(change: dict[str, Any], claim: str) -> None:
    checks = judge(dataclasses.replace(GOOD, **change))
    assert [check.id for check in checks if not check.passed] == [claim]


def test_a_spilled_word_is_shown_by_its_place_and_not_itself() -> None:
    """A7."""
    texts = {"the log a": "fine\npassword=hunter2 for hunter2!", "the log b": "nothing"}
    assert spilled(texts, {"hunter2", "absent"}) == ["the log a, line 2: password=*** for ***!"]
