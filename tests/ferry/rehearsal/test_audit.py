"""The judge of the audit trail: proves what it refuses, on answers of the account."""

from __future__ import annotations

from typing import Any

import pytest

from ferry.rehearsal.checks.audit import enabled_logs, faults, unseen

TRAIL: dict[str, Any] = {
    "LogFileValidationEnabled": True,
    "KmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/1",
    "IsMultiRegionTrail": True,
    "CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:/ferry-dev/audit:*",
}


def selector(**more: Any) -> dict[str, Any]:
    fields = [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
        {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::models/", "arn:aws:s3:::data/"]},
    ]
    return {"FieldSelectors": [*fields, *more.get("besides", [])]}


def test_a_trail_with_everything_has_no_fault() -> None:
    """A10."""
    assert faults(TRAIL, logging=True) == []
    assert unseen([selector()], ["models", "data"]) == []


@pytest.mark.parametrize("promise", TRAIL)
def test_each_promise_that_is_off_is_named(promise: str) -> None:
    """A10."""
    assert len(faults({**TRAIL, promise: None}, logging=True)) == 1


def test_a_trail_that_does_not_run_is_named() -> None:
    """A10."""
    assert faults(TRAIL, logging=False) == ["it does not run"]


def test_a_store_that_no_selector_covers_is_named() -> None:
    """A10: and one of which only the reads are seen counts as unseen."""
    assert unseen([selector()], ["models", "evidence"]) == ["objects of evidence are read and changed unseen"]
    reads = selector(besides=[{"Field": "readOnly", "Equals": ["true"]}])
    assert len(unseen([reads], ["models"])) == 1


def test_the_control_planes_audit_log_counts_only_when_it_is_on() -> None:
    """A10."""
    on, off = {"types": ["audit"], "enabled": True}, {"types": ["audit"], "enabled": False}
    assert enabled_logs({"clusterLogging": [on]}) == {"audit"}
    assert enabled_logs({"clusterLogging": [off]}) == set()
