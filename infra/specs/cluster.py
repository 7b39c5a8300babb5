"""The EKS cluster: who reaches it, what runs its system pods, who may do what in it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from infra.specs.base import Spec
from infra.specs.domain import (
    AddonName,
    AddonVersion,
    Cidr,
    InstanceType,
    KubernetesVersion,
    NamespaceName,
    PrincipalArn,
    RetentionDays,
)


class EndpointSpec(Spec):
    """How the API server is reached.

    Attributes:
        private: from inside the VPC.
        public_cidrs: ranges that reach it from the internet; empty closes it. Never ``0.0.0.0/0``.
    """

    private: bool = True
    public_cidrs: list[Cidr] = Field(default_factory=list)


class SystemNodesSpec(Spec):
    """The managed node group for system pods; everything else runs on Karpenter's nodes.

    Attributes:
        instance_type: of every node, for example ``m5.xlarge``.
        min: fewest nodes.
        max: most nodes.
        desired: nodes at first.
        disk_gib: root volume in GiB, gp3, encrypted.
    """

    instance_type: InstanceType
    min: int = Field(ge=1)
    max: int = Field(ge=1)
    desired: int = Field(ge=1)
    disk_gib: int = Field(ge=20, default=50)


class AccessSpec(Spec):
    """What one IAM principal may do in the cluster.

    Attributes:
        principal_arn: the IAM role or user.
        policy: EKS access policy: ``admin`` (whole cluster), ``edit`` or ``view``.
        namespaces: where it holds; empty means the whole cluster.
    """

    principal_arn: PrincipalArn
    policy: Literal["admin", "edit", "view"]
    namespaces: list[NamespaceName] = Field(default_factory=list)


class ClusterSpec(Spec):
    """One EKS cluster.

    Attributes:
        version: Kubernetes version, ``1.35``.
        endpoint: how its API is reached.
        logs: control-plane logs that go to CloudWatch.
        log_retention_days: days that they are kept.
        system_nodes: the managed node group.
        addons: EKS add-on → its pinned version.
        access: who may do what, beside the role that deploys.
    """

    version: KubernetesVersion
    endpoint: EndpointSpec
    logs: list[Literal["api", "audit", "authenticator", "controllerManager", "scheduler"]]
    log_retention_days: RetentionDays
    system_nodes: SystemNodesSpec
    addons: dict[AddonName, AddonVersion]
    access: list[AccessSpec] = Field(default_factory=list)
