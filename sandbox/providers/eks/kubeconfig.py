"""The kubeconfig that the component makes: a token by ``aws eks get-token``, no secret in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi

from sandbox.providers.eks.arguments import out


def kubeconfig(cluster: Any, credentials: Any, *, with_profile: bool) -> pulumi.Output[dict[str, Any]]:
    """The kubeconfig of an ``aws.eks.Cluster``. ``credentials``: a role or profile to get tokens with."""
    authority = cluster.certificate_authority.apply(lambda one: one.data)
    known = pulumi.Output.all(cluster.name, cluster.endpoint, authority, out(credentials), cluster.arn)
    return known.apply(lambda values: _document(*values, with_profile=with_profile))


def as_json(document: Any) -> str:
    """As JavaScript's ``JSON.stringify`` writes it: no blanks, and whole numbers without a fraction."""
    return json.dumps(_whole(document), separators=(",", ":"), ensure_ascii=False)


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return value


def _document(
    name: str,
    endpoint: str,
    authority: str,
    credentials: Mapping[str, str] | None,
    arn: str,
    *,
    with_profile: bool,
) -> dict[str, Any]:
    args = ["--region", arn.split(":")[3], "eks", "get-token", "--cluster-name", name, "--output", "json"]
    if (credentials or {}).get("roleArn"):
        args += ["--role", (credentials or {})["roleArn"]]
    if with_profile and (credentials or {}).get("profileName"):
        args += ["--profile", (credentials or {})["profileName"]]
    info = '{"apiVersion": "client.authentication.k8s.io/v1beta1"}'
    return {
        "apiVersion": "v1",
        "clusters": [
            {"cluster": {"server": endpoint, "certificate-authority-data": authority}, "name": "kubernetes"}
        ],
        "contexts": [{"context": {"cluster": "kubernetes", "user": "aws"}, "name": "aws"}],
        "current-context": "aws",
        "kind": "Config",
        "users": [
            {
                "name": "aws",
                "user": {
                    "exec": {
                        "apiVersion": "client.authentication.k8s.io/v1beta1",
                        "command": "aws",
                        "args": args,
                        "env": [{"name": "KUBERNETES_EXEC_INFO", "value": info}],
                    }
                },
            }
        ],
    }
