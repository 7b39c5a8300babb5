"""The feature store: AWS's own in cluster mode with everything on, or one pod that asks for a password."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ferry.rehearsal.checks.context import CheckContext, Note
from ferry.report.model import Check, Claim

REDIS = Claim(
    "aws.redis", "A6", "Redis is what the settings ask for: TLS, AUTH and failover where AWS runs it"
)


def run(context: CheckContext, note: Note) -> list[Check]:
    """Compare what stands with the settings."""
    note("feature store")
    found = context.outputs.get("redis") or {}
    if not found.get("endpoint") or not found.get("secret_arn"):
        return [REDIS.failed("the stack's outputs name no Redis, or no secret with its token")]
    context.aws("secretsmanager").describe_secret(SecretId=found["secret_arn"])
    if context.settings.redis.mode == "in_cluster":
        sets = [
            item for item in context.kube.list("apps/v1", "StatefulSet") if "redis" in str(item["metadata"])
        ]
        return [REDIS.none_of([] if sets else ["no StatefulSet of Redis is in the cluster"])]
    groups = context.aws("elasticache").describe_replication_groups()["ReplicationGroups"]
    wanted = context.settings.redis.shards
    return [REDIS.none_of(faults(groups[0], wanted) if groups else ["the account has no replication group"])]


def faults(group: Mapping[str, Any], shards: int) -> list[str]:
    """What a replication group lacks, one phrase each."""
    flags = {
        "ClusterEnabled": group.get("ClusterEnabled") is True,
        "TransitEncryptionEnabled": group.get("TransitEncryptionEnabled") is True,
        "AtRestEncryptionEnabled": group.get("AtRestEncryptionEnabled") is True,
        "AuthTokenEnabled": group.get("AuthTokenEnabled") is True,
        "MultiAZ": group.get("MultiAZ") == "enabled",
        "AutomaticFailover": group.get("AutomaticFailover") in {"enabled", "enabling"},
    }
    found = [f"{name} is not on" for name, on in flags.items() if not on]
    count = len(group.get("NodeGroups") or [])
    return found if count == shards else [*found, f"{count} shards, {shards} wanted"]
