"""Clusters, node groups, add-ons and who may enter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from sandbox.providers.aws.handler import Change, Handler, Made, Scope, Tags, given
from sandbox.providers.aws.naming import AutoName
from sandbox.providers.base import Props, ProviderError


class EksHandler(Handler):
    """An EKS resource, tagged by its ARN."""

    arn_key: ClassVar[str] = "arn"

    def retag(self, aws: Scope, id_: str, state: Props, put: Tags, drop: Sequence[str]) -> None:
        eks, arn = aws.client("eks"), state[self.arn_key]
        if put:
            eks.tag_resource(resourceArn=arn, tags=dict(put))
        if drop:
            eks.untag_resource(resourceArn=arn, tagKeys=list(drop))


def moment(value: Any) -> str:
    """A time as the provider writes it."""
    return str(value.strftime("%Y-%m-%dT%H:%M:%SZ")) if hasattr(value, "strftime") else str(value or "")


class Cluster(EksHandler):
    """``aws:eks/cluster:Cluster``; its id is its name."""

    title = "EKS Cluster"
    cfn = "AWS::EKS::Cluster"
    names = {
        "vpcConfig": "",
        "encryptionConfig": "",
        "enabledClusterLogTypes": "",
        "defaultAddonsToRemoves": "",
        "accessConfig": "",
    }
    autoname = AutoName("name", 100)
    defaults = {"bootstrapSelfManagedAddons": True}
    replace_on = frozenset({"bootstrapSelfManagedAddons", "outpostConfig", "roleArn"})
    computed_inside = {"vpcConfig": ("clusterSecurityGroupId", "vpcId")}
    in_place = frozenset({"vpcConfig", "accessConfig", "encryptionConfig", "kubernetesNetworkConfig"})

    def forces(self, old: Props, new: Props, changed: frozenset[str]) -> frozenset[str]:
        """Encryption can be added, never removed; a cluster's way of authentication only widens."""
        forced = set()
        if "encryptionConfig" in changed and old.get("encryptionConfig"):
            forced.add("encryptionConfig")
        for key, inner in (
            ("accessConfig", "bootstrapClusterCreatorAdminPermissions"),
            ("kubernetesNetworkConfig", "serviceIpv4Cidr"),
        ):
            if key in changed and (old.get(key) or {}).get(inner) != (new.get(key) or {}).get(inner):
                forced.add(key)
        return frozenset(forced)

    def create(self, aws: Scope, inputs: Props) -> Made:
        made = aws.client("eks").create_cluster(
            name=inputs["name"],
            roleArn=inputs["roleArn"],
            resourcesVpcConfig=_vpc_config(inputs["vpcConfig"]),
            bootstrapSelfManagedAddons=inputs["bootstrapSelfManagedAddons"],
            **given(
                version=inputs.get("version"),
                accessConfig=inputs.get("accessConfig"),
                logging=_logging(inputs.get("enabledClusterLogTypes")),
                encryptionConfig=_encryption(inputs.get("encryptionConfig")),
                kubernetesNetworkConfig=inputs.get("kubernetesNetworkConfig"),
                upgradePolicy=inputs.get("upgradePolicy"),
                deletionProtection=inputs.get("deletionProtection"),
                tags=dict(inputs.get("tagsAll") or {}) or None,
            ),
        )["cluster"]
        return Made(inputs["name"], _cluster(made))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = aws.client("eks").describe_cluster(name=id_)["cluster"]
        return _cluster(found) | {"tagsAll": found.get("tags") or {}}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        eks, new = aws.client("eks"), change.new
        if "version" in change:
            eks.update_cluster_version(name=id_, version=new["version"])
        if "vpcConfig" in change:
            access = {key: value for key, value in _vpc_config(new["vpcConfig"]).items() if key in _ACCESS}
            eks.update_cluster_config(name=id_, resourcesVpcConfig=access)
        if "enabledClusterLogTypes" in change:
            logging = _logging(new.get("enabledClusterLogTypes"), change.old.get("enabledClusterLogTypes"))
            eks.update_cluster_config(name=id_, logging=logging)
        if "accessConfig" in change:
            mode = {"authenticationMode": new["accessConfig"]["authenticationMode"]}
            eks.update_cluster_config(name=id_, accessConfig=mode)
        if change.any("deletionProtection", "upgradePolicy"):
            values = {key: new.get(key) for key in ("deletionProtection", "upgradePolicy") if key in change}
            eks.update_cluster_config(name=id_, **given(**values))
        if "encryptionConfig" in change:
            eks.associate_encryption_config(
                clusterName=id_, encryptionConfig=_encryption(new["encryptionConfig"])
            )

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        if state.get("deletionProtection"):
            raise ProviderError(
                f"deleting EKS Cluster ({id_}): InvalidRequestException: deletion protection is on, so "
                "nothing was deleted. Set deletionProtection to false and apply that first."
            )
        aws.client("eks").delete_cluster(name=id_)


