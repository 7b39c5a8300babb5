"""Redis, Postgres, certificates and secrets."""

from __future__ import annotations

from tests.infra.watching.cases.case import Case, Near, Series

REDIS = {"dimension_CacheClusterId": "ferry-prod-0001-001"}
POSTGRES = {"dimension_DBInstanceIdentifier": "ferry-prod"}
GIB, MIB = 2**30, 2**20
READY = 'kube_statefulset_status_replicas_ready{namespace="features",statefulset="redis"}'
WANTED = 'kube_statefulset_replicas{namespace="features",statefulset="redis"}'
EXPIRY = 'certmanager_certificate_expiration_timestamp_seconds{namespace="gateway",name="public"}'
ISSUED = 'certmanager_certificate_ready_status{namespace="gateway",name="public",condition="%s"}'
SYNCED = 'externalsecret_status_condition{namespace="mlflow",name="login",condition="Ready",status="%s"}'
DAY_S = 86_400


def redis(metric: str, samples: str) -> Series:
    """CloudWatch's figure of one node."""
    return {f'aws_elasticache_{metric}{{dimension_CacheClusterId="ferry-prod-0001-001"}}': samples}


def postgres(metric: str, samples: str) -> Series:
    """CloudWatch's figure of the instance."""
    return {f'aws_rds_{metric}{{dimension_DBInstanceIdentifier="ferry-prod"}}': samples}


CASES = (
    Case(
        "RedisMemoryHigh",
        redis("database_memory_usage_percentage_maximum", "85x30"),
        at="20m",
        labels=REDIS,
        summary="ferry-prod-0001-001 uses 85% of its memory",
        quiet=(Near("79%", redis("database_memory_usage_percentage_maximum", "79x30"), "20m"),),
    ),
    Case(
        "RedisEvicts",
        redis("evictions_sum", "12x30"),
        at="10m",
        labels=REDIS,
        summary="ferry-prod-0001-001 drops features to make room: lookups miss",
        quiet=(Near("none", redis("evictions_sum", "0x30"), "10m"),),
    ),
    Case(
        "RedisReplicaLags",
        redis("replication_lag_maximum", "30x30"),
        at="15m",
        labels=REDIS,
        summary="ferry-prod-0001-001 is 30 s behind: a fail-over would lose that much",
        quiet=(Near("a second", redis("replication_lag_maximum", "1x30"), "15m"),),
    ),
    Case(
        "RedisBusy",
        redis("engine_cpuutilization_maximum", "95x30"),
        at="20m",
        labels=REDIS,
        summary="ferry-prod-0001-001: the engine's thread is 95% busy",
        quiet=(Near("80%", redis("engine_cpuutilization_maximum", "80x30"), "20m"),),
    ),
    Case(
        "FeatureStoreSlow",
        redis("get_type_cmds_latency_average", "1500x30"),
        at="15m",
        labels=REDIS,
        summary="ferry-prod-0001-001 takes 1500 µs for a read",
        quiet=(Near("eight microseconds", redis("get_type_cmds_latency_average", "8x30"), "15m"),),
    ),
    Case(
        "RedisPodNotReady",
        {READY: "0x20", WANTED: "1x20"},
        at="10m",
        labels={"namespace": "features", "statefulset": "redis"},
        summary="Redis in the cluster is not ready: no features",
        quiet=(
            Near("ready", {READY: "1x20", WANTED: "1x20"}, "10m"),
            Near("it restarts", {READY: "1x5 0x3 1x12", WANTED: "1x20"}, "10m"),
        ),
    ),
    Case(
        "PostgresStorageLow",
        postgres("free_storage_space_minimum", f"{3 * GIB}x30"),
        at="15m",
        labels=POSTGRES,
        summary="ferry-prod has 3GiB of storage left",
        quiet=(Near("9 GiB", postgres("free_storage_space_minimum", f"{9 * GIB}x30"), "15m"),),
    ),
    Case(
        "PostgresBusy",
        postgres("cpuutilization_average", "97x30"),
        at="20m",
        labels=POSTGRES,
        summary="ferry-prod: processor 97% busy",
        quiet=(
            Near("a nightly peak of five minutes", postgres("cpuutilization_average", "97x5 20x25"), "20m"),
        ),
    ),
    Case(
        "PostgresMemoryLow",
        postgres("freeable_memory_minimum", f"{32 * MIB}x30"),
        at="20m",
        labels=POSTGRES,
        summary="ferry-prod has 32MiB of memory left",
        quiet=(Near("200 MiB", postgres("freeable_memory_minimum", f"{200 * MIB}x30"), "20m"),),
    ),
    Case(
        "StoresUnwatched",
        {"up": "1x60"},
        at="40m",
        labels={},
        summary="CloudWatch's figures of the stores are missing: nothing above would fire",
        quiet=(Near("they are there", postgres("cpuutilization_average", "5x60"), "40m"),),
    ),
    Case(
        "CertificateExpires",
        {EXPIRY: f"{10 * DAY_S}x120"},
        at="90m",
        labels={"namespace": "gateway", "name": "public"},
        summary="gateway/public expires in 9d 22h 30m 0s",
        quiet=(Near("20 days are left", {EXPIRY: f"{20 * DAY_S}x120"}, "90m"),),
    ),
    Case(
        "CertificateNotReady",
        {ISSUED % "True": "0x30", ISSUED % "False": "1x30"},
        at="20m",
        labels={"namespace": "gateway", "name": "public"},
        summary="gateway/public is not issued",
        quiet=(Near("issued", {ISSUED % "True": "1x30", ISSUED % "False": "0x30"}, "20m"),),
    ),
    Case(
        "SecretNotSynced",
        {SYNCED % "False": "1x30", SYNCED % "True": "0x30"},
        at="20m",
        labels={"namespace": "mlflow", "name": "login"},
        summary="mlflow/login does not follow Secrets Manager",
        quiet=(Near("synced", {SYNCED % "False": "0x30", SYNCED % "True": "1x30"}, "20m"),),
    ),
)
