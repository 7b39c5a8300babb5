"""Nodes for what must run before Karpenter can: a small managed node group that nobody else is put on."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import iam
from infra.roles import PlainRole, plain_role
from infra.scope import Component, Scope
from infra.specs.cluster import SystemNodesSpec

NODE_POLICIES = (
    "AmazonEKSWorkerNodePolicy",
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonSSMManagedInstanceCore",
)
"""What a node itself may do: join, pull images, be looked at through Session Manager. Pods use IRSA."""

TAINT = "CriticalAddonsOnly"
"""Tolerated by CoreDNS, the CSI driver and Karpenter; everything else runs on Karpenter's nodes."""


@dataclass(frozen=True)
class SystemNodesArgs:
    """The node group of one cluster."""

    scope: Scope
    spec: SystemNodesSpec
    version: str
    cluster_name: pulumi.Input[str]
    subnet_ids: pulumi.Input[list[str]]
    security_group_id: pulumi.Input[str]


class SystemNodes(Component):
    """A managed node group with its role and launch template.

    Attributes:
        name: of the node group.
    """

    def __init__(self, name: str, args: SystemNodesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("SystemNodes", name, opts)
        self._args = args
        self._role = self._make_role()
        self._template = self._launch_template()
        self._group = self._node_group()
        self.name = self._group.node_group_name
        self.register_outputs({"name": self.name})

    def _make_role(self) -> PlainRole:
        trust = iam.trust_service("ec2.amazonaws.com")
        return plain_role(self, "system-nodes", self._args.scope, trust, managed=NODE_POLICIES)

    def _launch_template(self) -> aws.ec2.LaunchTemplate:
        scope = self._args.scope
        tags = {**scope.tags, "Name": f"{scope.name}-system"}
        disk = aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
            volume_size=self._args.spec.disk_gib, volume_type="gp3", encrypted="true"
        )
        return aws.ec2.LaunchTemplate(
            self.part("template"),
            name=f"{scope.name}-system",
            update_default_version=True,
            vpc_security_group_ids=[self._args.security_group_id],
            block_device_mappings=[
                aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
                    device_name="/dev/xvda",
                    ebs=disk,
                )
            ],
            metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
                http_endpoint="enabled",
                http_tokens="required",
                http_put_response_hop_limit=1,  # a pod is two hops away: it cannot borrow the node's role
            ),
            tag_specifications=[
                aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=tags)
                for kind in ("instance", "volume")
            ],
            tags={"Name": f"{scope.name}-system"},
            opts=self.child(),
        )

    def _node_group(self) -> aws.eks.NodeGroup:
        spec = self._args.spec
        return aws.eks.NodeGroup(
            self.part("group"),
            node_group_name=f"{self._args.scope.name}-system",
            cluster_name=self._args.cluster_name,
            node_role_arn=self._role.role.arn,
            subnet_ids=self._args.subnet_ids,
            version=self._args.version,
            ami_type="AL2023_x86_64_STANDARD",
            capacity_type="ON_DEMAND",
            instance_types=[spec.instance_type],
            launch_template=aws.eks.NodeGroupLaunchTemplateArgs(
                id=self._template.id, version=self._template.latest_version.apply(str)
            ),
            scaling_config=aws.eks.NodeGroupScalingConfigArgs(
                min_size=spec.min, max_size=spec.max, desired_size=spec.desired
            ),
            update_config=aws.eks.NodeGroupUpdateConfigArgs(max_unavailable=1),
            labels={"ferry.dev/pool": "system"},
            taints=[aws.eks.NodeGroupTaintArgs(key=TAINT, value="true", effect="NO_SCHEDULE")],
            opts=self.child(depends_on=self._role.complete, ignore_changes=["scalingConfig.desiredSize"]),
        )
