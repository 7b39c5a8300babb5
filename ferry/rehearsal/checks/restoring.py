"""Backups and a rehearsed restore: what would be taken, and that what was lost comes back.

A store's object comes back byte by byte, from a version that S3 kept. A database comes back as an instance
with the same engine, key and protection; its rows do not, because no server runs behind the emulated
account's databases: that part is reported as simulated.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ferry.rehearsal.checks.context import CheckContext, Note, Object
from ferry.report.model import Check, Claim
from infra.scope import BACKUP_TAG

TAKEN = Claim("backup.taken", "A11", "the plan takes every database and store, and copies it where one is")
OBJECT = Claim("restore.object", "A11", "an overwritten and deleted object comes back as it was")
DATABASE = Claim("restore.database", "A11", "a database comes back from a snapshot as it was set up")

KEPT = {"aws:rds/instance:Instance": "identifier", "aws:s3/bucket:Bucket": "bucket"}
"""Types that the plan takes, and what names them."""
NOT_KEPT = ("-access-logs-", "-audit-")
"""Buckets of logs: they have an end of their own, and the trail has its own protection."""

ROWS = "restore of a database: the instance comes back; the emulated account moves no rows"

SAME = (
    "Engine",
    "EngineVersion",
    "DBName",
    "MasterUsername",
    "StorageEncrypted",
    "KmsKeyId",
    "PubliclyAccessible",
    "MultiAZ",
)
"""What a restored database must have in common with the lost one."""


def run(context: CheckContext, note: Note) -> list[Check]:
    """Lose something and bring it back."""
    note("an object is lost and brought back")
    found = [OBJECT.none_of(_object_comes_back(context))]
    note("a database is brought back from a snapshot")
    found.append(DATABASE.none_of(_database_comes_back(context)))
    context.simulated.append(ROWS)
    if "backup" in context.settings.enabled:
        note("what the plan takes")
        found.append(TAKEN.none_of(_plan_faults(context)))
    return found


# --- what would be taken --------------------------------------------------------------------------


def _plan_faults(context: CheckContext) -> list[str]:
    backup, made = context.aws("backup"), context.outputs["backup"]
    plan = backup.get_backup_plan(BackupPlanId=made["plan_id"])["BackupPlan"]
    selections = [item for item in context.resources if item["type"] == "aws:backup/selection:Selection"]
    chosen = [
        backup.get_backup_selection(BackupPlanId=made["plan_id"], SelectionId=item["id"])["BackupSelection"]
        for item in selections
    ]
    untaken = untagged(context.resources, context.settings.cluster_name, context.settings.region)
    away = made.get("copies") if context.settings.storage.replica_region else None
    return [*untaken, *misses(chosen, context.settings.cluster_name), *uncopied(plan["Rules"], away)]


def untagged(resources: Iterable[Object], environment: str, region: str) -> list[str]:
    """Databases and stores of the home region that the plan's tag does not reach."""
    missing = []
    for item in resources:
        name = str((item.get("inputs") or {}).get(KEPT.get(str(item["type"]), ""), ""))
        copy = item["type"] == "aws:s3/bucket:Bucket" and not name.endswith(region)
        if not name or copy or any(word in name for word in NOT_KEPT):
            continue
        tags = item["inputs"].get("tags") or {}
        if tags.get(BACKUP_TAG) != environment:
            missing.append(f"{name} does not carry the tag {BACKUP_TAG}={environment}")
    return missing


def misses(selections: Sequence[Mapping[str, Any]], environment: str) -> list[str]:
    """Kinds of resources with the environment's tag that no selection takes."""
    wanted = {"ConditionKey": f"aws:ResourceTag/{BACKUP_TAG}", "ConditionValue": environment}
    taken = {
        arn
        for one in selections
        if (one.get("Conditions") or {}).get("StringEquals") == [wanted]
        for arn in one.get("Resources") or ()
    }
    return [
        f"no selection takes {kind} by the environment's tag"
        for kind, arn in {
            "databases": "arn:aws:rds:*:*:db:*",
            "stores": "arn:aws:s3:::*",
            "volumes": "arn:aws:ec2:*:*:volume/*",
        }.items()
        if arn not in taken
    ]


def uncopied(rules: Sequence[Mapping[str, Any]], away: str | None) -> list[str]:
    """Rules whose backups never leave the region, where there is a place to copy them to."""
    if away is None:
        return []
    return [
        f"the rule {rule['RuleName']} copies nothing to {away}"
        for rule in rules
        if away not in [copy["DestinationBackupVaultArn"] for copy in rule.get("CopyActions") or ()]
    ]


# --- what comes back ------------------------------------------------------------------------------


def _object_comes_back(context: CheckContext) -> list[str]:
    """Written, overwritten, deleted; then the first version is copied over it, as the runbook says."""
    s3, bucket, key = context.aws("s3"), context.outputs["stores"]["models"], "rehearsal/restore"
    token = secrets.token_bytes(32)
    first = s3.put_object(Bucket=bucket, Key=key, Body=token)["VersionId"]
    s3.put_object(Bucket=bucket, Key=key, Body=b"overwritten by mistake")
    s3.delete_object(Bucket=bucket, Key=key)
    try:
        s3.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": key, "VersionId": first})
        back = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return [] if back == token else ["the object that came back is not the one that was lost"]
    finally:
        _forget(s3, bucket, key)


def _forget(s3: Any, bucket: str, key: str) -> None:
    listed = s3.list_object_versions(Bucket=bucket, Prefix=key)
    for item in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
        s3.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])


def _database_comes_back(context: CheckContext) -> list[str]:
    rds, name = context.aws("rds"), f"{context.settings.cluster_name}-postgres"
    snapshot, restored = f"{name}-rehearsal", f"{name}-restored"
    lost = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    rds.create_db_snapshot(DBInstanceIdentifier=name, DBSnapshotIdentifier=snapshot)
    try:
        rds.restore_db_instance_from_db_snapshot(
            DBInstanceIdentifier=restored,
            DBSnapshotIdentifier=snapshot,
            DBSubnetGroupName=lost["DBSubnetGroup"]["DBSubnetGroupName"],
            VpcSecurityGroupIds=[group["VpcSecurityGroupId"] for group in lost["VpcSecurityGroups"]],
            MultiAZ=lost["MultiAZ"],
            PubliclyAccessible=False,
            DeletionProtection=False,
        )
        back = rds.describe_db_instances(DBInstanceIdentifier=restored)["DBInstances"][0]
        # The emulation takes the protection over from the snapshot's instance, whatever the restore says.
        rds.modify_db_instance(DBInstanceIdentifier=restored, DeletionProtection=False, ApplyImmediately=True)
        rds.delete_db_instance(DBInstanceIdentifier=restored, SkipFinalSnapshot=True)
        return differences(lost, back)
    finally:
        rds.delete_db_snapshot(DBSnapshotIdentifier=snapshot)


def differences(lost: Mapping[str, Any], back: Mapping[str, Any]) -> list[str]:
    """What a restored database does not have in common with the lost one."""
    return [
        f"{key} is {back.get(key)!r}, was {lost.get(key)!r}" for key in SAME if back.get(key) != lost.get(key)
    ]
