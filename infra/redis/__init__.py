"""Redis for features (A6): ElastiCache, or one pod in the cluster, behind the same outputs."""

from infra.redis.component import Redis, RedisArgs

__all__ = ["Redis", "RedisArgs"]
