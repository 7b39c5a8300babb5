"""AWS Backup: vaults with their locks, plans, selections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sandbox.providers.aws.handler import Change, Handler, Made, Scope, Tags, given
from sandbox.providers.aws.naming import AutoName
from sandbox.providers.base import Props


class BackupHandler(Handler):
    """A resource of AWS Backup, tagged by its ARN."""

    def retag(self, aws: Scope, id_: str, state: Props, put: Tags, drop: Sequence[str]) -> None:
        client, arn = aws.client("backup"), state["arn"]
        if put:
            client.tag_resource(ResourceArn=arn, Tags=dict(put))
        if drop:
            client.untag_resource(ResourceArn=arn, TagKeyList=list(drop))

    def tags(self, aws: Scope, arn: str) -> dict[str, str]:
        """Live tags."""
        found: dict[str, str] = aws.client("backup").list_tags(ResourceArn=arn).get("Tags") or {}
        return dict(found)


def _vault(aws: Scope, name: str) -> dict[str, Any] | None:
    """As the list tells it, which says more than moto's description."""
    vaults = aws.client("backup").list_backup_vaults()["BackupVaultList"]
    return next((item for item in vaults if item["BackupVaultName"] == name), None)


class Vault(BackupHandler):
    """``aws:backup/vault:Vault``; its id is its name."""

    title = "Backup Vault"
    cfn = "AWS::Backup::BackupVault"
    names = {"name": "BackupVaultName", "kmsKeyArn": "EncryptionKeyArn", "forceDestroy": ""}
    autoname = AutoName("name", 50)
    defaults = {"forceDestroy": False}

    def create(self, aws: Scope, inputs: Props) -> Made:
        made = aws.client("backup").create_backup_vault(
            BackupVaultName=inputs["name"],
            BackupVaultTags=dict(inputs.get("tagsAll") or {}),
            **given(EncryptionKeyArn=inputs.get("kmsKeyArn")),
        )
        return Made(inputs["name"], {"arn": made["BackupVaultArn"], "recoveryPoints": 0})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = _vault(aws, id_)
        if found is None:
            return None
        arn = found["BackupVaultArn"]
        return {
            "arn": arn,
            "name": id_,
            "recoveryPoints": found.get("NumberOfRecoveryPoints", 0),
            "tagsAll": self.tags(aws, arn),
            **given(kmsKeyArn=found.get("EncryptionKeyArn")),
        }

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        """Only ``forceDestroy`` can change in place, which is the engine's own affair."""

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("backup").delete_backup_vault(BackupVaultName=id_)


class VaultLockConfiguration(Handler):
    """``aws:backup/vaultLockConfiguration:VaultLockConfiguration``; its id is the vault's name."""

    title = "Backup Vault Lock Configuration"
    replace_on = frozenset({"backupVaultName", "changeableForDays", "maxRetentionDays", "minRetentionDays"})

    def create(self, aws: Scope, inputs: Props) -> Made:
        name = inputs["backupVaultName"]
        aws.client("backup").put_backup_vault_lock_configuration(
            BackupVaultName=name,
            **given(
                MinRetentionDays=inputs.get("minRetentionDays"),
                MaxRetentionDays=inputs.get("maxRetentionDays"),
                ChangeableForDays=inputs.get("changeableForDays"),
            ),
        )
        return Made(name, {"backupVaultArn": aws.arn("backup", f"backup-vault:{name}")})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = _vault(aws, id_)
        if found is None or not found.get("Locked"):
            return None
        return {
            "backupVaultName": id_,
            "backupVaultArn": found["BackupVaultArn"],
            **given(
                minRetentionDays=found.get("MinRetentionDays"),
                maxRetentionDays=found.get("MaxRetentionDays"),
                changeableForDays=state.get("changeableForDays"),
            ),
        }

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("backup").delete_backup_vault_lock_configuration(BackupVaultName=id_)


_RULE: Final = {
    "ruleName": "RuleName",
    "targetVaultName": "TargetBackupVaultName",
    "schedule": "ScheduleExpression",
    "scheduleExpressionTimezone": "ScheduleExpressionTimezone",
    "startWindow": "StartWindowMinutes",
    "completionWindow": "CompletionWindowMinutes",
    "enableContinuousBackup": "EnableContinuousBackup",
}
_LIFE: Final = {"deleteAfter": "DeleteAfterDays", "coldStorageAfter": "MoveToColdStorageAfterDays"}
_WINDOWS: Final = {"startWindow": 60, "completionWindow": 180, "scheduleExpressionTimezone": "Etc/UTC"}
"""What pulumi-aws documents as the defaults of a rule."""


