"""Queues and their policies; the id of both is the queue's URL."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from sandbox.providers.aws.handler import Change, Handler, Made, Scope, Tags, capital
from sandbox.providers.aws.naming import AutoName
from sandbox.providers.aws.services.iam import malformed
from sandbox.providers.base import CheckFailure, Props
from sandbox.providers.codec import Value

_ATTRIBUTES: Final[Mapping[str, str]] = {
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "maxMessageSize": "MaximumMessageSize",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    **{
        key: capital(key)
        for key in [
            "contentBasedDeduplication",
            "deduplicationScope",
            "delaySeconds",
            "fifoQueue",
            "fifoThroughputLimit",
            "kmsDataKeyReusePeriodSeconds",
            "kmsMasterKeyId",
            "policy",
            "redriveAllowPolicy",
            "redrivePolicy",
        ]
    },
}
_NUMBERS: Final = frozenset(
    [
        "messageRetentionSeconds",
        "visibilityTimeoutSeconds",
        "receiveWaitTimeSeconds",
        "maxMessageSize",
        "delaySeconds",
        "kmsDataKeyReusePeriodSeconds",
    ]
)
_FLAGS: Final = frozenset(["contentBasedDeduplication", "fifoQueue", "sqsManagedSseEnabled"])


def _fifo(name: str, inputs: Mapping[str, Value]) -> str:
    return f"{name}.fifo" if inputs.get("fifoQueue") is True else name


class Queue(Handler):
    """``aws:sqs/queue:Queue``."""

    title = "SQS Queue"
    cfn = "AWS::SQS::Queue"
    names = {
        "name": "QueueName",
        "maxMessageSize": "MaximumMessageSize",
        "messageRetentionSeconds": "MessageRetentionPeriod",
        "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
        "visibilityTimeoutSeconds": "VisibilityTimeout",
    }
    autoname = AutoName("name", 80, finish=_fifo)
    defaults = {
        "contentBasedDeduplication": False,
        "delaySeconds": 0,
        "fifoQueue": False,
        "maxMessageSize": 262144,
        "messageRetentionSeconds": 345600,
        "receiveWaitTimeSeconds": 0,
        "visibilityTimeoutSeconds": 30,
    }
    replace_on = frozenset({"namePrefix", "fifoQueue"})

    def validate(self, inputs: Props) -> list[CheckFailure]:
        name = inputs.get("name")
        if inputs.get("fifoQueue") is True and isinstance(name, str) and not name.endswith(".fifo"):
            return [
                CheckFailure("name", f'invalid queue name "{name}": a FIFO queue ends in .fifo. Append it.')
            ]
        return malformed("policy", inputs)

    def create(self, aws: Scope, inputs: Props) -> Made:
        url = aws.client("sqs").create_queue(
            QueueName=inputs["name"],
            Attributes=_attributes(inputs, frozenset(_ATTRIBUTES)),
            tags=dict(inputs.get("tagsAll") or {}),
        )["QueueUrl"]
        computed = {key: inputs[key] for key in ("policy", "redrivePolicy") if inputs.get(key)}
        return Made(url, {"url": url, "arn": aws.arn("sqs", inputs["name"]), **computed})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        sqs = aws.client("sqs")
        found = sqs.get_queue_attributes(QueueUrl=id_, AttributeNames=["All"])["Attributes"]
        live: Props = {key: _parsed(key, found[name]) for key, name in _ATTRIBUTES.items() if name in found}
        return {
            **live,
            "url": id_,
            "arn": found["QueueArn"],
            "name": found["QueueArn"].rsplit(":", 1)[-1],
            "tagsAll": sqs.list_queue_tags(QueueUrl=id_).get("Tags", {}),
        }

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        cleared = {
            _ATTRIBUTES[key]: "" for key in change.keys if key in _ATTRIBUTES and change.new.get(key) is None
        }
        aws.client("sqs").set_queue_attributes(
            QueueUrl=id_, Attributes={**cleared, **_attributes(change.new, change.keys)}
        )

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("sqs").delete_queue(QueueUrl=id_)

    def retag(self, aws: Scope, id_: str, state: Props, put: Tags, drop: Sequence[str]) -> None:
        if put:
            aws.client("sqs").tag_queue(QueueUrl=id_, Tags=dict(put))
        if drop:
            aws.client("sqs").untag_queue(QueueUrl=id_, TagKeys=list(drop))


def _attributes(inputs: Props, keys: frozenset[str]) -> dict[str, str]:
    chosen = {key: inputs[key] for key in _ATTRIBUTES if key in keys and inputs.get(key) is not None}
    if not chosen.get("fifoQueue"):
        chosen.pop("fifoQueue", None)
        chosen.pop("contentBasedDeduplication", None)
    return {_ATTRIBUTES[key]: _text(value) for key, value in chosen.items()}


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value)


def _parsed(key: str, value: str) -> Value:
    if key in _NUMBERS:
        return int(value)
    return value == "true" if key in _FLAGS else value


class QueuePolicy(Handler):
    """``aws:sqs/queuePolicy:QueuePolicy``."""

    title = "SQS Queue Policy"
    replace_on = frozenset({"queueUrl"})

    def validate(self, inputs: Props) -> list[CheckFailure]:
        return malformed("policy", inputs)

    def create(self, aws: Scope, inputs: Props) -> Made:
        self._put(aws, inputs["queueUrl"], inputs["policy"])
        return Made(inputs["queueUrl"])

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = aws.client("sqs").get_queue_attributes(QueueUrl=id_, AttributeNames=["Policy"])
        policy = found.get("Attributes", {}).get("Policy")
        return {"queueUrl": id_, "policy": policy} if policy else None

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        self._put(aws, id_, change.new["policy"])

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        self._put(aws, id_, "")

    def _put(self, aws: Scope, url: str, policy: str) -> None:
        aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
