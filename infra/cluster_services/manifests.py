"""Issuers and the store of secrets as data, and what the secrets' controller may do; pure."""

from __future__ import annotations

from typing import Any

from infra.iam import Statement

ISSUER = "ferry-internal"
"""ClusterIssuer of certificates that only the cluster itself believes."""
STORE = "secrets-manager"
"""ClusterSecretStore: what an ExternalSecret names to have a secret of AWS Secrets Manager."""
READER = {"ferry.dev/external-secrets": "true"}
"""Label of namespaces whose ExternalSecrets are served; others would be a way around IAM."""
FOLDER = "cluster"
"""Second part of the name of secrets that the cluster may have: ``ferry-dev/cluster/alertmanager-slack``.
Those of Redis and of the databases' masters are named otherwise, and stay out of reach."""
API = {
    "ClusterIssuer": "cert-manager.io/v1",
    "Certificate": "cert-manager.io/v1",
    "ClusterSecretStore": "external-secrets.io/v1",
}
"""Kind to the version of its API."""

ROOT = f"{ISSUER}-root"
"""ClusterIssuer of the authority itself."""
_YEAR = "8760h"


def secret_name(environment: str, name: str) -> str:
    """Name in Secrets Manager of a secret that the cluster may have."""
    return f"{environment}/{FOLDER}/{name}"


def read_secrets(environment: str, arn: str, key_arn: str, region: str) -> list[Statement]:
    """Read the secrets of the folder, and decrypt them by way of Secrets Manager; write and list nothing.

    Args:
        environment: first part of their names.
        arn: of this account's and region's secrets, without a name: ``arn:…:secret:``.
        key_arn: of the key that encrypts them.
        region: of both.
    """
    return [
        Statement(
            sid="ReadClusterSecrets",
            actions=["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
            resources=[f"{arn}{environment}/{FOLDER}/*"],
            reason="AWS puts six random characters behind a secret's name, and services add secrets",
        ),
        Statement(
            sid="DecryptThem",
            actions=["kms:Decrypt"],
            resources=[key_arn],
            conditions={"StringEquals": {"kms:ViaService": f"secretsmanager.{region}.amazonaws.com"}},
        ),
    ]


def secret_store(region: str) -> dict[str, Any]:
    """Spec of the ClusterSecretStore: Secrets Manager, by the controller's role, for labelled namespaces.

    Without ``auth`` the controller uses its own credentials, which are those of its role.
    """
    return {
        "provider": {"aws": {"service": "SecretsManager", "region": region}},
        "conditions": [{"namespaceSelector": {"matchLabels": READER}}],
    }


def external_secret(environment: str, name: str, keys: dict[str, str]) -> dict[str, Any]:
    """Spec of an ExternalSecret: the Secret ``name``, renewed every minute after a rotation.

    Args:
        environment: first part of the secret's name.
        name: of the Secret to make, and last part of the name in Secrets Manager.
        keys: key in the Secret to property of the JSON document there; "" takes the whole text.
    """

    def reference(part: str) -> dict[str, str]:
        return {"key": secret_name(environment, name), **({"property": part} if part else {})}

    return {
        "refreshInterval": "1m",
        "secretStoreRef": {"kind": "ClusterSecretStore", "name": STORE},
        "target": {"name": name, "creationPolicy": "Owner"},
        "data": [{"secretKey": key, "remoteRef": reference(part)} for key, part in keys.items()],
    }


def root_issuer() -> dict[str, Any]:
    """Spec of the ClusterIssuer that signs the authority itself, and nothing else."""
    return {"selfSigned": {}}


def authority() -> dict[str, Any]:
    """Spec of the Certificate of the cluster's own authority: ten years, renewed a year before."""
    return {
        "isCA": True,
        "commonName": ISSUER,
        "secretName": ISSUER,
        "duration": "87600h",
        "renewBefore": _YEAR,
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        "issuerRef": {"name": ROOT, "kind": "ClusterIssuer", "group": "cert-manager.io"},
    }


def internal_issuer() -> dict[str, Any]:
    """Spec of the ClusterIssuer that services ask."""
    return {"ca": {"secretName": ISSUER}}
