"""Postgres for MLflow (A7): RDS makes and rotates the master password; no state and no file has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.groups import clients_only
from infra.scope import Component, Scope
from infra.specs.postgres import PostgresSpec

PORT = 5432
DATABASE = "mlflow"
MASTER = "ferry"
INSIGHTS_DAYS = 7
"""What Performance Insights keeps without a charge."""


@dataclass(frozen=True)
class PostgresArgs:
    """A database in a network.

    Attributes:
        subnet_ids: without a way out.
        clients: security group that may connect.
        key: ARN of the key of storage, password and insights.
        logs_key: ARN of the key of its log group.
        log_retention_days: days that its log is kept.
    """

    scope: Scope
    spec: PostgresSpec
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[list[str]]
    clients: pulumi.Input[str]
    key: pulumi.Input[str]
    logs_key: pulumi.Input[str]
    log_retention_days: int


class Postgres(Component):
    """One RDS instance.

    Attributes:
        endpoint: host name.
        port: number.
        secret_arn: where Secrets Manager keeps the master user and password. It rotates every seven days, so
            an application gets a database user of its own.
    """

    def __init__(self, name: str, args: PostgresArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Postgres", name, opts)
        self._args = args
        self._group = self._security_group()
        self._subnets = self._subnet_group()
        self._parameters = self._parameter_group()
        self._log_group = self._make_log_group()
        self._instance = self._make_instance()
        self.endpoint = self._instance.address
        self.port = self._instance.port
        self.secret_arn = self._instance.master_user_secrets.apply(_first_arn)
        self.register_outputs({"endpoint": self.endpoint, "port": self.port, "secret_arn": self.secret_arn})

    def _security_group(self) -> aws.ec2.SecurityGroup:
        args = self._args
        return clients_only(
            self, PORT, name=f"{args.scope.name}-postgres", vpc_id=args.vpc_id, clients=args.clients
        )

    def _subnet_group(self) -> aws.rds.SubnetGroup:
        return aws.rds.SubnetGroup(
            self.part("subnets"),
            name=f"{self._args.scope.name}-postgres",
            description="Subnets without a way out",
            subnet_ids=self._args.subnet_ids,
            opts=self.child(),
        )

    def _parameter_group(self) -> aws.rds.ParameterGroup:
        return aws.rds.ParameterGroup(
            self.part("parameters"),
            name=f"{self._args.scope.name}-postgres",
            family=f"postgres{self._args.spec.version.partition('.')[0]}",
            description="TLS only; statements that took longer than a second are logged",
            parameters=[
                aws.rds.ParameterGroupParameterArgs(name="rds.force_ssl", value="1"),
                aws.rds.ParameterGroupParameterArgs(name="log_min_duration_statement", value="1000"),
            ],
            opts=self.child(),
        )

    def _make_log_group(self) -> aws.cloudwatch.LogGroup:
        """Made before RDS would make it without a key and without an end."""
        return aws.cloudwatch.LogGroup(
            self.part("logs"),
            name=f"/aws/rds/instance/{self._args.scope.name}-postgres/postgresql",
            retention_in_days=self._args.log_retention_days,
            kms_key_id=self._args.logs_key,
            opts=self.child(),
        )

    def _make_instance(self) -> aws.rds.Instance:
        scope, spec = self._args.scope, self._args.spec
        return aws.rds.Instance(
            self.part("instance"),
            identifier=f"{scope.name}-postgres",
            engine="postgres",
            engine_version=spec.version,
            instance_class=spec.instance_class,
            allocated_storage=spec.storage_gib,
            max_allocated_storage=spec.max_storage_gib,
            storage_type="gp3",
            storage_encrypted=True,
            kms_key_id=self._args.key,
            db_name=DATABASE,
            port=PORT,
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
            performance_insights_enabled=True,
            performance_insights_kms_key_id=self._args.key,
            performance_insights_retention_period=INSIGHTS_DAYS,
            enabled_cloudwatch_logs_exports=["postgresql"],
            deletion_protection=spec.deletion_protection and not scope.teardown,
            skip_final_snapshot=scope.teardown,
            final_snapshot_identifier=None if scope.teardown else f"{scope.name}-postgres-final",
            opts=self.child(protect=scope.protected, depends_on=[self._log_group]),
        )


def _first_arn(secrets: Sequence[aws.rds.outputs.InstanceMasterUserSecret] | None) -> str:
    return str(secrets[0].secret_arn) if secrets else ""