_ACCESS = (
    "endpointPrivateAccess",
    "endpointPublicAccess",
    "publicAccessCidrs",
    "subnetIds",
    "securityGroupIds",
)


def _vpc_config(config: Props) -> dict[str, Any]:
    return {key: config[key] for key in _ACCESS if config.get(key) is not None}


def _logging(kinds: Sequence[str] | None, before: Sequence[str] | None = None) -> dict[str, Any] | None:
    off = [kind for kind in before or () if kind not in (kinds or ())]
    setup = [{"types": list(kinds), "enabled": True}] if kinds else []
    setup += [{"types": off, "enabled": False}] if off else []
    return {"clusterLogging": setup} if setup else None


def _encryption(config: Props | None) -> list[dict[str, Any]] | None:
    return [{"resources": config["resources"], "provider": config["provider"]}] if config else None


def _cluster(cluster: dict[str, Any]) -> Props:
    vpc = cluster.get("resourcesVpcConfig") or {}
    issuer = (cluster.get("identity") or {}).get("oidc", {}).get("issuer", "")
    network = cluster.get("kubernetesNetworkConfig") or {}
    return {
        "arn": cluster["arn"],
        "name": cluster["name"],
        "endpoint": cluster.get("endpoint", ""),
        "status": cluster["status"],
        "version": cluster.get("version", ""),
        "platformVersion": cluster.get("platformVersion", ""),
        "createdAt": moment(cluster.get("createdAt")),
        "roleArn": cluster["roleArn"],
        "certificateAuthority": cluster.get("certificateAuthority") or {},
        "identities": [{"oidcs": [{"issuer": issuer}]}],
        "deletionProtection": bool(cluster.get("deletionProtection")),
        "kubernetesNetworkConfig": {
            "ipFamily": network.get("ipFamily", "ipv4"),
            "serviceIpv4Cidr": network.get("serviceIpv4Cidr", ""),
            "serviceIpv6Cidr": network.get("serviceIpv6Cidr", ""),
        },
        "vpcConfig": {
            "clusterSecurityGroupId": vpc.get("clusterSecurityGroupId", ""),
            "endpointPrivateAccess": vpc.get("endpointPrivateAccess", False),
            "endpointPublicAccess": vpc.get("endpointPublicAccess", True),
            "publicAccessCidrs": vpc.get("publicAccessCidrs") or [],
            "securityGroupIds": vpc.get("securityGroupIds") or [],
            "subnetIds": vpc.get("subnetIds") or [],
            "vpcId": vpc.get("vpcId", ""),
        },
        **given(accessConfig=cluster.get("accessConfig"), upgradePolicy=cluster.get("upgradePolicy")),
    }


class NodeGroup(EksHandler):
    """``aws:eks/nodeGroup:NodeGroup``; its id is ``<cluster>:<name>``."""

    title = "EKS Node Group"
    cfn = "AWS::EKS::Nodegroup"
    names = {
        "nodeGroupName": "NodegroupName",
        "nodeRoleArn": "NodeRole",
        "subnetIds": "Subnets",
        "nodeGroupNamePrefix": "",
        "launchTemplate": "",
        "taints": "",
    }
    autoname = AutoName("nodeGroupName", 255)
    replace_on = frozenset({"nodeGroupNamePrefix"})
    moves_on_update = frozenset({"releaseVersion", "status"})

    def forces(self, old: Props, new: Props, changed: frozenset[str]) -> frozenset[str]:
        """Another launch template is another node group; another version of it is not."""
        before, after = old.get("launchTemplate") or {}, new.get("launchTemplate") or {}
        same = before.get("id") == after.get("id") and before.get("name") == after.get("name")
        return frozenset() if same or "launchTemplate" not in changed else frozenset({"launchTemplate"})

    def create(self, aws: Scope, inputs: Props) -> Made:
        made = aws.client("eks").create_nodegroup(
            clusterName=inputs["clusterName"],
            nodegroupName=inputs["nodeGroupName"],
            scalingConfig=inputs["scalingConfig"],
            subnets=inputs["subnetIds"],
            nodeRole=inputs["nodeRoleArn"],
            **given(
                instanceTypes=inputs.get("instanceTypes"),
                amiType=inputs.get("amiType"),
                capacityType=inputs.get("capacityType"),
                diskSize=inputs.get("diskSize"),
                labels=inputs.get("labels"),
                taints=inputs.get("taints"),
                launchTemplate=inputs.get("launchTemplate"),
                updateConfig=inputs.get("updateConfig"),
                version=inputs.get("version"),
                releaseVersion=inputs.get("releaseVersion"),
                tags=dict(inputs.get("tagsAll") or {}) or None,
            ),
        )["nodegroup"]
        return Made(f"{inputs['clusterName']}:{inputs['nodeGroupName']}", _node_group(made))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        cluster, _, name = id_.partition(":")
        found = aws.client("eks").describe_nodegroup(clusterName=cluster, nodegroupName=name)["nodegroup"]
        return _node_group(found) | {"tagsAll": found.get("tags") or {}}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        eks, new = aws.client("eks"), change.new
        cluster, _, name = id_.partition(":")
        if change.any("version", "releaseVersion", "launchTemplate"):
            eks.update_nodegroup_version(
                clusterName=cluster,
                nodegroupName=name,
                **given(version=new.get("version"), releaseVersion=new.get("releaseVersion")),
                **given(launchTemplate=new.get("launchTemplate")),
            )
        if not change.any("labels", "taints", "scalingConfig", "updateConfig"):
            return
        eks.update_nodegroup_config(
            clusterName=cluster,
            nodegroupName=name,
            **given(
                labels=_labels(change) if "labels" in change else None,
                taints=_taints(change) if "taints" in change else None,
                scalingConfig=new["scalingConfig"] if "scalingConfig" in change else None,
                updateConfig=new.get("updateConfig") if "updateConfig" in change else None,
            ),
        )

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        cluster, _, name = id_.partition(":")
        aws.client("eks").delete_nodegroup(clusterName=cluster, nodegroupName=name)


