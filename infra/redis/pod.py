"""The manifests of Redis in the cluster; pure.

The password is fetched from Secrets Manager when the pod starts, by its own IAM role, into memory: it is in
no Secret, in no environment variable and on no disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from infra import restricted
from infra.specs.redis import RedisSpec

NAME = "redis"
PORT = 6379
LABELS = {"app.kubernetes.io/name": NAME, "app.kubernetes.io/part-of": "ferry"}
CLIENT = {"ferry.dev/redis-client": "true"}
"""Label of namespaces whose pods may connect; they still need the password."""
USER = 999
"""The user ``redis`` of the official Alpine image."""
GROUP = 1000
"""Its group."""
AUTH = "/run/auth"

CONFIG = f"""\
port {PORT}
dir /data
save ""
appendonly no
maxmemory 256mb
maxmemory-policy volatile-lru
include {AUTH}/auth.conf
"""

FETCH = f"""\
set -eu
umask 077
token=$(aws secretsmanager get-secret-value --secret-id "$SECRET_ARN" --query SecretString --output text)
printf 'requirepass %s\\n' "$token" > {AUTH}/auth.conf
"""

PING = f"REDISCLI_AUTH=$(sed 's/^requirepass //' {AUTH}/auth.conf) redis-cli -p {PORT} ping | grep -q PONG"


@dataclass(frozen=True)
class Images:
    """By digest: Redis, and the AWS CLI that fetches its password."""

    redis: str
    fetch: str


def images(spec: RedisSpec) -> Images:
    """The images of a spec.

    Raises:
        ValueError: one is missing.
    """
    if spec.image is None or spec.fetch_image is None:
        raise ValueError(
            "Redis in the cluster needs redis.image and redis.fetch_image, both by digest; without them its "
            "pod would never start. Name them, or set redis.mode to elasticache."
        )
    return Images(spec.image, spec.fetch_image)


def stateful_set(found: Images, secret_arn: Any, region: str, token_version: int) -> dict[str, Any]:
    """Spec of the StatefulSet; ``secret_arn`` may be known later.

    A new token version changes the pod, so that it starts again, with the new password.
    """
    return {
        "serviceName": NAME,
        "replicas": 1,
        "selector": {"matchLabels": LABELS},
        "template": {
            "metadata": {
                "labels": LABELS,
                "annotations": {"ferry.dev/token-version": str(token_version)},
            },
            "spec": {
                "serviceAccountName": NAME,
                "automountServiceAccountToken": False,
                "securityContext": restricted.pod(USER, GROUP),
                "initContainers": [_fetch(found.fetch, secret_arn, region)],
                "containers": [_redis(found.redis)],
                "volumes": _volumes(),
            },
        },
    }


def network_policy() -> dict[str, Any]:
    """In: pods of labelled namespaces, at Redis' port. Out: names, and HTTPS to fetch the password."""
    return {
        "podSelector": {"matchLabels": LABELS},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "from": [{"namespaceSelector": {"matchLabels": CLIENT}}],
                "ports": [{"protocol": "TCP", "port": PORT}],
            }
        ],
        "egress": [
            {
                "ports": [
                    {"protocol": "UDP", "port": 53},
                    {"protocol": "TCP", "port": 53},
                    {"protocol": "TCP", "port": 443},
                ]
            }
        ],
    }


def _fetch(image: str, secret_arn: Any, region: str) -> dict[str, Any]:
    return {
        "name": "fetch-password",
        "image": image,
        "command": ["/bin/sh", "-c", FETCH],
        "env": [
            {"name": "SECRET_ARN", "value": secret_arn},
            {"name": "AWS_REGION", "value": region},
            {"name": "HOME", "value": "/tmp"},  # noqa: S108 - a volume of the pod's own, in memory
        ],
        "resources": {
            "requests": {"cpu": "50m", "memory": "128Mi", "ephemeral-storage": "16Mi"},
            "limits": {"memory": "256Mi", "ephemeral-storage": "64Mi"},
        },
        "securityContext": restricted.container(),
        "volumeMounts": [
            {"name": "auth", "mountPath": AUTH},
            {"name": "scratch", "mountPath": "/tmp"},  # noqa: S108 - see above
        ],
    }


def _redis(image: str) -> dict[str, Any]:
    ping = {"exec": {"command": ["/bin/sh", "-c", PING]}, "periodSeconds": 10, "timeoutSeconds": 5}
    return {
        "name": NAME,
        "image": image,
        "command": ["redis-server", "/etc/redis/redis.conf"],
        "ports": [{"name": "redis", "containerPort": PORT, "protocol": "TCP"}],
        "readinessProbe": ping,
        # Not the same as readiness: a Redis that is busy loses its callers for a while, not its data.
        "livenessProbe": {"tcpSocket": {"port": NAME}, "periodSeconds": 20, "failureThreshold": 6},
        "resources": {
            "requests": {"cpu": "100m", "memory": "384Mi", "ephemeral-storage": "64Mi"},
            "limits": {"memory": "384Mi", "ephemeral-storage": "1Gi"},
        },
        "securityContext": restricted.container(),
        "volumeMounts": [
            {"name": "config", "mountPath": "/etc/redis", "readOnly": True},
            {"name": "auth", "mountPath": AUTH, "readOnly": True},
            {"name": "data", "mountPath": "/data"},
        ],
    }


def _volumes() -> list[dict[str, Any]]:
    memory = {"medium": "Memory", "sizeLimit": "16Mi"}
    return [
        {"name": "config", "configMap": {"name": NAME}},
        {"name": "auth", "emptyDir": memory},
        {"name": "scratch", "emptyDir": memory},
        {"name": "data", "emptyDir": {"sizeLimit": "1Gi"}},
    ]
