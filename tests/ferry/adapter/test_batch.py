"""A run of batch work as its CronJob starts it, against an emulated S3 (C9)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from ferry.adapter.batch import Folder, OldOutput, OutputError, carry
from ferry.batch.publish import S3
from tests.ferry.adapter.test_adapter import policy
from workloads.state import Stage
from workloads.traffic import Side

AT = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
POINTER = "batch/churn/published/churn/2026-11-20T0430.json"


@pytest.fixture
def s3(session: boto3.Session) -> Any:
    client = session.client("s3")
    client.create_bucket(Bucket="evidence")
    client.create_bucket(Bucket="old")
    return client


def run(s3: Any) -> None:
    told = policy("churn", "churn").model_copy(update={"stage": Stage.SHADOW})
    output = OldOutput(s3, "old", "{logical:%Y-%m-%d}.csv")
    carry(told, Side.LEGACY, AT, output, Folder(S3(s3, "evidence"), "batch/churn/"), tolerance=0.0)


def test_an_old_jobs_file_is_published_once_below_the_workloads_own_folder(s3: Any) -> None:
    """C9: a second pod of the same date, or a retry, changes nothing."""
    s3.put_object(Bucket="old", Key="2026-11-20.csv", Body=b"key,score\na,0.5\n")
    run(s3)
    first = s3.get_object(Bucket="evidence", Key=POINTER)
    pointer = json.loads(first["Body"].read())
    assert pointer["side"] == "legacy"
    rows = s3.get_object(Bucket="evidence", Key=f"batch/churn/{pointer['output']}")["Body"].read()
    assert json.loads(rows) == {"a": 0.5}
    run(s3)
    assert s3.get_object(Bucket="evidence", Key=POINTER)["ETag"] == first["ETag"]
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket="evidence")["Contents"]]
    assert all(key.startswith("batch/churn/") for key in keys)


def test_where_the_old_job_left_nothing_nothing_is_published(s3: Any) -> None:
    """C9."""
    with pytest.raises(OutputError, match=r"NoSuchKey.*so nothing of 2026-11-20 04:30 is compared"):
        run(s3)
    assert "Contents" not in s3.list_objects_v2(Bucket="evidence")
