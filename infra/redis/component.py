"""Which Redis: the choice between the two forms, and what they have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from infra.redis.elasticache import ElastiCache, ElastiCacheArgs
from infra.redis.in_cluster import InClusterArgs, InClusterRedis
from infra.roles import Identity
from infra.scope import Component, Scope
from infra.specs.redis import RedisSpec


@dataclass(frozen=True)
class RedisArgs:
    """A feature store.

    Attributes:
        subnet_ids: without a way out.
        clients: security group that may connect.
        key: ARN of the key of its data and its password.
        logs_key: ARN of the key of its log group.
        identity: of the cluster; used by the pod in the cluster.
        namespace: where that pod lives.
        nodes: what that pod needs: namespace, node pools.
    """

    scope: Scope
    spec: RedisSpec
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[list[str]]
    clients: pulumi.Input[str]
    key: pulumi.Output[str]
    logs_key: pulumi.Input[str]
    identity: Identity
    namespace: str
    nodes: Sequence[pulumi.Resource]


class Redis(Component):
    """Redis, whichever form.

    Attributes:
        endpoint: host name; of the configuration endpoint in cluster mode.
        port: number.
        tls: whether clients must use TLS.
        secret_arn: where the password is, as plain text.
    """

    def __init__(self, name: str, args: RedisArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Redis", name, opts)
        form = self._managed(args) if args.spec.mode == "elasticache" else self._pod(args)
        self.endpoint = form.endpoint
        self.port = form.port
        self.tls = form.tls
        self.secret_arn = form.secret_arn
        self.register_outputs(
            {"endpoint": self.endpoint, "port": self.port, "tls": self.tls, "secret_arn": self.secret_arn}
        )

    def _managed(self, args: RedisArgs) -> ElastiCache:
        own = ElastiCacheArgs(
            scope=args.scope,
            spec=args.spec,
            vpc_id=args.vpc_id,
            subnet_ids=args.subnet_ids,
            clients=args.clients,
            key=args.key,
            logs_key=args.logs_key,
        )
        return ElastiCache(self.part("elasticache"), own, self.child())

    def _pod(self, args: RedisArgs) -> InClusterRedis:
        own = InClusterArgs(
            scope=args.scope,
            spec=args.spec,
            key=args.key,
            identity=args.identity,
            namespace=args.namespace,
        )
        return InClusterRedis(self.part("pod"), own, self.child(depends_on=[*args.nodes]))
