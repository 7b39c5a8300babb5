"""One setting of a bucket each: versioning, encryption, public access, lifecycle, policy, logging, …

All have the same life: put, get, delete, and the bucket's name as id. A class says which calls, and how the
inputs read in S3's own names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox.providers.aws.handler import (
    Change,
    Handler,
    Made,
    Scope,
    capital,
    given,
    key_values,
    lower_first,
    tag_map,
)
from sandbox.providers.aws.services.convert import from_aws, to_aws
from sandbox.providers.aws.services.iam import malformed
from sandbox.providers.base import CheckFailure, Props


class BucketSetting(Handler):
    """Common life of a bucket's settings."""

    call: ClassVar[str] = ""
    """The setting in S3's operation names: ``bucket_versioning`` for ``put_bucket_versioning``."""
    remove: ClassVar[str] = ""
    """The operation that removes it, where it is not ``delete_<call>``."""
    replace_on = frozenset({"bucket", "expectedBucketOwner"})

    def wanted(self, inputs: Props) -> dict[str, Any]:
        """Arguments of the put operation besides the bucket."""
        raise NotImplementedError

    def found(self, answer: Mapping[str, Any]) -> Props | None:
        """Inputs as the get operation's answer describes them; None when the setting is not made."""
        raise NotImplementedError

    def create(self, aws: Scope, inputs: Props) -> Made:
        self._put(aws, inputs)
        return Made(inputs["bucket"])

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        live = self.found(getattr(aws.client("s3"), f"get_{self.call}")(Bucket=id_))
        return None if live is None else {"bucket": id_, **live}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        self._put(aws, change.new)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        getattr(aws.client("s3"), self.remove or f"delete_{self.call}")(Bucket=id_)

    def _put(self, aws: Scope, inputs: Props) -> None:
        getattr(aws.client("s3"), f"put_{self.call}")(Bucket=inputs["bucket"], **self.wanted(inputs))


class BucketVersioning(BucketSetting):
    """``aws:s3/bucketVersioning:BucketVersioning``; deleting it suspends versioning."""

    title = "S3 Bucket Versioning"
    call = "bucket_versioning"

    def validate(self, inputs: Props) -> list[CheckFailure]:
        status = (inputs.get("versioningConfiguration") or {}).get("status")
        if status in ("Enabled", "Suspended", "Disabled") or not isinstance(status, str):
            return []
        path = "versioningConfiguration.status"
        return [CheckFailure(path, f'{path} is "{status}"; AWS takes one of Enabled, Suspended, Disabled.')]

    def create(self, aws: Scope, inputs: Props) -> Made:
        if inputs["versioningConfiguration"]["status"] != "Disabled":
            self._put(aws, inputs)
        return Made(inputs["bucket"])

    def wanted(self, inputs: Props) -> dict[str, Any]:
        return {
            "VersioningConfiguration": to_aws(inputs["versioningConfiguration"], {"mfaDelete": "MFADelete"})
        }

    def found(self, answer: Mapping[str, Any]) -> Props | None:
        return {"versioningConfiguration": {"status": answer.get("Status", "Disabled")}}

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        if state["versioningConfiguration"]["status"] == "Enabled":
            aws.client("s3").put_bucket_versioning(
                Bucket=id_, VersioningConfiguration={"Status": "Suspended"}
            )


class BucketServerSideEncryptionConfiguration(BucketSetting):
    """``aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration``."""

    title = "S3 Bucket Server-side Encryption Configuration"
    call = "bucket_encryption"
    _names: ClassVar[Mapping[str, str]] = {"sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID"}

    def wanted(self, inputs: Props) -> dict[str, Any]:
        rules = [
            {key: value for key, value in rule.items() if key != "blockedEncryptionTypes"}
            for rule in inputs["rules"]
        ]
        return {"ServerSideEncryptionConfiguration": {"Rules": to_aws(rules, self._names)}}

    def found(self, answer: Mapping[str, Any]) -> Props | None:
        rules = answer["ServerSideEncryptionConfiguration"]["Rules"]
        return {"rules": [_without_blocked(rule) for rule in from_aws(rules, self._names)]}


def _without_blocked(rule: Props) -> Props:
    return {key: value for key, value in rule.items() if key != "blockedEncryptionTypes"}


