"""Redis and Postgres, as CloudWatch sees them (requirement B7, A6, A7).

CloudWatch through YACE, not exporters that log in: it needs no password, sees fail-over, storage and the
host, and one program serves both stores. CloudWatch's figures are one to five minutes old; what hurts sooner
shows in the callers' own latency.
"""

from __future__ import annotations

from infra.watching.rules.model import Alert, Group, Severity

_REDIS = "{{ $labels.dimension_CacheClusterId }}"
_POSTGRES = "{{ $labels.dimension_DBInstanceIdentifier }}"
GIB = 2**30
MIB = 2**20

REDIS = (
    Alert(
        "RedisMemoryHigh",
        "max by (dimension_CacheClusterId) (aws_elasticache_database_memory_usage_percentage_maximum) > 80",
        Severity.WARNING,
        f'{_REDIS} uses {{{{ printf "%.0f" $value }}}}% of its memory',
        lasting="15m",
    ),
    Alert(
        "RedisEvicts",
        "sum by (dimension_CacheClusterId) (aws_elasticache_evictions_sum) > 0",
        Severity.CRITICAL,
        f"{_REDIS} drops features to make room: lookups miss",
        lasting="5m",
    ),
    Alert(
        "RedisReplicaLags",
        "max by (dimension_CacheClusterId) (aws_elasticache_replication_lag_maximum) > 10",
        Severity.WARNING,
        f'{_REDIS} is {{{{ printf "%.0f" $value }}}} s behind: a fail-over would lose that much',
        lasting="10m",
    ),
    Alert(
        "RedisBusy",
        # One thread does the work: AWS asks to look at the engine's share, not the host's.
        "max by (dimension_CacheClusterId) (aws_elasticache_engine_cpuutilization_maximum) > 90",
        Severity.WARNING,
        f'{_REDIS}: the engine\'s thread is {{{{ printf "%.0f" $value }}}}% busy',
        lasting="15m",
    ),
    Alert(
        "FeatureStoreSlow",
        # 1,000 microseconds inside Redis; a plain read takes a few.
        "max by (dimension_CacheClusterId) (aws_elasticache_get_type_cmds_latency_average) > 1000",
        Severity.WARNING,
        f'{_REDIS} takes {{{{ printf "%.0f" $value }}}} µs for a read',
        lasting="10m",
    ),
    Alert(
        "RedisPodNotReady",
        'kube_statefulset_status_replicas_ready{namespace="features",statefulset="redis"} < on (namespace, '
        'statefulset) kube_statefulset_replicas{namespace="features",statefulset="redis"}',
        Severity.CRITICAL,
        "Redis in the cluster is not ready: no features",
        lasting="5m",
    ),
)

POSTGRES = (
    Alert(
        "PostgresStorageLow",
        f"min by (dimension_DBInstanceIdentifier) (aws_rds_free_storage_space_minimum) < {4 * GIB}",
        Severity.CRITICAL,
        f"{_POSTGRES} has {{{{ $value | humanize1024 }}}}B of storage left",
        lasting="10m",
    ),
    Alert(
        "PostgresBusy",
        "max by (dimension_DBInstanceIdentifier) (aws_rds_cpuutilization_average) > 90",
        Severity.WARNING,
        f'{_POSTGRES}: processor {{{{ printf "%.0f" $value }}}}% busy',
        lasting="15m",
    ),
    Alert(
        "PostgresMemoryLow",
        f"min by (dimension_DBInstanceIdentifier) (aws_rds_freeable_memory_minimum) < {64 * MIB}",
        Severity.WARNING,
        f"{_POSTGRES} has {{{{ $value | humanize1024 }}}}B of memory left",
        lasting="15m",
    ),
    Alert(
        "StoresUnwatched",
        "absent(aws_rds_cpuutilization_average)",
        Severity.WARNING,
        "CloudWatch's figures of the stores are missing: nothing above would fire",
        lasting="30m",
    ),
)

GROUPS = (
    Group("ferry-redis", "basic_metrics", alerts=REDIS),
    Group("ferry-postgres", "basic_metrics", alerts=POSTGRES),
)
