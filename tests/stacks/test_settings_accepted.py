"""The twin of each refusal: what stands just on the right side of the line is taken (E1).

This tier proves that the rules refuse no more than they say; test_settings_mistakes proves the other side.
"""

from __future__ import annotations

from typing import Any

import pytest

from stacks.rollout import CAPABILITIES, Level
from stacks.settings import Settings, load
from tests.stacks.conftest import as_engine, spoiled, tree_of

GPU = "karpenter.pools[1]"
TEARDOWN = {
    "teardown": True,
    "teardown_review": "destroy ferry-prod in 123456789012: A. Person and B. Person, ticket 7",
}

ACCEPTED: dict[str, tuple[str, dict[str, Any]]] = {
    "dev with two zones": ("dev", {"network.zones": ["us-east-1a", "us-east-1b"]}),
    "dev with one NAT": ("dev", {"network.nat": "single"}),
    "dev private only": ("dev", {"cluster.endpoint.public_cidrs": []}),
    "dev public only": ("dev", {"cluster.endpoint.private": False}),
    "staging private only": ("staging", {"cluster.endpoint.public_cidrs": []}),
    "one whole company": ("dev", {"cluster.endpoint.public_cidrs": ["17.0.0.0/8"]}),
    "smallest network": ("dev", {"network.cidr": "10.20.0.0/19"}),
    "pods just fit": ("dev", {"network.cidr": "10.20.0.0/19", "karpenter.pools[0].cpu_limit": 4 * 193}),
    "another region": (
        "dev",
        {
            "region": "eu-west-1",
            "storage.residency": ["eu-west-1"],
            "network.zones": ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
            "services.gateway.certificate_arn": "arn:aws:acm:eu-west-1:123456789012:certificate/"
            "00000000-0000-0000-0000-000000000000",
        },
    ),
    "as many system nodes as there may be": ("dev", {"cluster.system_nodes.desired": 3}),
    "system nodes of one number": ("dev", {"cluster.system_nodes.max": 2}),
    "four GPUs in a pool of their own": ("dev", {f"{GPU}.sizes": ["12xlarge"], f"{GPU}.gpu_limit": 4}),
    "every size with one GPU": (
        "dev",
        {f"{GPU}.sizes": ["xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge"]},
    ),
    "two pools of a kind": (
        "dev",
        {"karpenter.pools[2]": {**tree_of("dev")["karpenter"]["pools"][0], "name": "batch"}},
    ),
    "a week of backups": ("prod", {"postgres.backup_retention_days": 7}),
    "storage with a tenth to grow": ("dev", {"postgres.max_storage_gib": 22}),
    "one snapshot": ("prod", {"redis.snapshot_retention_days": 1}),
    "staging without a copy elsewhere": ("staging", {}),
    "a copy in any other region": (
        "prod",
        {"storage.replica_region": "eu-west-1", "storage.residency": ["us-east-1", "eu-west-1"]},
    ),
    "reviewed teardown of production": ("prod", TEARDOWN),
    "foundation needs fewer words": (
        "dev",
        {
            "rollout": "foundation",
            "capabilities": {
                name: False
                for name, item in CAPABILITIES.items()
                if item.since is Level.FOUNDATION and not item.built
            },
        },
    ),
    "an opt-out above the level": ("prod", {"capabilities.bandits": False}),
    "people with part of the cluster": (
        "dev",
        {
            "cluster.access[1]": {
                "principal_arn": "arn:aws:iam::123456789012:role/data-scientists",
                "policy": "edit",
                "namespaces": ["kubeflow"],
            }
        },
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_the_right_side_of_the_line_is_taken(name: str) -> None:
    environment, changes = ACCEPTED[name]
    settings = load(environment, as_engine(spoiled(tree_of(environment), changes)))
    assert isinstance(settings, Settings)


def test_keys_of_the_engine_and_the_providers_are_not_ours_to_judge() -> None:
    config = as_engine(tree_of("dev")) | {"pulumi:tags": "{}", "aws:endpoints": "[]"}
    assert load("dev", config).region == "us-east-1"


def test_settings_cannot_be_changed_after_they_were_judged() -> None:
    settings = load("prod", as_engine(tree_of("prod")))
    with pytest.raises(ValueError, match="frozen"):
        settings.protect = False


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_the_lines_of_a_reviewed_teardown_are_taken(environment: str) -> None:
    config = as_engine(tree_of(environment))
    lines = load(environment, config).teardown_lines("A. Person, ticket 7")
    assert load(environment, config | lines).teardown
