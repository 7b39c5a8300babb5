"""Samples of AWS Backup."""

from __future__ import annotations

from typing import Any

from sandbox.providers.base import Props
from tests.sandbox.providers.aws.bench import Bench, Made
from tests.sandbox.providers.aws.makers import key, role
from tests.sandbox.providers.aws.sample import Sample


def _vault(bench: Bench) -> Made:
    return bench.make("aws:backup/vault:Vault", {"name": "things"})


def _held(bench: Bench, name: str) -> dict[str, Any]:
    found = bench.boto("backup").list_backup_vaults()["BackupVaultList"]
    return next(item for item in found if item["BackupVaultName"] == name)


def _plan(bench: Bench) -> Made:
    return bench.make("aws:backup/plan:Plan", _plan_inputs(bench))


def _plan_inputs(bench: Bench) -> Props:
    vault = _vault(bench)
    copy = {"destinationVaultArn": vault["arn"], "lifecycle": {"deleteAfter": 7}}
    rule = {"ruleName": "daily", "targetVaultName": vault.id, "schedule": "cron(0 3 * * ? *)"}
    return {"name": "things", "rules": [{**rule, "lifecycle": {"deleteAfter": 35}, "copyActions": [copy]}]}


def _selected(bench: Bench, made: Made) -> Any:
    where = {"BackupPlanId": made["planId"], "SelectionId": made.id}
    return bench.boto("backup").get_backup_selection(**where)["BackupSelection"]


SAMPLES: dict[str, Sample] = {
    "aws:backup/vault:Vault": Sample(
        lambda b: {"name": "things", "kmsKeyArn": key(b)["arn"], "tags": {"Name": "one"}},
        lambda b, m: b.boto("backup").describe_backup_vault(BackupVaultName=m.id),
        lambda _: {"tags": {"Name": "two"}},
        unreadable=frozenset({"forceDestroy"}),
    ),
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": Sample(
        lambda b: {"backupVaultName": _vault(b).id, "minRetentionDays": 7, "maxRetentionDays": 365},
        lambda b, m: _held(b, m.id)["Locked"],
    ),
    "aws:backup/plan:Plan": Sample(
        _plan_inputs,
        lambda b, m: b.boto("backup").get_backup_plan(BackupPlanId=m.id),
        lambda _: {
            "rules": [{"ruleName": "weekly", "targetVaultName": "things", "schedule": "cron(0 3 ? * 1 *)"}]
        },
    ),
    "aws:backup/selection:Selection": Sample(
        lambda b: {
            "name": "tagged",
            "planId": _plan(b).id,
            "iamRoleArn": role(b, "backup.amazonaws.com")["arn"],
            "resources": ["arn:aws:rds:*:*:db:*"],
            "conditions": [{"stringEquals": [{"key": "aws:ResourceTag/backup", "value": "yes"}]}],
        },
        _selected,
        importable=False,
    ),
}