class BucketPublicAccessBlock(BucketSetting):
    """``aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock``."""

    title = "S3 Bucket Public Access Block"
    call = "public_access_block"
    _flags: ClassVar[tuple[str, ...]] = (
        "blockPublicAcls",
        "blockPublicPolicy",
        "ignorePublicAcls",
        "restrictPublicBuckets",
    )
    defaults = dict.fromkeys(_flags, False)

    def wanted(self, inputs: Props) -> dict[str, Any]:
        flags = {key: bool(inputs.get(key)) for key in self._flags}
        return {"PublicAccessBlockConfiguration": to_aws(flags)}

    def found(self, answer: Mapping[str, Any]) -> Props | None:
        flags: Props = from_aws(answer["PublicAccessBlockConfiguration"])
        return flags


class BucketOwnershipControls(BucketSetting):
    """``aws:s3/bucketOwnershipControls:BucketOwnershipControls``."""

    title = "S3 Bucket Ownership Controls"
    call = "bucket_ownership_controls"

    def validate(self, inputs: Props) -> list[CheckFailure]:
        allowed = ("BucketOwnerPreferred", "BucketOwnerEnforced", "ObjectWriter")
        value = (inputs.get("rule") or {}).get("objectOwnership")
        if value in allowed or not isinstance(value, str):
            return []
        path = "rule.objectOwnership"
        return [CheckFailure(path, f'{path} is "{value}"; AWS takes one of {", ".join(allowed)}.')]

    def wanted(self, inputs: Props) -> dict[str, Any]:
        return {"OwnershipControls": {"Rules": [to_aws(inputs["rule"])]}}

    def found(self, answer: Mapping[str, Any]) -> Props | None:
        return {"rule": from_aws(answer["OwnershipControls"]["Rules"][0])}


class BucketPolicy(BucketSetting):
    """``aws:s3/bucketPolicy:BucketPolicy``."""

    title = "S3 Bucket Policy"
    cfn = "AWS::S3::BucketPolicy"
    names = {"policy": "PolicyDocument"}
    call = "bucket_policy"

    def validate(self, inputs: Props) -> list[CheckFailure]:
        return malformed("policy", inputs)

    def wanted(self, inputs: Props) -> dict[str, Any]:
        return {"Policy": inputs["policy"]}

    def found(self, answer: Mapping[str, Any]) -> Props | None:
        return {"policy": answer["Policy"]}


class BucketLogging(BucketSetting):
    """``aws:s3/bucketLogging:BucketLogging``."""

    title = "S3 Bucket Logging"
    call = "bucket_logging"

    def wanted(self, inputs: Props) -> dict[str, Any]:
        enabled = {
            key: inputs[key] for key in ("targetBucket", "targetPrefix", "targetGrants") if inputs.get(key)
        }
        return {"BucketLoggingStatus": {"LoggingEnabled": to_aws({"targetPrefix": "", **enabled})}}

    def found(self, answer: Mapping[str, Any]) -> Props | None:
        enabled = answer.get("LoggingEnabled")
        return (
            None
            if enabled is None
            else {"targetBucket": enabled["TargetBucket"], "targetPrefix": enabled["TargetPrefix"]}
        )

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("s3").put_bucket_logging(Bucket=id_, BucketLoggingStatus={})


class BucketLifecycleConfiguration(BucketSetting):
    """``aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration``."""

    title = "S3 Bucket Lifecycle Configuration"
    call = "bucket_lifecycle_configuration"
    remove = "delete_bucket_lifecycle"
    defaults = {"transitionDefaultMinimumObjectSize": "all_storage_classes_128K"}
    _names: ClassVar[Mapping[str, str]] = {"id": "ID"}

    def validate(self, inputs: Props) -> list[CheckFailure]:
        found = []
        for index, rule in enumerate(inputs.get("rules") or ()):
            if rule.get("status") not in ("Enabled", "Disabled") and isinstance(rule.get("status"), str):
                path = f"rules[{index}].status"
                found.append(
                    CheckFailure(path, f'{path} is "{rule["status"]}"; AWS takes one of Enabled, Disabled.')
                )
        return found

    def wanted(self, inputs: Props) -> dict[str, Any]:
        size = given(TransitionDefaultMinimumObjectSize=inputs.get("transitionDefaultMinimumObjectSize"))
        rules = [self._rule(rule) for rule in inputs.get("rules") or ()]
        return {"LifecycleConfiguration": {"Rules": rules}, **size}

    def found(self, answer: Mapping[str, Any]) -> Props | None:
        size = "transitionDefaultMinimumObjectSize"
        return {
            "rules": [_read_rule(from_aws(rule, self._names)) for rule in answer["Rules"]],
            size: answer.get(capital(size)) or self.defaults[size],
        }

    def _rule(self, rule: Props) -> dict[str, Any]:
        made: dict[str, Any] = to_aws(
            {key: value for key, value in rule.items() if key != "filter"}, self._names
        )
        if "prefix" not in rule:
            made["Filter"] = to_aws_filter(rule.get("filter"))
        return made


