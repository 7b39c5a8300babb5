"""A task for each source, with the locations and the role that it needs, and one log for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import iam
from infra.iam import Statement
from infra.migration_data import policy
from infra.roles import PlainRole, plain_role
from infra.scope import Component, Scope
from infra.specs.data_sources import DataSource
from infra.stores.policy import bucket_arn

VERIFY = {"all": "POINT_IN_TIME_CONSISTENT", "transferred": "ONLY_FILES_TRANSFERRED"}
"""DataSync's words. Its third, NONE, is not offered: an unverified move proves nothing."""
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class DataMigrationArgs:
    """Moves into one environment's stores.

    Attributes:
        sources: what moves; none makes nothing.
        stores: purpose to bucket name.
        key: ARN of the stores' key.
        logs_key: ARN of the key of log groups.
        log_retention_days: days that the tasks' log is kept.
    """

    scope: Scope
    sources: Sequence[DataSource]
    stores: Mapping[str, pulumi.Output[str]]
    key: pulumi.Output[str]
    logs_key: pulumi.Input[str]
    log_retention_days: int


class DataMigration(Component):
    """Tasks that can be repeated: each run moves what differs, deletes nothing, and verifies.

    Attributes:
        tasks: name of a source to the ARN of its task.
    """

    def __init__(
        self, name: str, args: DataMigrationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("DataMigration", name, opts)
        self._args = args
        self._group = self._log_group() if args.sources else None
        self._may_log = self._log_policy(self._group) if self._group else None
        self.tasks = {source.name: self._task(source).arn for source in args.sources}
        self.register_outputs({"tasks": self.tasks})

    def _log_group(self) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            self.part("logs"),
            name=f"/{self._args.scope.name}/data-migration",
            retention_in_days=self._args.log_retention_days,
            kms_key_id=self._args.logs_key,
            opts=self.child(),
        )

    def _log_policy(self, group: aws.cloudwatch.LogGroup) -> aws.cloudwatch.LogResourcePolicy:
        account = self._args.scope.account
        return aws.cloudwatch.LogResourcePolicy(
            self.part("may-log"),
            policy_name=f"{self._args.scope.name}-data-migration",
            policy_document=group.arn.apply(lambda arn: iam.document([policy.log_policy(arn, account)])),
            opts=self.child(),
        )

    def _task(self, source: DataSource) -> aws.datasync.Task:
        group, may_log = self._group, self._may_log
        return aws.datasync.Task(
            self.part(source.name),
            name=f"{self._args.scope.name}-{source.name}",
            source_location_arn=self._from(source),
            destination_location_arn=self._into(source),
            cloudwatch_log_group_arn=group.arn if group else None,
            options=_options(source),
            schedule=aws.datasync.TaskScheduleArgs(schedule_expression=source.schedule)
            if source.schedule
            else None,
            opts=self.child(depends_on=[may_log] if may_log else None),
        )

    def _from(self, source: DataSource) -> pulumi.Output[str]:
        if source.kind == "nfs":
            location = aws.datasync.NfsLocation(
                self.part(f"{source.name}-from"),
                server_hostname=str(source.server),
                subdirectory=source.path,
                on_prem_config=aws.datasync.NfsLocationOnPremConfigArgs(agent_arns=list(source.agents)),
                mount_options=aws.datasync.NfsLocationMountOptionsArgs(version="AUTOMATIC"),
                opts=self.child(),
            )
            arn: pulumi.Output[str] = location.arn
            return arn
        bucket, region = str(source.bucket), self._args.scope.region
        allowed = policy.read_source(bucket, source.path, source.key_arn, region)
        return self._bucket(source, "from", pulumi.Output.from_input(bucket), source.path, allowed)

    def _into(self, source: DataSource) -> pulumi.Output[str]:
        store, region = self._args.stores[source.into], self._args.scope.region
        known = pulumi.Output.all(store, self._args.key)
        allowed = known.apply(lambda both: policy.write_store(both[0], source.prefix, both[1], region))
        return self._bucket(source, "into", store, source.prefix, allowed)

    def _bucket(
        self,
        source: DataSource,
        end: str,
        bucket: pulumi.Output[str],
        path: str,
        allowed: pulumi.Input[Sequence[Statement]],
    ) -> pulumi.Output[str]:
        """One end in S3. DataSync tries its role when the location is made, so it waits for the policy."""
        role = self._role(f"{source.name}-{end}", allowed)
        location = aws.datasync.S3Location(
            self.part(f"{source.name}-{end}"),
            s3_bucket_arn=bucket.apply(bucket_arn),
            subdirectory=path,
            s3_config=aws.datasync.S3LocationS3ConfigArgs(bucket_access_role_arn=role.role.arn),
            opts=self.child(depends_on=role.policies),
        )
        arn: pulumi.Output[str] = location.arn
        return arn

    def _role(self, purpose: str, allowed: pulumi.Input[Sequence[Statement]]) -> PlainRole:
        scope = self._args.scope
        trust = iam.trust_service(policy.SERVICE, {"StringEquals": {"aws:SourceAccount": scope.account}})
        return plain_role(self, f"move-{purpose}", scope, trust, statements=allowed)


def _options(source: DataSource) -> aws.datasync.TaskOptionsArgs:
    """Move what differs, delete nothing, verify. Owners and permissions exist on file servers only."""
    files = source.kind == "nfs"
    limit = source.megabytes_per_second
    return aws.datasync.TaskOptionsArgs(
        verify_mode=VERIFY[source.verify],
        transfer_mode="CHANGED",
        overwrite_mode="ALWAYS",
        preserve_deleted_files="PRESERVE",
        posix_permissions="PRESERVE" if files else "NONE",
        uid="INT_VALUE" if files else "NONE",
        gid="INT_VALUE" if files else "NONE",
        atime="BEST_EFFORT",
        mtime="PRESERVE",
        object_tags="NONE" if files else "PRESERVE",
        log_level="TRANSFER",
        bytes_per_second=limit * MEGABYTE if limit else -1,
    )
