"""A right value for every key: what an error message shows when it says how a line should look.

One right document instead of an example beside each field: a test loads it, so no example in a message can be
wrong.
"""

from __future__ import annotations

from typing import Any

import yaml

from infra.specs.katib import KatibDigests
from infra.specs.pipelines import PipelineDigests
from stacks.rollout import CAPABILITIES, Level

Path = tuple[str | int, ...]

ENVIRONMENT = "staging"
"""The environment that the document is right for."""

DOCUMENT: dict[str, Any] = {
    "account": "123456789012",
    "region": "us-east-1",
    "owner": "ml-platform@example.com",
    "cost_center": "ml-platform",
    "rollout": "foundation",
    "capabilities": {  # what the level would switch on and this version does not build
        name: False
        for name, capability in CAPABILITIES.items()
        if capability.since is Level.FOUNDATION and not capability.built
    }
    | {"team_access": True},  # beyond the level, so that the teams below have their rights
    "protect": True,
    "teardown": False,
    "workloads": {
        "churn": {
            "stage": "canary",
            "ceiling": 1,
            "evidence": "sha256:4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865",
            "epoch": 1,
            "active": "blue",
        },
    },
    "network": {
        "cidr": "10.20.0.0/16",
        "zones": ["us-east-1a", "us-east-1b", "us-east-1c"],
        "nat": "per_zone",
        "endpoints": ["s3", "ecr.api", "ecr.dkr", "sts", "logs"],
        "flow_log_retention_days": 30,
        "on_premises": {
            "cidrs": ["192.168.0.0/16"],
            "customer_gateway_ip": "203.0.113.10",
            "bgp_asn": 65000,
            "amazon_asn": 64512,
            "dns_domains": ["corp.example.com"],
            "dns_servers": ["192.168.0.53"],
        },
    },
    "cluster": {
        "version": "1.35",
        "endpoint": {"private": True, "public_cidrs": ["203.0.113.0/24"]},
        "logs": ["api", "audit", "authenticator"],
        "log_retention_days": 90,
        "system_nodes": {"instance_type": "m5.large", "min": 3, "max": 4, "desired": 3, "disk_gib": 50},
        "addons": {
            "vpc-cni": "v1.22.4-eksbuild.3",
            "coredns": "v1.13.2-eksbuild.21",
            "kube-proxy": "v1.35.3-eksbuild.21",
            "aws-ebs-csi-driver": "v1.63.1-eksbuild.1",
        },
        "access": [
            {
                "principal_arn": "arn:aws:iam::123456789012:role/ferry-staging-apply",
                "policy": "admin",
                "namespaces": [],
            },
            {
                "principal_arn": "arn:aws:iam::123456789012:role/data-scientists",
                "policy": "edit",
                "namespaces": ["kubeflow"],
            },
        ],
    },
    "karpenter": {
        "version": "1.12.1",
        "ami_alias": "al2023@v20260903",
        "pools": [
            {
                "name": "general",
                "kind": "general",
                "families": ["m5", "m6i"],
                "sizes": ["large", "xlarge"],
                "capacity": ["spot", "on-demand"],
                "cpu_limit": 64,
                "consolidate_after": "1m",
                "expire_after": "720h",
            },
            {
                "name": "gpu",
                "kind": "gpu",
                "families": ["g4dn"],
                "sizes": ["xlarge", "2xlarge"],
                "capacity": ["on-demand"],
                "cpu_limit": 32,
                "gpu_limit": 4,
                "consolidate_after": "5m",
                "expire_after": "720h",
            },
        ],
    },
    "storage": {
        "expire_noncurrent_days": 90,
        "archive_after_days": 180,
        "replica_region": "us-west-2",
        "residency": ["us-east-1", "us-west-2"],
    },
    "redis": {
        "mode": "elasticache",
        "node_type": "cache.t3.medium",
        "shards": 3,
        "replicas_per_shard": 1,
        "version": "7.1",
        "snapshot_retention_days": 7,
        "token_version": 1,
        "image": "docker.io/library/redis@sha256:"
        "ff02b58f971e7d7d156a1267e283fcbbeee91773b6aa36c49dac28ecfe28eadf",
        "fetch_image": "public.ecr.aws/aws-cli/aws-cli@sha256:"
        "337494c2047176fe9abcf45a5d1eaf1c2c62cae40953284fb1143b5c6170f065",
    },
    "postgres": {
        "instance_class": "db.t4g.medium",
        "version": "17.7",
        "storage_gib": 50,
        "max_storage_gib": 200,
        "multi_az": True,
        "backup_retention_days": 7,
        "deletion_protection": True,
    },
    "registry": {"repositories": ["model-server", "pipeline", "mlflow", "ferry"], "keep_images": 30},
    "cost": {"budget_usd": 2000, "legacy_usd": 2400},
    "services": {
        "mlflow": {
            "digest": f"sha256:{'0' * 64}",
            "replicas": 2,
            "cpu": "1",
            "memory": "2Gi",
            "rotate": "23 4 1 * *",
        },
        "logs": {"retention_days": 30},
        "gpu": {"check_image": f"nvcr.io/nvidia/cuda@sha256:{'0' * 64}"},
        "argo_cd": {
            "repository": "https://github.com/example/models.git",
            "revision": "main",
            "domain": "argocd.example.com",
        },
        "crossing": {
            "digest": f"sha256:{'0' * 64}",
            "triton_image": f"nvcr.io/nvidia/tritonserver@sha256:{'0' * 64}",
            "fetch_image": f"public.ecr.aws/docker/library/python@sha256:{'0' * 64}",
            "packaged": {"churn": f"registry.example.com/churn@sha256:{'0' * 64}"},
            "trained": {
                "fraud-detection": {
                    "image": f"nvcr.io/nvidia/pytorch@sha256:{'0' * 64}",
                    "gpus": 1,
                    "cpu": "4",
                    "memory": "16Gi",
                }
            },
        },
        "audit": {
            "retention_days": 365,
            "log_retention_days": 90,
            "management_events": True,
            "config_recorder": False,
            "security_hub": False,
        },
        "backup": {
            "hour": 3,
            "keep_days": 35,
            "keep_monthly_days": 365,
            "copy_keep_days": 35,
            "lock": "governance",
            "lock_grace_days": 14,
        },
        "data_sources": [
            {
                "name": "transactions-nfs",
                "kind": "nfs",
                "server": "nfs.example.com",
                "agents": ["arn:aws:datasync:us-east-1:123456789012:agent/agent-0123456789abcdef0"],
                "path": "/export/transactions",
                "into": "training-data",
                "prefix": "/migrated/transactions",
                "schedule": "cron(0 2 * * ? *)",
                "verify": "all",
                "megabytes_per_second": 50,
            },
            {
                "name": "legacy-models",
                "kind": "s3",
                "bucket": "legacy-training-data",
                "key_arn": "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012",
                "path": "/models",
                "into": "models",
                "prefix": "/migrated",
            },
        ],
        "gateway": {
            "envoy_image": f"docker.io/envoyproxy/envoy@sha256:{'0' * 64}",
            "replicas": 2,
            "scheme": "internal",
            "allowed_cidrs": ["10.0.0.0/8"],
            "hostname": "ml.example.com",
            "certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/"
            "00000000-0000-0000-0000-000000000000",
        },
        "single_sign_on": {
            "issuer": "https://login.example.com/realms/ml",
            "authorize_url": "https://login.example.com/realms/ml/protocol/openid-connect/auth",
            "token_url": "https://login.example.com/realms/ml/protocol/openid-connect/token",
            "userinfo_url": "https://login.example.com/realms/ml/protocol/openid-connect/userinfo",
            "groups_claim": "groups",
            "administrators": "ml-admins",
            "engineers": "ml-engineers",
            "clients": {"grafana": "grafana", "argo_cd": "argo-cd", "mlflow": "mlflow"},
        },
        "chatbot": {
            "image": f"registry.example.com/chatbot@sha256:{'0' * 64}",
            "replicas": 2,
            "most": 4,
            "cpu": "500m",
            "memory": "1Gi",
        },
        "watching": {
            "domain": "grafana.example.com",
            "slack_channel": "#ml-platform",
            "retention_days": 15,
            "storage_gib": 20,
        },
        "pipelines": {
            "database": {
                "instance_class": "db.t4g.medium",
                "version": "8.4.8",
                "storage_gib": 20,
                "max_storage_gib": 100,
                "multi_az": True,
                "backup_retention_days": 7,
                "deletion_protection": True,
            },
            "digests": dict.fromkeys(PipelineDigests.model_fields, f"sha256:{'0' * 64}"),
        },
        "katib": {"digests": dict.fromkeys(KatibDigests.model_fields, f"sha256:{'0' * 64}")},
        "teams": [
            {
                "name": "fraud",
                "developers": ["arn:aws:iam::123456789012:role/fraud-engineers"],
                "viewers": ["arn:aws:iam::123456789012:role/risk-managers"],
                "quota": {"cpu": 32, "memory_gib": 128, "gpus": 2, "storage_gib": 200, "pods": 100},
            },
        ],
    },
}

