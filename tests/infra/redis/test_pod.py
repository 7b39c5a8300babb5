"""Redis in the cluster as data (A6, B9): restricted, pinned, its password in memory only.

Whether the shell line works in the images is not proved here: no container runs in a rehearsal.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.redis import pod
from infra.redis.elasticache import family
from infra.specs.redis import RedisSpec

REDIS = "docker.io/library/redis@sha256:" + "a" * 64
FETCH = "public.ecr.aws/aws-cli/aws-cli@sha256:" + "b" * 64
SPEC = RedisSpec(
    mode="in_cluster",
    node_type="cache.t3.micro",
    shards=1,
    replicas_per_shard=0,
    snapshot_retention_days=0,
    image=REDIS,
    fetch_image=FETCH,
)
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:ferry-dev-redis"  # noqa: S105 - its address


def made(version: int = 1) -> dict[str, Any]:
    return pod.stateful_set(pod.images(SPEC), SECRET, "us-east-1", version)


def containers() -> list[dict[str, Any]]:
    spec = made()["template"]["spec"]
    return [*spec["initContainers"], *spec["containers"]]


def test_pod_keeps_the_restricted_standard() -> None:
    security = made()["template"]["spec"]["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    for item in containers():
        own = item["securityContext"]
        assert own["allowPrivilegeEscalation"] is False
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert own["readOnlyRootFilesystem"] is True


def test_images_are_pinned_by_digest() -> None:
    assert [item["image"] for item in containers()] == [FETCH, REDIS]


@pytest.mark.parametrize("missing", ["image", "fetch_image"])
def test_spec_without_an_image_is_refused_with_both_ways_out(missing: str) -> None:
    with pytest.raises(ValueError, match=r"redis\.image and redis\.fetch_image.*elasticache"):
        pod.images(SPEC.model_copy(update={missing: None}))


def test_password_is_fetched_into_memory_and_stands_in_no_manifest() -> None:
    volumes = {item["name"]: item for item in made()["template"]["spec"]["volumes"]}
    assert volumes["auth"]["emptyDir"]["medium"] == "Memory"
    fetch, redis = containers()
    assert "secretKeyRef" not in json.dumps(made())
    assert {item["name"] for item in fetch["env"]} == {"SECRET_ARN", "AWS_REGION", "HOME"}
    assert "env" not in redis


def test_failed_fetch_stops_the_pod_instead_of_starting_without_a_password() -> None:
    assert pod.FETCH.startswith("set -eu\n")
    assert pod.CONFIG.count("include /run/auth/auth.conf") == 1


def test_new_password_starts_the_pod_anew() -> None:
    def mark(version: int) -> Any:
        return made(version)["template"]["metadata"]["annotations"]

    assert mark(1) != mark(2)


def test_only_labelled_namespaces_reach_it() -> None:
    policy = pod.network_policy()
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    sources = policy["ingress"][0]["from"]
    assert sources == [{"namespaceSelector": {"matchLabels": pod.CLIENT}}]
    assert policy["ingress"][0]["ports"] == [{"protocol": "TCP", "port": 6379}]


@pytest.mark.parametrize(("version", "expected"), [("7.1", "redis7"), ("7.0", "redis7"), ("6.2", "redis6.x")])
def test_parameter_family_follows_the_version(version: str, expected: str) -> None:
    assert family(version) == expected
