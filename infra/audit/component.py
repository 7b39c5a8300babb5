"""One trail with what it writes to, and AWS's own watchers where the settings ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import iam
from infra.audit import policy
from infra.audit.policy import Selector
from infra.audit.watchers import watch
from infra.keys import account_decides, make_key
from infra.roles import PlainRole, plain_role
from infra.scope import Component, Scope
from infra.specs.audit import AuditSpec
from infra.specs.storage import StorageSpec
from infra.stores.bucket import Store, StoreArgs, bucket_name

PURPOSE = "audit"
"""What names its bucket, key, role and trail."""


@dataclass(frozen=True)
class AuditArgs:
    """Audit of one environment.

    Attributes:
        storage: life cycle of old versions, as in the stores.
        stores: purpose to name of every bucket whose objects are watched.
        access_logs: name of the store of access logs: who read the trail is written down too.
        logs_key: ARN of the key of log groups.
    """

    scope: Scope
    spec: AuditSpec
    storage: StorageSpec
    stores: Mapping[str, pulumi.Output[str]]
    access_logs: pulumi.Input[str]
    logs_key: pulumi.Input[str]


class Audit(Component):
    """A trail that cannot be changed unseen: its files are signed, encrypted, and written by nobody else.

    Attributes:
        trail_arn: of the trail.
        bucket: where its files are.
        log_group: name of the log group where the same events can be searched.
    """

    def __init__(self, name: str, args: AuditArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Audit", name, opts)
        self._args = args
        self._name = f"{args.scope.name}-{PURPOSE}"
        self._key = self._make_key()
        self._store = self._make_store()
        self._group = self._log_group()
        self._writer = self._make_writer()
        self._trail = self._make_trail()
        watch(self, args.scope, args.spec, self._store)
        self.trail_arn = self._trail.arn
        self.bucket = self._store.name
        self.log_group = self._group.name
        self.register_outputs({"trail_arn": self.trail_arn, "bucket": self.bucket})

    def _make_key(self) -> pulumi.Output[str]:
        """Of its own, so that who reads data or logs cannot read the trail."""
        scope = self._args.scope
        writers = policy.writers_may_encrypt(scope, self._name, config=self._args.spec.config_recorder)
        statements = [account_decides(scope.account), *writers]
        return make_key(self, PURPOSE, "The audit trail", scope, statements)

    def _make_store(self) -> Store:
        args = self._args
        writers = policy.only_the_trail_writes(
            bucket_name(args.scope, PURPOSE), args.scope, self._name, config=args.spec.config_recorder
        )
        store = StoreArgs(
            scope=args.scope,
            spec=args.storage,
            purpose=PURPOSE,
            key=self._key,
            logs=args.access_logs,
            statements=writers,
            expire_days=args.spec.retention_days,
        )
        return Store(self.part("files"), store, self.child())

    def _log_group(self) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            self.part("events"),
            name=f"/{self._args.scope.name}/{PURPOSE}",
            retention_in_days=self._args.spec.log_retention_days,
            kms_key_id=self._args.logs_key,
            opts=self.child(),
        )

    def _make_writer(self) -> PlainRole:
        scope = self._args.scope
        source = {"aws:SourceArn": policy.trail_arn(scope, self._name)}
        trust = iam.trust_service(policy.TRAIL, {"StringEquals": source})
        statements = self._group.arn.apply(lambda arn: [policy.write_events(arn)])
        return plain_role(self, PURPOSE, scope, trust, statements=statements)

    def _make_trail(self) -> aws.cloudtrail.Trail:
        args = self._args
        selected = pulumi.Output.all(*args.stores.values()).apply(
            lambda names: _written(policy.selectors(names, management=args.spec.management_events))
        )
        return aws.cloudtrail.Trail(
            self.part("trail"),
            name=self._name,
            s3_bucket_name=self._store.name,
            kms_key_id=self._key,
            enable_logging=True,
            enable_log_file_validation=True,
            is_multi_region_trail=True,  # the copies of the stores, and whatever else somebody does elsewhere
            include_global_service_events=True,
            cloud_watch_logs_group_arn=self._group.arn.apply(lambda arn: f"{arn.removesuffix(':*')}:*"),
            cloud_watch_logs_role_arn=self._writer.role.arn,
            advanced_event_selectors=selected,
            opts=self.child(depends_on=[self._store.policy, *self._writer.policies]),
        )


def _written(found: list[Selector]) -> list[aws.cloudtrail.TrailAdvancedEventSelectorArgs]:
    """As the SDK takes them."""
    field = aws.cloudtrail.TrailAdvancedEventSelectorFieldSelectorArgs
    return [
        aws.cloudtrail.TrailAdvancedEventSelectorArgs(
            name=selector.name,
            field_selectors=[
                *[field(field=name, equals=list(values)) for name, values in selector.equals],
                *[field(field=name, starts_withs=list(values)) for name, values in selector.starts_with],
            ],
        )
        for selector in found
    ]
