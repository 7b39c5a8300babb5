"""Keys, their aliases and policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.providers.aws.handler import Change, Handler, Made, Scope, Tags, given, key_values, tag_map
from sandbox.providers.aws.naming import AutoName
from sandbox.providers.aws.services.iam import malformed
from sandbox.providers.base import CheckFailure, Props
from sandbox.providers.codec import Value

ALIAS_PREFIX = "alias/"


class Key(Handler):
    """``aws:kms/key:Key``. Deleting schedules the deletion, as AWS only ever does."""

    title = "KMS Key"
    cfn = "AWS::KMS::Key"
    names = {
        "policy": "",
        "customerMasterKeySpec": "KeySpec",
        "deletionWindowInDays": "PendingWindowInDays",
        "isEnabled": "Enabled",
    }
    defaults = {
        "bypassPolicyLockoutSafetyCheck": False,
        "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "enableKeyRotation": False,
        "isEnabled": True,
        "keyUsage": "ENCRYPT_DECRYPT",
    }
    replace_on = frozenset(
        {"customerMasterKeySpec", "customKeyStoreId", "keyUsage", "multiRegion", "xksKeyId"}
    )

    def validate(self, inputs: Props) -> list[CheckFailure]:
        return malformed("policy", inputs)

    def create(self, aws: Scope, inputs: Props) -> Made:
        kms = aws.client("kms")
        made = kms.create_key(
            Description=inputs.get("description") or "",
            KeyUsage=inputs["keyUsage"],
            KeySpec=inputs["customerMasterKeySpec"],
            MultiRegion=bool(inputs.get("multiRegion")),
            Tags=key_values(inputs.get("tagsAll"), "TagKey", "TagValue"),
            **given(Policy=inputs.get("policy")),
        )["KeyMetadata"]
        id_ = made["KeyId"]
        if inputs["enableKeyRotation"]:
            kms.enable_key_rotation(
                KeyId=id_, **given(RotationPeriodInDays=inputs.get("rotationPeriodInDays"))
            )
        if not inputs["isEnabled"]:
            kms.disable_key(KeyId=id_)
        policy = inputs.get("policy") or kms.get_key_policy(KeyId=id_, PolicyName="default")["Policy"]
        return Made(id_, _key(made) | {"policy": policy})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        kms = aws.client("kms")
        found = kms.describe_key(KeyId=id_)["KeyMetadata"]
        if found["KeyState"] == "PendingDeletion":
            return None
        tags = kms.list_resource_tags(KeyId=id_)["Tags"]
        return _key(found) | {
            "enableKeyRotation": kms.get_key_rotation_status(KeyId=id_)["KeyRotationEnabled"],
            "isEnabled": found["Enabled"],
            "policy": kms.get_key_policy(KeyId=id_, PolicyName="default")["Policy"],
            "tagsAll": tag_map(tags, "TagKey", "TagValue"),
        }

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        kms, new = aws.client("kms"), change.new
        if "isEnabled" in change and new["isEnabled"]:
            kms.enable_key(KeyId=id_)
        if change.any("enableKeyRotation", "rotationPeriodInDays"):
            if new["enableKeyRotation"]:
                kms.enable_key_rotation(
                    KeyId=id_, **given(RotationPeriodInDays=new.get("rotationPeriodInDays"))
                )
            else:
                kms.disable_key_rotation(KeyId=id_)
        if "description" in change:
            kms.update_key_description(KeyId=id_, Description=new.get("description") or "")
        if "policy" in change:
            kms.put_key_policy(KeyId=id_, PolicyName="default", Policy=new["policy"])
        if "isEnabled" in change and not new["isEnabled"]:
            kms.disable_key(KeyId=id_)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        window = given(PendingWindowInDays=state.get("deletionWindowInDays"))
        aws.client("kms").schedule_key_deletion(KeyId=id_, **window)

    def retag(self, aws: Scope, id_: str, state: Props, put: Tags, drop: Sequence[str]) -> None:
        if put:
            aws.client("kms").tag_resource(KeyId=id_, Tags=key_values(put, "TagKey", "TagValue"))
        if drop:
            aws.client("kms").untag_resource(KeyId=id_, TagKeys=list(drop))


def _key(key: Mapping[str, Any]) -> Props:
    return {
        "arn": key["Arn"],
        "keyId": key["KeyId"],
        "description": key.get("Description", ""),
        "keyUsage": key["KeyUsage"],
        "customerMasterKeySpec": key.get("KeySpec", "SYMMETRIC_DEFAULT"),
        "multiRegion": key.get("MultiRegion", False),
    }


def _prefixed(name: str, _: Mapping[str, Value]) -> str:
    return name if name.startswith(ALIAS_PREFIX) else f"{ALIAS_PREFIX}{name}"


class Alias(Handler):
    """``aws:kms/alias:Alias``; the key it points at changes in place."""

    title = "KMS Alias"
    cfn = "AWS::KMS::Alias"
    names = {"name": "AliasName"}
    autoname = AutoName("name", 238, finish=_prefixed)
    replace_on = frozenset({"namePrefix"})

    def create(self, aws: Scope, inputs: Props) -> Made:
        aws.client("kms").create_alias(AliasName=inputs["name"], TargetKeyId=inputs["targetKeyId"])
        return Made(inputs["name"], _alias(aws, inputs["name"], inputs["targetKeyId"]))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        pages = aws.client("kms").get_paginator("list_aliases").paginate()
        for alias in (alias for page in pages for alias in page["Aliases"]):
            if alias["AliasName"] == id_:
                target, given_as = alias["TargetKeyId"], state.get("targetKeyId")
                if given_as and str(given_as).endswith(f"key/{target}"):
                    target = given_as
                return {"name": id_, "targetKeyId": target, **_alias(aws, id_, target)}
        return None

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        aws.client("kms").update_alias(AliasName=id_, TargetKeyId=change.new["targetKeyId"])

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("kms").delete_alias(AliasName=id_)


def _alias(aws: Scope, name: str, target: str) -> Props:
    key = target if target.startswith("arn:") else aws.arn("kms", f"key/{target}")
    return {"arn": aws.arn("kms", name), "targetKeyArn": key}


class KeyPolicy(Handler):
    """``aws:kms/keyPolicy:KeyPolicy``; deleting it puts AWS's default policy back."""

    title = "KMS Key Policy"
    replace_on = frozenset({"keyId"})
    defaults = {"bypassPolicyLockoutSafetyCheck": False}

    def validate(self, inputs: Props) -> list[CheckFailure]:
        return malformed("policy", inputs)

    def create(self, aws: Scope, inputs: Props) -> Made:
        self._put(aws, inputs["keyId"], inputs["policy"])
        return Made(inputs["keyId"])

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        policy = aws.client("kms").get_key_policy(KeyId=id_, PolicyName="default")["Policy"]
        return {"keyId": id_, "policy": policy}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        self._put(aws, id_, change.new["policy"])

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        self._put(aws, id_, _DEFAULT_POLICY.replace("ACCOUNT", aws.account))

    def _put(self, aws: Scope, key: str, policy: str) -> None:
        aws.client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=policy)


_DEFAULT_POLICY = (
    '{"Version":"2012-10-17","Id":"default","Statement":[{"Sid":"Enable IAM User Permissions",'
    '"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::ACCOUNT:root"},"Action":"kms:*","Resource":"*"}]}'
)
