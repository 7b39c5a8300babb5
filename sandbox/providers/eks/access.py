"""Access entries: who may talk to the cluster's API, and with which of EKS's policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from sandbox.providers.eks.arguments import out


def access_entries(
    name: str, cluster: Any, entries: Mapping[str, Mapping[str, Any]], parent: pulumi.Resource
) -> list[Any]:
    """An entry per key, its policy associations below it."""
    return [_entry(name, key, cluster, entry, parent) for key, entry in entries.items()]


def _entry(name: str, key: str, cluster: Any, entry: Mapping[str, Any], parent: pulumi.Resource) -> Any:
    made = aws.eks.AccessEntry(
        f"{name}-{key}",
        principal_arn=entry["principalArn"],
        kubernetes_groups=entry.get("kubernetesGroups"),
        tags=entry.get("tags"),
        type=entry.get("type"),
        user_name=entry.get("username"),
        cluster_name=cluster.name,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[cluster]),
    )
    for association, policy in (entry.get("accessPolicies") or {}).items():
        known = out(policy)
        aws.eks.AccessPolicyAssociation(
            f"{name}-{key}-{association}",
            access_scope=known.apply(lambda one: one["accessScope"]),
            principal_arn=entry["principalArn"],
            policy_arn=known.apply(lambda one: one["policyArn"]),
            cluster_name=cluster.name,
            opts=pulumi.ResourceOptions(parent=made, depends_on=[made]),
        )
    return made
