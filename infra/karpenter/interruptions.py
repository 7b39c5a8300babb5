"""The queue that tells Karpenter which machines AWS is about to take back, and the rules that fill it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from infra import iam
from infra.iam import Statement
from infra.scope import Component, Scope

KEPT_SECONDS = 300
"""A warning older than five minutes is of no use: AWS gives two."""

RULES: Mapping[str, tuple[str, str]] = {
    "health": ("aws.health", "AWS Health Event"),
    "spot-interruption": ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
    "rebalance": ("aws.ec2", "EC2 Instance Rebalance Recommendation"),
    "state-change": ("aws.ec2", "EC2 Instance State-change Notification"),
    "capacity-reservation": ("aws.ec2", "EC2 Capacity Reservation Instance Interruption Warning"),
}
"""Name of a rule to the source and the kind of its events."""


def queue_statements(queue_arn: str, account: str) -> list[Statement]:
    """EventBridge of this account may send; nobody may do anything without TLS."""
    return [
        Statement(
            sid="EventsOfThisAccount",
            principals={"Service": ["events.amazonaws.com", "sqs.amazonaws.com"]},
            actions=["sqs:SendMessage"],
            resources=[queue_arn],
            conditions={"StringEquals": {"aws:SourceAccount": account}},
        ),
        Statement(
            sid="TlsOnly",
            effect="Deny",
            principals="*",
            actions=["sqs:*"],
            resources=[queue_arn],
            conditions={"Bool": {"aws:SecureTransport": "false"}},
        ),
    ]


class Interruptions(Component):
    """An encrypted SQS queue with its EventBridge rules.

    Attributes:
        name: of the queue.
        arn: of the queue.
    """

    def __init__(self, name: str, scope: Scope, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Interruptions", name, opts)
        self._queue = self._make_queue(scope)
        self._policy = self._make_policy(scope)
        for rule, (source, kind) in RULES.items():
            self._rule(scope, rule, source, kind)
        self.name = self._queue.name
        self.arn = self._queue.arn
        self.register_outputs({"name": self.name, "arn": self.arn})

    def _make_queue(self, scope: Scope) -> aws.sqs.Queue:
        return aws.sqs.Queue(
            self.part("queue"),
            name=f"{scope.name}-interruptions",
            message_retention_seconds=KEPT_SECONDS,
            sqs_managed_sse_enabled=True,
            opts=self.child(),
        )

    def _make_policy(self, scope: Scope) -> aws.sqs.QueuePolicy:
        policy = self._queue.arn.apply(lambda arn: iam.document(queue_statements(arn, scope.account)))
        return aws.sqs.QueuePolicy(
            self.part("policy"), queue_url=self._queue.url, policy=policy, opts=self.child()
        )

    def _rule(self, scope: Scope, name: str, source: str, kind: str) -> None:
        rule = aws.cloudwatch.EventRule(
            self.part(name),
            name=f"{scope.name}-{name}",
            description=f"{kind}, for Karpenter",
            event_pattern=json.dumps({"source": [source], "detail-type": [kind]}),
            opts=self.child(),
        )
        aws.cloudwatch.EventTarget(
            self.part(f"{name}-target"),
            rule=rule.name,
            target_id="karpenter",
            arn=self._queue.arn,
            opts=self.child(depends_on=[self._policy]),
        )
