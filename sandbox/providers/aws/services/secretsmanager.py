"""Secrets, their versions, policies and rotation."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from sandbox.providers.aws.handler import Change, Handler, Made, Scope, Tags, given, key_values, tag_map
from sandbox.providers.aws.naming import AutoName
from sandbox.providers.aws.refusals import Refusal
from sandbox.providers.aws.services.convert import from_aws, to_aws
from sandbox.providers.aws.services.iam import malformed
from sandbox.providers.base import CheckFailure, Props

RECOVERY_DAYS = 30
"""Days that AWS keeps a deleted secret for recovery, unless told otherwise."""


class Secret(Handler):
    """``aws:secretsmanager/secret:Secret``; its id is its ARN."""

    title = "Secrets Manager Secret"
    cfn = "AWS::SecretsManager::Secret"
    autoname = AutoName("name", 512)
    defaults = {"forceOverwriteReplicaSecret": False, "recoveryWindowInDays": RECOVERY_DAYS}
    replace_on = frozenset({"namePrefix"})

    def validate(self, inputs: Props) -> list[CheckFailure]:
        days = inputs.get("recoveryWindowInDays")
        if isinstance(days, int) and days != 0 and not 7 <= days <= RECOVERY_DAYS:  # noqa: PLR2004 - AWS's minimum
            reason = f"recoveryWindowInDays is {days}; AWS takes 0 (delete at once) or 7 to {RECOVERY_DAYS}."
            return [CheckFailure("recoveryWindowInDays", reason)]
        return malformed("policy", inputs)

    def create(self, aws: Scope, inputs: Props) -> Made:
        secrets = aws.client("secretsmanager")
        _refuse_scheduled(secrets, inputs["name"])
        made = secrets.create_secret(
            Name=inputs["name"],
            **given(
                Description=inputs.get("description"),
                KmsKeyId=inputs.get("kmsKeyId"),
                Tags=key_values(inputs.get("tagsAll")) or None,
                AddReplicaRegions=[to_aws({"region": r["region"]}) for r in inputs.get("replicas") or ()]
                or None,
            ),
        )
        if inputs.get("policy"):
            secrets.put_resource_policy(SecretId=made["ARN"], ResourcePolicy=inputs["policy"])
        return Made(made["ARN"], {"arn": made["ARN"], "policy": inputs.get("policy") or ""})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        secrets = aws.client("secretsmanager")
        found = secrets.describe_secret(SecretId=id_)
        if found.get("DeletedDate"):
            return None
        policy = {}
        if "policy" in state:
            policy = {"policy": secrets.get_resource_policy(SecretId=id_).get("ResourcePolicy") or ""}
        return {
            "arn": found["ARN"],
            "name": found["Name"],
            **given(description=found.get("Description"), kmsKeyId=found.get("KmsKeyId")),
            "tagsAll": tag_map(found.get("Tags")),
            **policy,
        }

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        secrets, new = aws.client("secretsmanager"), change.new
        if change.any("description", "kmsKeyId"):
            secrets.update_secret(
                SecretId=id_,
                Description=new.get("description") or "",
                **given(KmsKeyId=new.get("kmsKeyId")),
            )
        if "policy" in change and new.get("policy"):
            secrets.put_resource_policy(SecretId=id_, ResourcePolicy=new["policy"])
        elif "policy" in change:
            secrets.delete_resource_policy(SecretId=id_)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        days = state.get("recoveryWindowInDays", RECOVERY_DAYS)
        how: dict[str, Any] = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
        try:
            aws.client("secretsmanager").delete_secret(SecretId=id_, **how)
        except Exception as error:
            if "deleted" not in str(error) and "scheduled for deletion" not in str(error):
                raise

    def retag(self, aws: Scope, id_: str, state: Props, put: Tags, drop: Sequence[str]) -> None:
        if put:
            aws.client("secretsmanager").tag_resource(SecretId=id_, Tags=key_values(put))
        if drop:
            aws.client("secretsmanager").untag_resource(SecretId=id_, TagKeys=list(drop))


def _refuse_scheduled(secrets: Any, name: str) -> None:
    """A deleted secret keeps its name until its recovery window has passed."""
    try:
        found = secrets.describe_secret(SecretId=name)
    except secrets.exceptions.ResourceNotFoundException:
        return
    if found.get("DeletedDate"):
        words = (
            "You can't create this secret because a secret with this name is already scheduled for deletion."
        )
        raise Refusal("CreateSecret", "InvalidRequestException", words)


class SecretVersion(Handler):
    """``aws:secretsmanager/secretVersion:SecretVersion``; a new value is a new version, so a new resource."""

    title = "Secrets Manager Secret Version"
    replace_on = frozenset({"secretId", "secretString", "secretBinary", "secretStringWoVersion"})
    write_only = frozenset({"secretStringWo"})

    def validate(self, inputs: Props) -> list[CheckFailure]:
        values = [
            key for key in ("secretString", "secretStringWo", "secretBinary") if inputs.get(key) is not None
        ]
        if len(values) > 1:
            return [
                CheckFailure(values[1], f"a version has one value, got {' and '.join(values)}. Keep one.")
            ]
        if inputs.get("secretStringWo") is not None and inputs.get("secretStringWoVersion") is None:
            reason = (
                "secretStringWo is never stored, so AWS could not tell when it changes. Set this number too."
            )
            return [CheckFailure("secretStringWoVersion", reason)]
        return []

    def create(self, aws: Scope, inputs: Props) -> Made:
        value = inputs.get("secretString") or inputs.get("secretStringWo")
        binary = inputs.get("secretBinary")
        made = aws.client("secretsmanager").put_secret_value(
            SecretId=inputs["secretId"],
            **given(
                SecretString=value,
                SecretBinary=base64.b64decode(binary) if binary else None,
                VersionStages=inputs.get("versionStages"),
            ),
        )
        live = {
            "arn": made["ARN"],
            "secretArn": made["ARN"],
            "versionId": made["VersionId"],
            "versionStages": made.get("VersionStages") or ["AWSCURRENT"],
            "hasSecretStringWo": inputs.get("secretStringWo") is not None,
        }
        return Made(f"{made['ARN']}|{made['VersionId']}", live)

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        arn, _, version = id_.partition("|")
        secrets = aws.client("secretsmanager")
        described = secrets.describe_secret(SecretId=arn)
        stages = described.get("VersionIdsToStages", {}).get(version)
        if described.get("DeletedDate") or stages is None:
            return None
        live = {"arn": arn, "secretArn": arn, "secretId": state.get("secretId") or arn, "versionId": version}
        live["versionStages"] = stages
        live["hasSecretStringWo"] = bool(state.get("hasSecretStringWo"))
        if "secretString" in state:
            found = secrets.get_secret_value(SecretId=arn, VersionId=version)
            live["secretString"] = found.get("SecretString")
        return live

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        arn, _, version = id_.partition("|")
        old, new = set(change.old.get("versionStages") or ()), set(change.new.get("versionStages") or ())
        for stage in sorted(new - old):
            aws.client("secretsmanager").update_secret_version_stage(
                SecretId=arn, VersionStage=stage, MoveToVersionId=version
            )

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        """AWS keeps the current version for as long as the secret; only the engine forgets it."""


class SecretPolicy(Handler):
    """``aws:secretsmanager/secretPolicy:SecretPolicy``; its id is the secret's ARN."""

    title = "Secrets Manager Secret Policy"
    cfn = "AWS::SecretsManager::ResourcePolicy"
    names = {"secretArn": "SecretId", "policy": ""}

    def validate(self, inputs: Props) -> list[CheckFailure]:
        return malformed("policy", inputs)

    def create(self, aws: Scope, inputs: Props) -> Made:
        self._put(aws, inputs)
        return Made(inputs["secretArn"])

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        policy = aws.client("secretsmanager").get_resource_policy(SecretId=id_).get("ResourcePolicy")
        return {"secretArn": id_, "policy": policy} if policy else None

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        self._put(aws, change.new)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("secretsmanager").delete_resource_policy(SecretId=id_)

    def _put(self, aws: Scope, inputs: Props) -> None:
        aws.client("secretsmanager").put_resource_policy(
            SecretId=inputs["secretArn"],
            ResourcePolicy=inputs["policy"],
            **given(BlockPublicPolicy=inputs.get("blockPublicPolicy")),
        )