_ALONE: dict[str, Any] = {
    "teardown_review": "destroy ferry-staging in 123456789012: agreed by A. Person",
    "unverified_charts": "agreed by A. Person until 1 December: the registry is being moved",
}
"""Right on its own, and not beside the document's other values."""

_SHORT = 80
"""Up to this many characters a value is shown in its key's line."""


def value_at(path: Path) -> Any:
    """The right document's value at ``path``, None if there is none; an index means any element.

    Every workload's line looks like the one in the document.
    """
    if path[:1] == ("workloads",) and len(path) > 1:
        path = ("workloads", next(iter(DOCUMENT["workloads"])), *path[2:])
    return _value(_ALONE | DOCUMENT, path)


def line(path: Path) -> str:
    """The right line for ``path`` in YAML, key included: ``zones: [us-east-1a, …]``."""
    while path and isinstance(path[-1], int):
        path = path[:-1]
    key = str(path[-1])
    prefix = f"ferry:{key}" if len(path) == 1 else key
    value = value_at(path)
    if value is None:
        return f"remove {prefix}"
    text = as_yaml(value)
    return f"{prefix}:{text}" if text.startswith("\n") else f"{prefix}: {text}"


def as_yaml(value: Any) -> str:
    """``value`` as YAML in one line where it is short, else in several, indented below its key."""
    flow = yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False).strip()
    flow = flow.removesuffix("\n...").strip()
    if len(flow) <= _SHORT or not isinstance(value, dict | list):
        return flow
    block = yaml.safe_dump(value, default_flow_style=False, width=100, sort_keys=False).rstrip()
    return "\n" + "\n".join(f"  {text}" for text in block.splitlines())


def _value(value: Any, path: Path) -> Any:
    if not path:
        return value
    if isinstance(value, list):
        found = (_value(element, path[1:]) for element in value)
        return next((inner for inner in found if inner is not None), None)
    return _value(value.get(path[0]), path[1:]) if isinstance(value, dict) else None
