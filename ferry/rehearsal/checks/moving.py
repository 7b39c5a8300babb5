"""Data that move: a source is filled, moved into a store, and both ends are compared by count and checksum.

The emulated account has DataSync's locations and tasks and moves nothing, so the rehearsal makes the copy and
says so; the comparison is the one that the runbook uses. A twin with a lost and a changed file is noticed.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from ferry.rehearsal.checks.context import CheckContext, Note
from ferry.report.model import Check, Claim
from infra.migration_data.comparison import compare

ARRIVED = Claim("data.arrived", "A9", "everything at the source has arrived, by count and by checksum")
LOSS = Claim("data.loss", "A9", "a file that is lost and one that is changed on the way are both noticed")
TASKS = Claim("data.tasks", "A9", "every source of the settings has a task that verifies")

COPIED = "data migration: the rehearsal copied the objects; the emulated account's DataSync moves nothing"
FILES, BYTES = 20, 1024
PREFIX = "rehearsal/moved/"


def run(context: CheckContext, note: Note) -> list[Check]:
    """Fill a source, move it, compare; then lose one file and change another, and compare again."""
    if "data_migration" not in context.settings.enabled:
        return []
    found = [TASKS.none_of(_task_faults(context))]
    note(f"{FILES} objects are moved and compared")
    s3, source = context.aws("s3"), f"{context.settings.cluster_name}-rehearsal-source"
    store = context.outputs["stores"]["training-data"]
    s3.create_bucket(Bucket=source)
    try:
        _fill(s3, source)
        _copy(s3, source, store)
        context.simulated.append(COPIED)
        whole = compare(listing(s3, source, ""), listing(s3, store, PREFIX))
        found.append(ARRIVED.equal(FILES, whole.arrived, "files", whole.problems()))
        s3.delete_object(Bucket=store, Key=f"{PREFIX}part-00")
        s3.put_object(Bucket=store, Key=f"{PREFIX}part-01", Body=b"changed")
        torn = compare(listing(s3, source, ""), listing(s3, store, PREFIX))
        found.append(LOSS.equal(2, len(torn.problems()), "noticed", torn.problems()))
    finally:
        _empty(s3, store, PREFIX)
        _empty(s3, source, "")
        s3.delete_bucket(Bucket=source)
    return found


def _task_faults(context: CheckContext) -> list[str]:
    datasync, made = context.aws("datasync"), context.outputs["data_migration"]
    wanted = {source.name for source in context.settings.services.data_sources}
    faults = [f"{name} has no task" for name in sorted(wanted - made.keys())]
    for name, arn in made.items():
        if datasync.describe_task(TaskArn=arn)["Options"]["VerifyMode"] == "NONE":
            faults.append(f"the task of {name} verifies nothing")
    return faults


def listing(s3: Any, bucket: str, prefix: str) -> dict[str, str]:
    """Path below the prefix → SHA-256 of the content, read back byte by byte."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
    return {
        key.removeprefix(prefix): hashlib.sha256(
            s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        ).hexdigest()
        for key in keys
    }


def _fill(s3: Any, bucket: str) -> None:
    for number in range(FILES):
        s3.put_object(Bucket=bucket, Key=f"part-{number:02}", Body=secrets.token_bytes(BYTES))


def _copy(s3: Any, source: str, store: str) -> None:
    for key in listing(s3, source, ""):
        s3.copy_object(Bucket=store, Key=f"{PREFIX}{key}", CopySource={"Bucket": source, "Key": key})


def _empty(s3: Any, bucket: str, prefix: str) -> None:
    """Every version below a prefix."""
    listed = s3.list_object_versions(Bucket=bucket, Prefix=prefix)
    for item in [*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())]:
        s3.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
