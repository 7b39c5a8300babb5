"""dev, staging and prod differ only by configuration, and only where a person would expect (E1).

This tier compares the committed files; each difference has its reason here, and a new one fails until it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from infra.specs.katib import KatibDigests
from sandbox.toolchain.table import RECIPES, Tool
from stacks.settings import load, load_file
from tests.stacks.conftest import as_engine, stack_file, tree_of

DIFFERENCES = {
    "rollout": "dev rehearses everything there is, at the smallest sizes",
    "capabilities": "dev's higher level has more to opt out of",
    "protect": "dev is thrown away at will",
    "teardown": "dev is thrown away at will",
    "network.cidr": "one range for each, so that they can be peered",
    "network.nat": "one gateway is enough for dev (A1)",
    "network.flow_log_retention_days": "production is looked into later than dev",
    "cluster.endpoint.public_cidrs": "production is reached from inside only (A2)",
    "cluster.logs": "dev does without the two that nobody reads there",
    "cluster.log_retention_days": "production is audited",
    "cluster.system_nodes.instance_type": "the plan's base is three m5.xlarge in production",
    "cluster.system_nodes.min": "one in every zone where data is kept",
    "cluster.system_nodes.max": "one more than in a quiet hour",
    "cluster.system_nodes.desired": "one in every zone where data is kept",
    "cluster.access": "each has an apply role of its own",
    "karpenter.pools[0].sizes": "larger nodes pack better where there is much to run",
    "karpenter.pools[0].cpu_limit": "size",
    "karpenter.pools[0].consolidate_after": "production moves pods less eagerly",
    "karpenter.pools[1].capacity": "a training run in production is worth more than the spot discount",
    "karpenter.pools[1].cpu_limit": "size",
    "karpenter.pools[1].gpu_limit": "size",
    "karpenter.pools[1].consolidate_after": "production moves pods less eagerly",
    "storage.expire_noncurrent_days": "production goes back further",
    "storage.archive_after_days": "production goes back further",
    "storage.replica_region": "a copy elsewhere in production (A5)",
    "storage.residency": "production's copies are in a second region, and nowhere else (E5)",
    "redis.mode": "in the cluster in dev (A6)",
    "redis.image": "the pod in dev; ElastiCache brings its own",
    "redis.fetch_image": "the pod in dev; ElastiCache brings its own",
    "redis.node_type": "size",
    "redis.shards": "size",
    "redis.replicas_per_shard": "a copy in another zone where data is kept (A6)",
    "redis.snapshot_retention_days": "nothing to bring back in dev",
    "postgres.instance_class": "size",
    "postgres.storage_gib": "size",
    "postgres.max_storage_gib": "size",
    "postgres.multi_az": "a standby where data is kept (A7)",
    "postgres.backup_retention_days": "production goes back further",
    "postgres.deletion_protection": "dev is thrown away at will",
    "registry.keep_images": "production goes back further",
    "services.logs.retention_days": "production is looked into later than dev (B11)",
    "services.pipelines.database.instance_class": "size",
    "services.pipelines.database.storage_gib": "size",
    "services.pipelines.database.max_storage_gib": "size",
    "services.pipelines.database.multi_az": "a standby where data is kept (B2)",
    "services.pipelines.database.backup_retention_days": "production goes back further",
    "services.pipelines.database.deletion_protection": "dev is thrown away at will",
    **{
        f"services.katib.digests.{name}": "search is of dev's level (B3)"
        for name in KatibDigests.model_fields
    },
    "services.argo_cd.domain": "each has a host name of its own",
    "services.backup.keep_days": "production goes back further (A11)",
    "services.backup.keep_monthly_days": "production goes back further (A11)",
    "services.backup.copy_keep_days": "production goes back further (A11)",
    "services.backup.lock": "dev is thrown away at will",
    "services.data_sources": "dev rehearses a move of data (A9)",
    "services.gateway.hostname": "each environment has its own",
    "services.gateway.replicas": "one in every zone where data is kept (B6)",
    "services.watching.domain": "its own name",
    "services.watching.slack_channel": "people who answer for it (B7)",
    "services.watching.retention_days": "size",
    "services.watching.storage_gib": "size",
    "services.single_sign_on": "dev rehearses the one log-in of enterprise (B10)",
    "cost.budget_usd": "size",
    "services.teams[0].quota.cpu": "size",
    "services.teams[0].quota.gpus": "size",
    "services.teams[0].quota.memory_gib": "size",
    "services.teams[0].quota.pods": "size",
    "services.teams[0].quota.storage_gib": "size",
}

WHOLE = {"capabilities", "cluster.access", "cluster.endpoint.public_cidrs", "services.single_sign_on"}
"""Compared as one, because their members are the difference."""


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and path not in WHOLE:
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}".removeprefix("."))
    elif isinstance(value, list) and path not in WHOLE and any(isinstance(inner, dict) for inner in value):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{index}]")
    else:
        yield path, value


def differing() -> set[str]:
    flat = [dict(leaves(tree_of(environment))) for environment in ("dev", "staging", "prod")]
    every = set().union(*flat)
    return {path for path in every if any(tree.get(path) != flat[0].get(path) for tree in flat)}


def test_environments_differ_exactly_where_it_is_explained() -> None:
    assert differing() == set(DIFFERENCES)


def test_each_file_is_complete_and_right(environment: str) -> None:
    assert load_file(stack_file(environment)).environment == environment


def test_a_file_reads_the_same_with_and_without_the_engine(environment: str) -> None:
    assert load(environment, as_engine(tree_of(environment))) == load_file(stack_file(environment))


def test_networks_do_not_overlap() -> None:
    ranges = {load_file(stack_file(name)).network.cidr for name in ("dev", "staging", "prod")}
    assert ranges == {"10.20.0.0/16", "10.30.0.0/16", "10.40.0.0/16"}


def test_production_has_the_plans_base() -> None:
    """A1, A2, A6: three m5.xlarge, three zones, three shards with one replica each, private endpoint."""
    prod = load_file(stack_file("prod"))
    nodes = prod.cluster.system_nodes
    assert (nodes.instance_type, nodes.min) == ("m5.xlarge", 3)
    assert (prod.redis.node_type, prod.redis.shards, prod.redis.replicas_per_shard) == (
        "cache.t3.medium",
        3,
        1,
    )
    assert prod.cluster.endpoint.public_cidrs == []
    assert prod.storage.replica_region == "us-west-2"
    assert (prod.network.nat, len(prod.network.zones)) == ("per_zone", 3)


@pytest.mark.parametrize("name", ["staging", "prod"])
def test_what_keeps_data_is_protected(name: str) -> None:
    settings = load_file(stack_file(name))
    assert settings.protect
    assert not settings.teardown
    assert settings.postgres.deletion_protection
    assert settings.postgres.multi_az


def test_dev_has_every_level() -> None:
    """E5: dev rehearses everything there is."""
    assert load_file(stack_file("dev")).rollout == "innovation"


def test_what_is_deployed_is_what_is_rehearsed(environment: str) -> None:
    """Karpenter and Kubernetes in the stack files are the versions of the binaries that a rehearsal runs."""
    settings = load_file(stack_file(environment))
    assert settings.karpenter.version == RECIPES[Tool.KARPENTER].version
    assert RECIPES[Tool.APISERVER].version.startswith(f"{settings.cluster.version}.")
