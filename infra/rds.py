"""A database at RDS, whatever its engine. RDS makes and rotates the master password; no state has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.groups import clients_only
from infra.scope import Component, Scope
from infra.specs.postgres import DatabaseSpec

MASTER = "ferry"
INSIGHTS_DAYS = 7
"""What Performance Insights keeps without a charge."""


@dataclass(frozen=True)
class Engine:
    """What differs between engines.

    Attributes:
        name: as RDS calls it, and as its resources are called: ``postgres``.
        title: of the component.
        port: at which it listens.
        database: that it begins with; None for none.
        family: of parameter groups, ``{major}`` and ``{version}`` filled in.
        says: description of the parameter group.
        parameters: of the parameter group, name to value.
        logs: what goes to CloudWatch, a log group each.
        without_insights: instance classes for which RDS offers no Performance Insights.
    """

    name: str
    title: str
    port: int
    database: str | None
    family: str
    says: str
    parameters: Mapping[str, str]
    logs: Sequence[str]
    without_insights: frozenset[str] = frozenset()


@dataclass(frozen=True)
class DatabaseArgs:
    """A database in a network.

    Attributes:
        subnet_ids: without a way out.
        clients: security group that may connect.
        key: ARN of the key of storage, password and insights.
        logs_key: ARN of the key of its log groups.
        log_retention_days: days that its logs are kept.
    """

    scope: Scope
    spec: DatabaseSpec
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[list[str]]
    clients: pulumi.Input[str]
    key: pulumi.Input[str]
    logs_key: pulumi.Input[str]
    log_retention_days: int


class Database(Component):
    """One RDS instance.

    Attributes:
        endpoint: host name.
        port: number.
        secret_arn: where Secrets Manager keeps the master user and password. It rotates every seven days, so
            an application gets a database user of its own.
    """

    def __init__(
        self, name: str, engine: Engine, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(engine.title, name, opts)
        self._engine = engine
        self._args = args
        self._name = f"{args.scope.name}-{engine.name}"
        self._group = self._security_group()
        self._subnets = self._subnet_group()
        self._parameters = self._parameter_group()
        self._log_groups = [self._make_log_group(log) for log in engine.logs]
        self._instance = self._make_instance()
        self.endpoint = self._instance.address
        self.port = self._instance.port
        self.secret_arn = self._instance.master_user_secrets.apply(_first_arn)
        self.register_outputs({"endpoint": self.endpoint, "port": self.port, "secret_arn": self.secret_arn})

    def _security_group(self) -> aws.ec2.SecurityGroup:
        args = self._args
        return clients_only(
            self, self._engine.port, name=self._name, vpc_id=args.vpc_id, clients=args.clients
        )

    def _subnet_group(self) -> aws.rds.SubnetGroup:
        return aws.rds.SubnetGroup(
            self.part("subnets"),
            name=self._name,
            description="Subnets without a way out",
            subnet_ids=self._args.subnet_ids,
            opts=self.child(),
        )

    def _parameter_group(self) -> aws.rds.ParameterGroup:
        version, engine = self._args.spec.version, self._engine
        major = version.partition(".")[0]
        return aws.rds.ParameterGroup(
            self.part("parameters"),
            name=self._name,
            family=engine.family.format(major=major, version=".".join(version.split(".")[:2])),
            description=engine.says,
            parameters=[
                aws.rds.ParameterGroupParameterArgs(name=name, value=value)
                for name, value in engine.parameters.items()
            ],
            opts=self.child(),
        )

    def _make_log_group(self, log: str) -> aws.cloudwatch.LogGroup:
        """Made before RDS would make it without a key and without an end."""
        part = "logs" if len(self._engine.logs) == 1 else f"logs-{log}"
        return aws.cloudwatch.LogGroup(
            self.part(part),
            name=f"/aws/rds/instance/{self._name}/{log}",
            retention_in_days=self._args.log_retention_days,
            kms_key_id=self._args.logs_key,
            opts=self.child(),
        )

    def _make_instance(self) -> aws.rds.Instance:
        scope, spec, engine = self._args.scope, self._args.spec, self._engine
        insights = spec.instance_class not in engine.without_insights
        return aws.rds.Instance(
            self.part("instance"),
            identifier=self._name,
            engine=engine.name,
            engine_version=spec.version,
            instance_class=spec.instance_class,
            allocated_storage=spec.storage_gib,
            max_allocated_storage=spec.max_storage_gib,
            storage_type="gp3",
            storage_encrypted=True,
            kms_key_id=self._args.key,
            db_name=engine.database,
            port=engine.port,
            username=MASTER,
            manage_master_user_password=True,
            master_user_secret_kms_key_id=self._args.key,
            multi_az=spec.multi_az,
            db_subnet_group_name=self._subnets.name,
            vpc_security_group_ids=[self._group.id],
            parameter_group_name=self._parameters.name,
            publicly_accessible=False,
            backup_retention_period=spec.backup_retention_days,
            copy_tags_to_snapshot=True,
            tags=scope.backed_up,
            auto_minor_version_upgrade=False,  # the version is reviewed like everything else
            performance_insights_enabled=insights,
            performance_insights_kms_key_id=self._args.key if insights else None,
            performance_insights_retention_period=INSIGHTS_DAYS if insights else None,
            enabled_cloudwatch_logs_exports=[*engine.logs],
            deletion_protection=spec.deletion_protection and not scope.teardown,
            skip_final_snapshot=scope.teardown,
            final_snapshot_identifier=None if scope.teardown else f"{self._name}-final",
            opts=self.child(protect=scope.protected, depends_on=[*self._log_groups]),
        )


def _first_arn(secrets: Sequence[aws.rds.outputs.InstanceMasterUserSecret] | None) -> str:
    return str(secrets[0].secret_arn) if secrets else ""
