"""Redis for features."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from infra.specs.base import Spec
from infra.specs.domain import CacheNodeType, EngineVersion, ImageDigest


class RedisSpec(Spec):
    """Feature store.

    Attributes:
        mode: ``elasticache`` (cluster mode, TLS, AUTH, failover) or ``in_cluster`` (one pod, for dev).
        node_type: ElastiCache node type, for example ``cache.t3.medium``; unused in the cluster.
        shards: hash-slot ranges, 1 to 500.
        replicas_per_shard: copies that take over, 0 to 5.
        version: engine version of ElastiCache, ``7.1``.
        snapshot_retention_days: days that daily snapshots are kept; 0 takes none.
        token_version: raising it by one rotates the AUTH token.
        image: in-cluster Redis, by digest.
        fetch_image: the AWS CLI that fetches the token into the pod, by digest.
    """

    mode: Literal["elasticache", "in_cluster"]
    node_type: CacheNodeType
    shards: int = Field(ge=1, le=500)
    replicas_per_shard: int = Field(ge=0, le=5)
    version: EngineVersion = "7.1"
    snapshot_retention_days: int = Field(ge=0, le=35)
    token_version: int = Field(ge=1, default=1)
    image: ImageDigest | None = None
    fetch_image: ImageDigest | None = None
