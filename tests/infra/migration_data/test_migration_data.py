"""Data migration (A9): what a task does and may do, and the comparison that says whether anything was lost.

Proves what is asked of DataSync and that a loss is noticed. That DataSync moves the bytes is AWS's to prove:
the emulated account moves none.
"""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest

from infra.iam import document
from infra.migration_data import policy
from infra.migration_data.comparison import compare
from infra.specs.data_sources import DataSource
from sandbox.aws.policy import Request, evaluate
from stacks.settings import example
from stacks.settings.services import ServicesSpec
from tests.infra.engine import Made
from tests.infra.environments import build, made, settings

SOURCES = [DataSource.model_validate(item) for item in example.DOCUMENT["services"]["data_sources"]]
STORE = "ferry-dev-models-123456789012-us-east-1"
KEY = "arn:aws:kms:us-east-1:123456789012:key/data"


@functools.cache
def moving() -> Made:
    services = ServicesSpec(data_sources=SOURCES)
    return build(settings("dev").model_copy(update={"services": services}), "dev")


def tasks() -> dict[str, dict[str, Any]]:
    return {item.name: item.inputs for item in moving().of("aws:datasync/task:Task")}


def test_every_run_verifies_and_deletes_nothing() -> None:
    """A9: zero loss."""
    assert set(tasks()) == {"migration-transactions-nfs", "migration-legacy-models"}
    for task in tasks().values():
        assert task["options"]["verifyMode"] == "POINT_IN_TIME_CONSISTENT"
        assert task["options"]["preserveDeletedFiles"] == "PRESERVE"
        assert task["cloudwatchLogGroupArn"]


def test_a_file_servers_owners_are_kept_and_a_buckets_have_none() -> None:
    """A9."""
    files, objects = tasks()["migration-transactions-nfs"], tasks()["migration-legacy-models"]
    assert (files["options"]["posixPermissions"], files["options"]["uid"]) == ("PRESERVE", "INT_VALUE")
    assert (objects["options"]["posixPermissions"], objects["options"]["uid"]) == ("NONE", "NONE")
    assert objects["options"]["objectTags"] == "PRESERVE"


def test_the_line_and_the_clock_are_what_the_settings_say() -> None:
    """A9."""
    files, objects = tasks()["migration-transactions-nfs"], tasks()["migration-legacy-models"]
    assert files["options"]["bytesPerSecond"] == 50 * 1024 * 1024
    assert files["schedule"]["scheduleExpression"] == "cron(0 2 * * ? *)"
    assert objects["options"]["bytesPerSecond"] == -1
    assert "schedule" not in objects


def test_a_location_waits_for_the_right_that_datasync_tries() -> None:
    """A9, E1."""
    for end in ("from", "into"):
        location = moving().one("aws:datasync/s3Location:S3Location", f"legacy-models-{end}")
        assert (
            moving().one("aws:iam/rolePolicy:RolePolicy", f"legacy-models-{end}-policy").urn
            in location.depends_on
        )


@pytest.mark.parametrize(
    ("action", "resource", "may"),
    [
        ("s3:GetObject", "arn:aws:s3:::legacy/models/a", (True, False)),
        ("s3:PutObject", "arn:aws:s3:::legacy/models/a", (False, False)),
        ("s3:GetObject", "arn:aws:s3:::legacy/other/a", (False, False)),
        ("s3:PutObject", f"arn:aws:s3:::{STORE}/migrated/a", (False, True)),
        ("s3:PutObject", f"arn:aws:s3:::{STORE}/live/a", (False, False)),
        ("s3:PutObject", "arn:aws:s3:::ferry-dev-evidence-123456789012-us-east-1/migrated/a", (False, False)),
        ("s3:DeleteBucket", f"arn:aws:s3:::{STORE}", (False, False)),
    ],
)
def test_a_role_reads_its_source_and_writes_its_prefix_and_nothing_else(
    action: str, resource: str, may: tuple[bool, bool]
) -> None:
    """A9, A4: judged by what is refused."""
    ends = [
        policy.read_source("legacy", "/models", None, "us-east-1"),
        policy.write_store(STORE, "/migrated", KEY, "us-east-1"),
    ]
    request = Request("arn:aws:iam::123456789012:role/tested", action, resource, {})
    assert tuple(evaluate(request, [json.loads(document(end))]).allowed for end in ends) == may


def test_a_file_that_is_missing_or_changed_is_a_loss_and_named() -> None:
    """A9: by count and checksum."""
    found = compare({"a": "11", "b": "22", "c": "33"}, {"a": "11", "b": "23", "d": "44"})
    assert (found.arrived, found.missing, found.changed, found.extra) == (1, ["c"], ["b"], ["d"])
    assert not found.lossless
    assert found.problems() == ["c has not arrived", "b arrived with another content"]


def test_what_only_the_destination_has_is_no_loss() -> None:
    """A9."""
    assert compare({"a": "11"}, {"a": "11", "old": "00"}).lossless


def test_an_empty_source_proves_nothing() -> None:
    """A9."""
    found = compare({}, {})
    assert not found.lossless
    assert found.problems()


def test_without_sources_nothing_is_made() -> None:
    """A9, E5."""
    assert not [item.name for item in made("dev").aws() if item.name.startswith("migration-")]
    assert made("dev").exports["data_migration"] == {}