def _labels(change: Change) -> dict[str, Any]:
    old, new = change.old.get("labels") or {}, change.new.get("labels") or {}
    return {"addOrUpdateLabels": new, "removeLabels": [key for key in old if key not in new]}


def _taints(change: Change) -> dict[str, Any]:
    old, new = change.old.get("taints") or [], change.new.get("taints") or []
    return {"addOrUpdateTaints": new, "removeTaints": [taint for taint in old if taint not in new]}


def _node_group(group: dict[str, Any]) -> Props:
    resources = group.get("resources") or {}
    return {
        "arn": group["nodegroupArn"],
        "clusterName": group["clusterName"],
        "nodeGroupName": group["nodegroupName"],
        "status": group["status"],
        "nodeRoleArn": group["nodeRole"],
        "subnetIds": group["subnets"],
        "scalingConfig": group.get("scalingConfig") or {},
        "amiType": group.get("amiType") or "AL2023_x86_64_STANDARD",
        "capacityType": group.get("capacityType", "ON_DEMAND"),
        "instanceTypes": group.get("instanceTypes") or [],
        "diskSize": group.get("diskSize") or 0,
        "version": group.get("version", ""),
        "releaseVersion": group.get("releaseVersion", ""),
        "resources": [
            {
                "autoscalingGroups": resources.get("autoScalingGroups") or [],
                "remoteAccessSecurityGroupId": resources.get("remoteAccessSecurityGroup", ""),
            }
        ],
        **given(labels=group.get("labels") or None, taints=group.get("taints") or None),
        **given(updateConfig=group.get("updateConfig")),
    }


class Addon(EksHandler):
    """``aws:eks/addon:Addon``; its id is ``<cluster>:<name>``."""

    title = "EKS Add-On"
    cfn = "AWS::EKS::Addon"
    names = {"resolveConflictsOnCreate": "", "resolveConflictsOnUpdate": "", "podIdentityAssociations": ""}
    moves_on_update = frozenset({"modifiedAt"})

    def create(self, aws: Scope, inputs: Props) -> Made:
        made = aws.client("eks").create_addon(
            clusterName=inputs["clusterName"],
            addonName=inputs["addonName"],
            **self._settings(inputs, "resolveConflictsOnCreate"),
            **given(tags=dict(inputs.get("tagsAll") or {}) or None),
        )["addon"]
        return Made(f"{inputs['clusterName']}:{inputs['addonName']}", _addon(made))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        cluster, _, name = id_.partition(":")
        found = aws.client("eks").describe_addon(clusterName=cluster, addonName=name)["addon"]
        return _addon(found) | {"tagsAll": found.get("tags") or {}}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        cluster, _, name = id_.partition(":")
        settings = self._settings(change.new, "resolveConflictsOnUpdate")
        aws.client("eks").update_addon(clusterName=cluster, addonName=name, **settings)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        cluster, _, name = id_.partition(":")
        keep = given(preserve=state.get("preserve"))
        aws.client("eks").delete_addon(clusterName=cluster, addonName=name, **keep)

    def _settings(self, inputs: Props, conflicts: str) -> dict[str, Any]:
        return given(
            addonVersion=inputs.get("addonVersion"),
            configurationValues=inputs.get("configurationValues"),
            serviceAccountRoleArn=inputs.get("serviceAccountRoleArn"),
            resolveConflicts=inputs.get(conflicts),
            podIdentityAssociations=inputs.get("podIdentityAssociations"),
        )


def _addon(addon: dict[str, Any]) -> Props:
    return {
        "arn": addon["addonArn"],
        "addonName": addon["addonName"],
        "clusterName": addon["clusterName"],
        "addonVersion": addon["addonVersion"],
        "createdAt": moment(addon.get("createdAt")),
        "modifiedAt": moment(addon.get("modifiedAt")),
        "configurationValues": addon.get("configurationValues") or "",
        **given(serviceAccountRoleArn=addon.get("serviceAccountRoleArn") or None),
    }
