"""``eks:index:ManagedNodeGroup``: a managed node group, with a launch template when an option needs one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks
from pulumi.provider import ConstructResult

from sandbox.providers.eks.arguments import ArgumentError, only, out

TYPE: Final = "eks:index:ManagedNodeGroup"

_PASSED_ON: Final = {
    "capacityType": "capacity_type",
    "forceUpdateVersion": "force_update_version",
    "instanceTypes": "instance_types",
    "labels": "labels",
    "nodeGroupName": "node_group_name",
    "nodeGroupNamePrefix": "node_group_name_prefix",
    "nodeRepairConfig": "node_repair_config",
    "releaseVersion": "release_version",
    "remoteAccess": "remote_access",
    "tags": "tags",
    "taints": "taints",
    "updateConfig": "update_config",
}
EMULATED: Final = frozenset(_PASSED_ON) | {
    "amiType", "cluster", "clusterName", "diskSize", "enableIMDSv2", "ignoreScalingChanges", "launchTemplate",
    "nodeRole", "nodeRoleArn", "scalingConfig", "subnetIds", "version",
}  # fmt: skip
_SUBNET_KEYS: Final = (
    "subnetIds", "subnet_ids", "privateSubnetIds", "private_subnet_ids",
    "publicSubnetIds", "public_subnet_ids",
)  # fmt: skip
_ROOT_DEVICES: Final = {"AL2": "/dev/xvda", "AL2023": "/dev/xvda", "BOTTLEROCKET": "/dev/xvdb"}


def construct(name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions) -> ConstructResult:
    """Register the component and its children."""
    given = {key: value for key, value in inputs.items() if value is not None}
    only(TYPE, given, EMULATED, {})
    if "nodeRole" in given and "nodeRoleArn" in given:
        raise ArgumentError(
            "You cannot specify both nodeRole and nodeRoleArn when creating a managed node group."
        )
    if "nodeRole" not in given and "nodeRoleArn" not in given:
        raise ArgumentError("An IAM role, or role ARN must be provided to create a managed node group")
    if "launchTemplate" in given and "enableIMDSv2" in given:
        raise ArgumentError(
            "If you provide a custom launch template, you cannot provide any of kubeletExtraArgs, "
            "bootstrapExtraArgs, bottlerocketSettings, nodeadmExtraOptions, enableIMDSv2, userData, amiId, "
            "enableEfaSupport. "
            "Please include these in the launch template that you are providing."
        )
    group = ManagedNodeGroup(name, given, opts)
    return ConstructResult(group.urn, {"nodeGroup": group.node_group, "placementGroupName": ""})


class ManagedNodeGroup(pulumi.ComponentResource):
    """The component."""

    def __init__(self, name: str, given: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(TYPE, name, None, opts)
        self._args = given
        self._found = out(given["cluster"]).apply(_core)
        cluster = self._found.apply(lambda core: core["cluster"])
        template = self._launch_template(name)
        role = given.get("nodeRole")
        self.node_group = aws.eks.NodeGroup(
            name,
            **{ours: given[theirs] for theirs, ours in _PASSED_ON.items() if theirs in given},
            ami_type=given.get("amiType"),
            disk_size=given.get("diskSize") if template is None else None,
            version=self._kubernetes_version(cluster),
            cluster_name=given.get("clusterName") or cluster.apply(lambda one: one.name),
            node_role_arn=given.get("nodeRoleArn") or out(role).apply(lambda one: one.arn),
            scaling_config=out(given.get("scalingConfig")).apply(_scaling),
            subnet_ids=given.get("subnetIds") or self._found.apply(_subnets),
            launch_template=_reference(template) if template is not None else given.get("launchTemplate"),
            opts=pulumi.ResourceOptions(
                parent=self,
                ignore_changes=["scalingConfig.desiredSize"] if given.get("ignoreScalingChanges") else None,
            ),
        )
        self.register_outputs({"nodeGroup": self.node_group, "placementGroupName": ""})

    def _kubernetes_version(self, cluster: pulumi.Output[Any]) -> Any:
        if "version" in self._args or "launchTemplate" in self._args:
            return self._args.get("version")
        return cluster.apply(lambda one: one.version)

    def _launch_template(self, name: str) -> Any:
        if "enableIMDSv2" not in self._args:
            return None
        mappings: Any = None
        if disk := self._args.get("diskSize"):
            device = out(self._args.get("amiType")).apply(_root_device)
            mappings = [{"device_name": device, "ebs": {"volume_size": disk}}]
        return aws.ec2.LaunchTemplate(
            f"{name}-launchTemplate",
            block_device_mappings=mappings,
            metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
                http_tokens="required" if self._args["enableIMDSv2"] else "optional",
                http_put_response_hop_limit=2,
                http_endpoint="enabled",
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _core(cluster: Any) -> Any:
    """A component gives its core; anything else is one."""
    return cluster.core if isinstance(cluster, eks.Cluster) else cluster


def _subnets(core: Mapping[str, Any]) -> Any:
    """The cluster's subnets; a core that came through the SDK's types has its names in Python's spelling."""
    for key in _SUBNET_KEYS:
        if core.get(key) is not None:
            return core[key]
    return []


def _scaling(config: Mapping[str, Any] | None) -> Any:
    known = config or {}
    return {
        "desired_size": known.get("desiredSize", 2),
        "min_size": known.get("minSize", 1),
        "max_size": known.get("maxSize", 2),
    }


def _reference(template: Any) -> Any:
    return aws.eks.NodeGroupLaunchTemplateArgs(
        id=template.id, version=template.latest_version.apply(lambda version: str(int(version)))
    )


def _root_device(ami_type: str | None) -> str:
    family = (ami_type or "AL2023").split("_")[0]
    if family not in _ROOT_DEVICES:
        raise ArgumentError(f"Cannot determine OS of unknown AMI type: {ami_type}")
    return _ROOT_DEVICES[family]