def to_aws_filter(chosen: Props | None) -> dict[str, Any]:
    """A rule's filter; none means every object."""
    if not chosen:
        return {"Prefix": ""}
    made: dict[str, Any] = to_aws({key: value for key, value in chosen.items() if key != "and"})
    if chosen.get("and"):
        both = {key: value for key, value in chosen["and"].items() if key != "tags"}
        made["And"] = {**to_aws(both), **given(Tags=key_values(chosen["and"].get("tags")) or None)}
    return made


def _read_rule(rule: Props) -> Props:
    chosen = rule.get("filter")
    if chosen is None or chosen == {"prefix": ""}:
        return {key: value for key, value in rule.items() if key != "filter"}
    if "and" in chosen and chosen["and"].get("tags"):
        chosen = {"and": {**chosen["and"], "tags": tag_map(chosen["and"]["tags"], "key", "value")}}
    return {**rule, "filter": chosen}


class BucketReplicationConfig(BucketSetting):
    """``aws:s3/bucketReplicationConfig:BucketReplicationConfig``; both buckets must be versioned."""

    title = "S3 Bucket Replication Configuration"
    call = "bucket_replication"
    _names: ClassVar[Mapping[str, str]] = {"id": "ID", "replicaKmsKeyId": "ReplicaKmsKeyID"}

    def wanted(self, inputs: Props) -> dict[str, Any]:
        rules = [self._rule(rule) for rule in inputs["rules"]]
        return {"ReplicationConfiguration": {"Role": inputs["role"], "Rules": rules}}

    def found(self, answer: Mapping[str, Any]) -> Props | None:
        settings = answer["ReplicationConfiguration"]
        rules = [_read_rule(from_aws(rule, self._names)) for rule in settings["Rules"]]
        return {"role": settings["Role"], "rules": rules}

    def _rule(self, rule: Props) -> dict[str, Any]:
        made: dict[str, Any] = to_aws(
            {key: value for key, value in rule.items() if key != "filter"}, self._names
        )
        if "filter" in rule:
            made["Filter"] = to_aws_filter(rule["filter"])
        return made


class BucketNotification(BucketSetting):
    """``aws:s3/bucketNotification:BucketNotification``."""

    title = "S3 Bucket Notification"
    call = "bucket_notification_configuration"
    defaults = {"eventbridge": False}

    def wanted(self, inputs: Props) -> dict[str, Any]:
        made: dict[str, Any] = {"EventBridgeConfiguration": {}} if inputs.get("eventbridge") else {}
        for ours, theirs, arn in _NOTIFIED:
            if inputs.get(ours):
                made[theirs] = [_notify(item, ours, arn) for item in inputs[ours]]
        return {"NotificationConfiguration": made}

    def found(self, answer: Mapping[str, Any]) -> Props | None:
        live: Props = {"eventbridge": "EventBridgeConfiguration" in answer}
        for ours, theirs, arn in _NOTIFIED:
            if answer.get(theirs):
                live[ours] = [_notified(item, arn) for item in answer[theirs]]
        return live

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("s3").put_bucket_notification_configuration(Bucket=id_, NotificationConfiguration={})


_NOTIFIED = (
    ("queues", "QueueConfigurations", "QueueArn"),
    ("topics", "TopicConfigurations", "TopicArn"),
    ("lambdaFunctions", "LambdaFunctionConfigurations", "LambdaFunctionArn"),
)


def _notified(item: Mapping[str, Any], arn: str) -> Props:
    rules = item.get("Filter", {}).get("Key", {}).get("FilterRules") or ()
    chosen = {f"filter{rule['Name'].capitalize()}": rule["Value"] for rule in rules}
    return {lower_first(arn): item[arn], "events": item["Events"], "id": item.get("Id", ""), **chosen}


def _notify(item: Props, ours: str, arn: str) -> dict[str, Any]:
    keys = {"queues": "queueArn", "topics": "topicArn", "lambdaFunctions": "lambdaFunctionArn"}
    rules = [
        {"Name": name, "Value": item[key]}
        for name, key in (("prefix", "filterPrefix"), ("suffix", "filterSuffix"))
        if item.get(key)
    ]
    chosen = {"Filter": {"Key": {"FilterRules": rules}}} if rules else {}
    return {arn: item[keys[ours]], "Events": item["events"], **given(Id=item.get("id")), **chosen}
