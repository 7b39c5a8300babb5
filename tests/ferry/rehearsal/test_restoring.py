"""Judges of backups and restores: prove what they refuse, on answers of the account."""

from __future__ import annotations

from typing import Any

import pytest

from ferry.rehearsal.checks.restoring import SAME, differences, misses, uncopied, untagged
from infra.scope import BACKUP_TAG

LOST: dict[str, Any] = dict.fromkeys(SAME, "as it was")
SELECTION: dict[str, Any] = {
    "Resources": ["arn:aws:rds:*:*:db:*", "arn:aws:s3:::*", "arn:aws:ec2:*:*:volume/*"],
    "Conditions": {
        "StringEquals": [{"ConditionKey": f"aws:ResourceTag/{BACKUP_TAG}", "ConditionValue": "ferry-dev"}]
    },
}


def bucket(name: str, **tags: str) -> dict[str, Any]:
    return {"type": "aws:s3/bucket:Bucket", "inputs": {"bucket": name, "tags": tags}}


def test_a_database_that_comes_back_as_it_was_has_no_difference() -> None:
    """A11."""
    assert differences(LOST, dict(LOST)) == []


@pytest.mark.parametrize("key", SAME)
def test_a_database_that_comes_back_otherwise_is_named(key: str) -> None:
    """A11: unencrypted, open to the world, another engine…"""
    assert differences(LOST, {**LOST, key: "otherwise"}) == [f"{key} is 'otherwise', was 'as it was'"]


def test_a_store_without_the_tag_is_named_and_logs_and_copies_are_not() -> None:
    """A11."""
    found = untagged(
        [
            bucket("ferry-dev-models-1-us-east-1"),
            bucket("ferry-dev-mlflow-1-us-east-1", **{BACKUP_TAG: "ferry-dev"}),
            bucket("ferry-dev-access-logs-1-us-east-1"),
            bucket("ferry-dev-models-1-us-west-2"),
            {"type": "aws:sqs/queue:Queue", "inputs": {}},
        ],
        "ferry-dev",
        "us-east-1",
    )
    assert found == [f"ferry-dev-models-1-us-east-1 does not carry the tag {BACKUP_TAG}=ferry-dev"]


def test_a_selection_of_another_environment_takes_nothing_here() -> None:
    """A11."""
    assert misses([SELECTION], "ferry-dev") == []
    assert len(misses([SELECTION], "ferry-prod")) == 3
    assert misses([{**SELECTION, "Resources": SELECTION["Resources"][1:]}], "ferry-dev") == [
        "no selection takes databases by the environment's tag"
    ]


def test_a_rule_that_copies_nothing_is_named_where_there_is_another_region() -> None:
    """A11."""
    copied = {"RuleName": "daily", "CopyActions": [{"DestinationBackupVaultArn": "arn:away"}]}
    assert uncopied([copied], "arn:away") == []
    assert uncopied([{"RuleName": "daily"}], "arn:away") == ["the rule daily copies nothing to arn:away"]
    assert uncopied([{"RuleName": "daily"}], None) == []
