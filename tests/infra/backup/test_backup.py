"""Backup (A11): what is taken, for how long it is kept, and who can take it away.

Proves what is asked of AWS Backup. That something comes back is the rehearsal's to prove, as far as an
emulated account can.
"""

from __future__ import annotations

import functools
from typing import Any

from infra.backup import plan
from infra.scope import BACKUP_TAG
from infra.specs.backup import BackupSpec
from stacks.settings.services import ServicesSpec
from tests.infra.engine import Made, policy
from tests.infra.environments import build, made, settings

LOCK = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"
CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"


@functools.cache
def locked(lock: str, *, teardown: bool = False) -> Made:
    services = ServicesSpec(backup=BackupSpec(lock=lock))  # type: ignore[arg-type] # one of three words
    return build(settings("prod").model_copy(update={"services": services, "teardown": teardown}), "prod")


def test_a_day_and_a_month_are_kept_as_long_as_the_settings_say() -> None:
    """A11."""
    daily, monthly = plan.rules(BackupSpec(hour=4, keep_days=10, keep_monthly_days=90), copied=False)
    assert (daily.schedule, daily.keep_days) == ("cron(0 4 * * ? *)", 10)
    assert (monthly.schedule, monthly.keep_days) == ("cron(0 4 1 * ? *)", 90)
    assert daily.copy_keep_days is None


def test_production_copies_every_backup_to_the_other_region() -> None:
    """A11."""
    copies = made("prod").one("aws:backup/vault:Vault", "backup-copies")
    assert "::aws-us-west-2::" in copies.provider
    rules = made("prod").of("aws:backup/plan:Plan")[0].inputs["rules"]
    assert [rule["ruleName"] for rule in rules] == ["daily", "monthly"]
    for rule in rules:
        assert (
            rule["copyActions"][0]["destinationVaultArn"]
            == "arn:aws:backup:us-east-1:123456789012:ferry-prod-copies"
        )
    assert not [item for item in made("dev").of("aws:backup/vault:Vault") if "copies" in item.name]


def test_productions_vaults_are_locked_for_what_the_plan_keeps() -> None:
    """A11: governance by default; compliance only after a time to think."""
    locks = made("prod").of(LOCK)
    assert len(locks) == 2
    for lock in locks:
        assert (lock.inputs["minRetentionDays"], lock.inputs["maxRetentionDays"]) == (35, 365)
        assert "changeableForDays" not in lock.inputs
    assert not made("dev").of(LOCK)
    assert all(lock.inputs["changeableForDays"] == 14 for lock in locked("compliance").of(LOCK))


def test_a_reviewed_teardown_lifts_the_lock_and_the_protection() -> None:
    """A11."""
    torn = locked("governance", teardown=True)
    assert not torn.of(LOCK)
    assert all(
        item.inputs["forceDestroy"] is True and not item.protect for item in torn.of("aws:backup/vault:Vault")
    )
    kept = made("prod").of("aws:backup/vault:Vault")
    assert all(item.inputs["forceDestroy"] is False and item.protect for item in kept)


def test_everything_that_holds_data_carries_the_tag_and_nothing_else() -> None:
    """A11: the databases and stores at home; not logs, and not the copies, which are copies already."""
    tagged = {item.name for item in made("prod").aws() if BACKUP_TAG in (item.inputs.get("tags") or {})}
    stores = {
        f"stores-{name}-bucket" for name in ("models", "pipelines", "mlflow", "training-data", "evidence")
    }
    assert tagged == {"postgres-instance", "pipelines-mysql-instance", *stores}


def test_the_selection_takes_only_what_is_of_this_environment() -> None:
    """A11."""
    selection = made("prod").of("aws:backup/selection:Selection")[0].inputs
    (equal,) = selection["conditions"][0]["stringEquals"]
    assert equal == {"key": f"aws:ResourceTag/{BACKUP_TAG}", "value": "ferry-prod"}
    assert "*" not in selection["resources"]


def test_volumes_that_stay_are_taken_too() -> None:
    """A11: the class with Retain tags its volumes; the one for throw-away data does not."""
    classes = {item.inputs["metadata"]["name"]: item.inputs for item in made("prod").of(CLASS)}
    assert classes["gp3-retain"]["reclaimPolicy"] == "Retain"
    assert classes["gp3-retain"]["parameters"]["tagSpecification_1"] == f"{BACKUP_TAG}=ferry-prod"
    assert not [key for key in classes["gp3"]["parameters"] if key.startswith("tagSpecification")]


def test_roles_are_taken_by_backup_alone_and_those_that_bring_back_do_not_take() -> None:
    """A11."""
    for name in ("backup-backup-role", "backup-restore-role"):
        trust = policy(made("prod").one("aws:iam/role:Role", name), "assumeRolePolicy")["Statement"][0]
        assert trust["Principal"] == {"Service": "backup.amazonaws.com"}
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    attached = made("prod").of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    brings: list[Any] = [item.inputs["policyArn"] for item in attached if "backup-restore" in item.name]
    assert brings
    assert all("Restore" in arn for arn in brings)


def test_backup_that_is_off_leaves_nothing_behind() -> None:
    """A11, E5."""
    capabilities = {**settings("prod").capabilities, "backup": False}
    off = build(settings("prod").model_copy(update={"capabilities": capabilities}), "prod")
    assert not [item.name for item in off.aws() if item.type.startswith("aws:backup/")]
    assert "backup" not in off.exports
