"""Managed Redis: ElastiCache in cluster mode over several zones, with TLS, a password and failover."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.groups import clients_only
from infra.redis.token import keep_token, new_token
from infra.scope import Component, Scope
from infra.specs.redis import RedisSpec

PORT = 6379
SLOW_LOG_DAYS = 30
POLICY = "volatile-lru"
"""When memory is full, what has an expiry goes; a feature that was never given one is not lost silently."""


@dataclass(frozen=True)
class ElastiCacheArgs:
    """A replication group in a network; see :class:`infra.redis.RedisArgs`."""

    scope: Scope
    spec: RedisSpec
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[list[str]]
    clients: pulumi.Input[str]
    key: pulumi.Output[str]
    logs_key: pulumi.Input[str]


class ElastiCache(Component):
    """A replication group; outputs as :class:`infra.redis.Redis`."""

    def __init__(self, name: str, args: ElastiCacheArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ElastiCache", name, opts)
        self._args = args
        self._security = clients_only(
            self, PORT, name=f"{args.scope.name}-redis", vpc_id=args.vpc_id, clients=args.clients
        )
        self._subnets = self._subnet_group()
        self._parameters = self._parameter_group()
        self._slow_log = self._log_group()
        token = new_token(self)
        self._group = self._replication_group(token)
        self.endpoint = self._group.configuration_endpoint_address
        self.port: pulumi.Output[int] = self._group.port.apply(lambda port: int(port or PORT))
        self.tls = True
        self.secret_arn = keep_token(
            self, args.scope, token, args.spec.token_version, key=args.key, after=[self._group]
        )
        self.register_outputs({"endpoint": self.endpoint, "secret_arn": self.secret_arn})

    def _subnet_group(self) -> aws.elasticache.SubnetGroup:
        return aws.elasticache.SubnetGroup(
            self.part("subnets"),
            name=f"{self._args.scope.name}-redis",
            description="Subnets without a way out",
            subnet_ids=self._args.subnet_ids,
            opts=self.child(),
        )

    def _parameter_group(self) -> aws.elasticache.ParameterGroup:
        parameter = aws.elasticache.ParameterGroupParameterArgs
        return aws.elasticache.ParameterGroup(
            self.part("parameters"),
            name=f"{self._args.scope.name}-redis",
            family=family(self._args.spec.version),
            description="Cluster mode; keys without an expiry stay",
            parameters=[
                parameter(name="cluster-enabled", value="yes"),
                parameter(name="maxmemory-policy", value=POLICY),
            ],
            opts=self.child(),
        )

    def _log_group(self) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            self.part("slow-log"),
            name=f"/{self._args.scope.name}/redis",
            retention_in_days=SLOW_LOG_DAYS,
            kms_key_id=self._args.logs_key,
            opts=self.child(),
        )

    def _replication_group(self, token: pulumi.Output[str]) -> aws.elasticache.ReplicationGroup:
        scope, spec = self._args.scope, self._args.spec
        copies = spec.replicas_per_shard > 0
        log = aws.elasticache.ReplicationGroupLogDeliveryConfigurationArgs(
            destination=self._slow_log.name,
            destination_type="cloudwatch-logs",
            log_format="json",
            log_type="slow-log",
        )
        return aws.elasticache.ReplicationGroup(
            self.part("group"),
            replication_group_id=f"{scope.name}-redis",
            description="Features",
            engine="redis",
            engine_version=spec.version,
            node_type=spec.node_type,
            num_node_groups=spec.shards,
            replicas_per_node_group=spec.replicas_per_shard,
            automatic_failover_enabled=True,  # cluster mode is not offered without
            multi_az_enabled=copies,
            transit_encryption_enabled=True,
            auth_token_wo=token,
            auth_token_wo_version=spec.token_version,
            auth_token_update_strategy="ROTATE",  # noqa: S106 - the name of a way, not a password
            at_rest_encryption_enabled=True,
            kms_key_id=self._args.key,
            port=PORT,
            subnet_group_name=self._subnets.name,
            security_group_ids=[self._security.id],
            parameter_group_name=self._parameters.name,
            snapshot_retention_limit=spec.snapshot_retention_days,
            final_snapshot_identifier=f"{scope.name}-redis-final" if scope.protect else None,
            auto_minor_version_upgrade=True,
            log_delivery_configurations=[log],
            opts=self.child(protect=scope.protected),
        )


def family(version: str) -> str:
    """Parameter family of an engine version: Redis 6 and 7 have one per major version."""
    return "redis6.x" if version.startswith("6.") else f"redis{version.partition('.')[0]}"
