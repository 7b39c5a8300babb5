"""AWS Backup: selections, and a plan that changes. moto has vaults and plans, which it never changes."""

from __future__ import annotations

import time
import uuid
from http import HTTPStatus
from typing import Any

from moto.backup.models import backup_backends

from sandbox.aws.gaps.asking import PASS, Ask, Gap
from sandbox.aws.wire import RefusedError


def _plan(ask: Ask) -> Any:
    found = backup_backends[ask.account][ask.region].plans.get(str(ask.params["BackupPlanId"]))
    if found is None or found.deletion_date is not None:
        message = "Failed reading Backup plan with provided version"
        raise RefusedError("ResourceNotFoundException", message, HTTPStatus.BAD_REQUEST)
    return found


def _selections(plan: Any) -> dict[str, dict[str, Any]]:
    """Kept with the plan that they belong to; moto's own class has no place for them."""
    found: dict[str, dict[str, Any]] = vars(plan).setdefault("ferry_selections", {})
    return found


def _vault_exists(ask: Ask, name: str) -> None:
    if name not in backup_backends[ask.account][ask.region].vaults:
        message = f"Backup vault {name} does not exist"
        raise RefusedError("InvalidParameterValueException", message, HTTPStatus.BAD_REQUEST)


def check_plan(ask: Ask) -> object:
    """CreateBackupPlan; refused when a rule's vault does not exist."""
    for rule in ask.params["BackupPlan"]["Rules"]:
        _vault_exists(ask, str(rule["TargetBackupVaultName"]))
    return PASS


def get_plan(ask: Ask) -> object:
    """GetBackupPlan; a deleted plan is gone here, as its handler wants to know."""
    _plan(ask)
    return PASS


def update_plan(ask: Ask) -> object:
    """UpdateBackupPlan: the new document in the place of the old."""
    plan = _plan(ask)
    check_plan(ask)
    plan.backup_plan = dict(ask.params["BackupPlan"])
    plan.version_id = uuid.uuid4().hex
    return {
        "BackupPlanId": plan.backup_plan_id,
        "BackupPlanArn": plan.backup_plan_arn,
        "VersionId": plan.version_id,
        "CreationDate": plan.creation_date,
    }


def delete_plan(ask: Ask) -> object:
    """DeleteBackupPlan; refused while it has selections."""
    if _selections(_plan(ask)):
        message = "Related backup plan selections must be deleted prior to backup plan deletion"
        raise RefusedError("InvalidRequestException", message, HTTPStatus.BAD_REQUEST)
    return PASS


def select(ask: Ask) -> object:
    """CreateBackupSelection."""
    plan, identity = _plan(ask), str(uuid.uuid4())
    now = time.time()
    _selections(plan)[identity] = {"made": now, "selection": dict(ask.params["BackupSelection"])}
    return {"SelectionId": identity, "BackupPlanId": plan.backup_plan_id, "CreationDate": now}


def _selection(ask: Ask) -> dict[str, Any]:
    found = _selections(_plan(ask)).get(str(ask.params["SelectionId"]))
    if found is None:
        message = f"Cannot find Backup selection with Id {ask.params['SelectionId']}"
        raise RefusedError("ResourceNotFoundException", message, HTTPStatus.BAD_REQUEST)
    return found


def get_selection(ask: Ask) -> object:
    """GetBackupSelection."""
    found = _selection(ask)
    return {
        "BackupSelection": found["selection"],
        "SelectionId": ask.params["SelectionId"],
        "BackupPlanId": ask.params["BackupPlanId"],
        "CreationDate": found["made"],
    }


def delete_selection(ask: Ask) -> object:
    """DeleteBackupSelection."""
    _selection(ask)
    _selections(_plan(ask)).pop(str(ask.params["SelectionId"]))
    return {}


GAP = Gap(
    "backup",
    {
        "CreateBackupPlan": check_plan,
        "GetBackupPlan": get_plan,
        "UpdateBackupPlan": update_plan,
        "DeleteBackupPlan": delete_plan,
        "CreateBackupSelection": select,
        "GetBackupSelection": get_selection,
        "DeleteBackupSelection": delete_selection,
    },
)