class SecretRotation(Handler):
    """``aws:secretsmanager/secretRotation:SecretRotation``; its id is the secret's.

    Without a function of one's own it sets the schedule of a rotation that a service manages (RDS).
    """

    title = "Secrets Manager Secret Rotation"
    replace_on = frozenset({"secretId"})
    defaults = {"rotateImmediately": True}

    def create(self, aws: Scope, inputs: Props) -> Made:
        self._rotate(aws, inputs)
        return Made(inputs["secretId"], {"rotationEnabled": True})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = aws.client("secretsmanager").describe_secret(SecretId=id_)
        if not found.get("RotationEnabled"):
            return None
        rules = from_aws(found.get("RotationRules") or {})
        return {
            "secretId": id_,
            "rotationEnabled": True,
            **given(rotationLambdaArn=found.get("RotationLambdaARN") or None, rotationRules=rules or None),
        }

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        self._rotate(aws, change.new)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        if state.get("rotationLambdaArn"):
            aws.client("secretsmanager").cancel_rotate_secret(SecretId=id_)

    def _rotate(self, aws: Scope, inputs: Props) -> None:
        aws.client("secretsmanager").rotate_secret(
            SecretId=inputs["secretId"],
            RotateImmediately=inputs["rotateImmediately"],
            **given(
                RotationLambdaARN=inputs.get("rotationLambdaArn"),
                RotationRules=to_aws(inputs["rotationRules"]) if inputs.get("rotationRules") else None,
            ),
        )