class Plan(BackupHandler):
    """``aws:backup/plan:Plan``; its id is the plan's."""

    title = "Backup Plan"
    autoname = AutoName("name", 50)
    replace_on = frozenset({"namePrefix"})
    moves_on_update = frozenset({"version"})

    def fill(self, inputs: Props) -> Props:
        """A rule's windows have defaults."""
        if not isinstance(inputs.get("rules"), list):
            return inputs
        filled = [{**_WINDOWS, **rule} if isinstance(rule, dict) else rule for rule in inputs["rules"]]
        return {**inputs, "rules": filled}

    def create(self, aws: Scope, inputs: Props) -> Made:
        made = aws.client("backup").create_backup_plan(
            BackupPlan=_document(inputs), BackupPlanTags=dict(inputs.get("tagsAll") or {})
        )
        return Made(made["BackupPlanId"], {"arn": made["BackupPlanArn"], "version": made["VersionId"]})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = aws.client("backup").get_backup_plan(BackupPlanId=id_)
        document = found["BackupPlan"]
        return {
            "arn": found["BackupPlanArn"],
            "version": found["VersionId"],
            "name": document["BackupPlanName"],
            "rules": [_rule_read(rule) for rule in document["Rules"]],
            "tagsAll": self.tags(aws, found["BackupPlanArn"]),
        }

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        aws.client("backup").update_backup_plan(BackupPlanId=id_, BackupPlan=_document(change.new))

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("backup").delete_backup_plan(BackupPlanId=id_)


def _document(inputs: Props) -> dict[str, Any]:
    return {"BackupPlanName": inputs["name"], "Rules": [_rule_written(rule) for rule in inputs["rules"]]}


def _rule_written(rule: Props) -> dict[str, Any]:
    made = given(**{theirs: rule.get(ours) for ours, theirs in _RULE.items()})
    if rule.get("lifecycle"):
        made["Lifecycle"] = _life(rule["lifecycle"])
    if rule.get("copyActions"):
        made["CopyActions"] = [
            {
                "DestinationBackupVaultArn": copy["destinationVaultArn"],
                **given(Lifecycle=_life(copy["lifecycle"]) if copy.get("lifecycle") else None),
            }
            for copy in rule["copyActions"]
        ]
    return made


def _life(lifecycle: Props) -> dict[str, Any]:
    return {theirs: lifecycle[ours] for ours, theirs in _LIFE.items() if lifecycle.get(ours) is not None}


def _rule_read(rule: dict[str, Any]) -> Props:
    made: Props = {ours: rule[theirs] for ours, theirs in _RULE.items() if rule.get(theirs) is not None}
    if rule.get("Lifecycle"):
        made["lifecycle"] = _life_read(rule["Lifecycle"])
    if rule.get("CopyActions"):
        made["copyActions"] = [
            {
                "destinationVaultArn": copy["DestinationBackupVaultArn"],
                **given(lifecycle=_life_read(copy["Lifecycle"]) if copy.get("Lifecycle") else None),
            }
            for copy in rule["CopyActions"]
        ]
    return made


def _life_read(lifecycle: dict[str, Any]) -> Props:
    return {ours: lifecycle[theirs] for ours, theirs in _LIFE.items() if lifecycle.get(theirs) is not None}


_CONDITIONS: Final = {
    "stringEquals": "StringEquals",
    "stringLikes": "StringLike",
    "stringNotEquals": "StringNotEquals",
    "stringNotLikes": "StringNotLike",
}


class Selection(Handler):
    """``aws:backup/selection:Selection``; its id is the selection's. Every change is a new one."""

    title = "Backup Selection"
    replace_on = frozenset(
        {"conditions", "iamRoleArn", "name", "notResources", "planId", "resources", "selectionTags"}
    )

    def create(self, aws: Scope, inputs: Props) -> Made:
        conditions = {
            theirs: [{"ConditionKey": one["key"], "ConditionValue": one["value"]} for one in item[ours]]
            for item in inputs.get("conditions") or ()
            for ours, theirs in _CONDITIONS.items()
            if item.get(ours)
        }
        tags = [
            {"ConditionType": tag["type"], "ConditionKey": tag["key"], "ConditionValue": tag["value"]}
            for tag in inputs.get("selectionTags") or ()
        ]
        selection = {
            "SelectionName": inputs["name"],
            "IamRoleArn": inputs["iamRoleArn"],
            **given(
                Resources=inputs.get("resources"),
                NotResources=inputs.get("notResources"),
                Conditions=conditions or None,
                ListOfTags=tags or None,
            ),
        }
        made = aws.client("backup").create_backup_selection(
            BackupPlanId=inputs["planId"], BackupSelection=selection
        )
        return Made(made["SelectionId"])

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        plan, _, identity = id_.rpartition("|")  # an import names both
        plan = plan or state.get("planId", "")
        found = aws.client("backup").get_backup_selection(BackupPlanId=plan, SelectionId=identity)
        selection = found["BackupSelection"]
        conditions = {
            ours: [
                {"key": one["ConditionKey"], "value": one["ConditionValue"]}
                for one in selection.get("Conditions", {}).get(theirs) or ()
            ]
            for ours, theirs in _CONDITIONS.items()
        }
        kept = {ours: held for ours, held in conditions.items() if held}
        return {
            "planId": plan,
            "name": selection["SelectionName"],
            "iamRoleArn": selection["IamRoleArn"],
            **given(
                resources=selection.get("Resources"),
                notResources=selection.get("NotResources"),
                conditions=[kept] if kept else None,
            ),
        }

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("backup").delete_backup_selection(BackupPlanId=state["planId"], SelectionId=id_)
