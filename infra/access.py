"""Who may use the cluster's API: EKS access entries with AWS's own policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.scope import Component
from infra.specs.cluster import AccessSpec

POLICIES = "arn:aws:eks::aws:cluster-access-policy"


@dataclass(frozen=True)
class AccessArgs:
    """Entries for one cluster."""

    cluster_name: pulumi.Input[str]
    entries: Sequence[AccessSpec]


def policy_arn(entry: AccessSpec) -> str:
    """AWS's policy for an entry; an administrator of some namespaces only must not get the cluster's."""
    names = {
        "admin": "AmazonEKSAdminPolicy" if entry.namespaces else "AmazonEKSClusterAdminPolicy",
        "edit": "AmazonEKSEditPolicy",
        "view": "AmazonEKSViewPolicy",
    }
    return f"{POLICIES}/{names[entry.policy]}"


class Access(Component):
    """An access entry and its policy for everybody in the spec."""

    def __init__(self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Access", name, opts)
        for entry in args.entries:
            self._grant(args.cluster_name, entry)
        self.register_outputs({})

    def _grant(self, cluster_name: pulumi.Input[str], entry: AccessSpec) -> None:
        who = entry.principal_arn.rpartition(":")[2].replace("/", "-")
        made = aws.eks.AccessEntry(
            self.part(who),
            cluster_name=cluster_name,
            principal_arn=entry.principal_arn,
            type="STANDARD",
            opts=self.child(),
        )
        scope = aws.eks.AccessPolicyAssociationAccessScopeArgs(
            type="namespace" if entry.namespaces else "cluster",
            namespaces=list(entry.namespaces) or None,
        )
        aws.eks.AccessPolicyAssociation(
            self.part(f"{who}-{entry.policy}"),
            cluster_name=cluster_name,
            principal_arn=made.principal_arn,
            policy_arn=policy_arn(entry),
            access_scope=scope,
            opts=self.child(),
        )
