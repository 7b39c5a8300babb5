"""EKS as this world has it: clusters at the world's API server, node groups in a cluster of the right shape.

State that moto does not keep lives on moto's own cluster and node-group objects, so that it ends with them.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from moto.ec2.models import ec2_backends
from moto.eks.models import eks_backends
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends

from sandbox.aws.gaps.asking import PASS, Ask, Gap
from sandbox.aws.identity import document
from sandbox.aws.wire import RefusedError

DEFAULT_VERSION = "1.35"
_PLATFORM = "eks.8"
_RELEASE = "20261101"
_SINGLE_ZONE = 1
_MODES = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")
"""Authentication modes, in the one direction that EKS lets a cluster go (EKS user guide, access entries)."""


def not_found(message: str) -> RefusedError:
    """EKS's ResourceNotFoundException."""
    return RefusedError("ResourceNotFoundException", message, HTTPStatus.NOT_FOUND)


def invalid(message: str) -> RefusedError:
    """EKS's InvalidParameterException."""
    return RefusedError("InvalidParameterException", message)


def cluster_of(ask: Ask) -> Any:
    """moto's cluster that the call names.

    Raises:
        RefusedError: there is none.
    """
    name = str(ask.params.get("clusterName") or ask.params.get("name") or "")
    found = eks_backends[ask.account][ask.region].clusters.get(name)
    if found is None:
        raise not_found(f"No cluster found for name: {name}.")
    return found


def update_record(kind: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """An update that is done as soon as it is asked for."""
    given = [{"type": key, "value": str(value)} for key, value in (params or {}).items()]
    return {"id": str(uuid.uuid4()), "status": "Successful", "type": kind, "params": given, "errors": []}


def check_trusted(account: str, role_arn: str, service: str) -> None:
    """The role exists and trusts the service.

    Raises:
        RefusedError: as EKS words it.
    """
    roles = iam_backends[account]["aws"].roles.values()
    role = next((role for role in roles if role.arn == role_arn), None)
    if role is None or service not in str(document(role.assume_role_policy_document)):
        raise invalid(
            f"Role with arn: {role_arn}, could not be assumed because it does not exist or "
            "the trusted entity is not correct"
        )


def create_cluster(ask: Ask) -> object:
    """CreateCluster: active at once, with the world's addresses and keys."""
    params = ask.params
    check_trusted(ask.account, params["roleArn"], "eks.amazonaws.com")
    network = _network(ask, params["resourcesVpcConfig"])
    eks = eks_backends[ask.account][ask.region]
    cluster: Any = eks.create_cluster(
        name=params["name"],
        role_arn=params["roleArn"],
        resources_vpc_config=network,
        version=params.get("version") or DEFAULT_VERSION,
        kubernetes_network_config={
            "serviceIpv4Cidr": "172.20.0.0/16",
            "ipFamily": "ipv4",
            **(params.get("kubernetesNetworkConfig") or {}),
        },
        logging=_logging(params.get("logging"), None),
        tags=dict(params.get("tags") or {}),
        encryption_config=params.get("encryptionConfig"),
    )
    network["clusterSecurityGroupId"] = _security_group(ask, cluster, network["vpcId"])
    _settle(ask, cluster)
    _log_group(ask, cluster)
    return {"cluster": cluster}


def _log_group(ask: Ask, cluster: Any) -> None:
    """A cluster that logs makes its log group itself where there is none: kept for ever, and not encrypted
    (EKS user guide, "Send control plane logs to CloudWatch Logs").
    """
    logs, name = logs_backends[ask.account][ask.region], f"/aws/eks/{cluster.name}/cluster"
    on = any(kind.get("enabled") for kind in cluster.logging.get("clusterLogging", []))
    if on and name not in logs.groups:
        logs.create_log_group(name, {})


def _settle(ask: Ask, cluster: Any) -> None:
    """What DescribeCluster tells and moto has no word for; the names are those of the answer."""
    params, spec = ask.params, ask.spec
    access = params.get("accessConfig") or {}
    cluster.endpoint = spec.apiserver
    cluster.certificate_authority = {"data": spec.ca_data}
    cluster.identity = {"oidc": {"issuer": spec.issuer}}
    cluster.platform_version = cluster.platformVersion = _PLATFORM
    cluster.health = {"issues": []}
    cluster.access_config = {
        "authenticationMode": access.get("authenticationMode", _MODES[0]),
        "bootstrapClusterCreatorAdminPermissions": access.get(
            "bootstrapClusterCreatorAdminPermissions", True
        ),
    }
    cluster.deletion_protection = bool(params.get("deletionProtection"))
    cluster.upgrade_policy = params.get("upgradePolicy") or {"supportType": "EXTENDED"}
    cluster.entries, cluster.addons, cluster.pod_identities = {}, {}, {}


def _network(ask: Ask, given: Mapping[str, Any]) -> dict[str, Any]:
    """The network part of the answer: what was asked, with EKS's defaults and the VPC of the subnets."""
    ec2 = ec2_backends[ask.account][ask.region]
    subnets = [(name, _subnet(ec2, name)) for name in given.get("subnetIds") or []]
    for name, subnet in subnets:
        if subnet is None:
            raise invalid(f"The subnet ID '{name}' does not exist")
    if len({subnet.availability_zone for _, subnet in subnets}) <= _SINGLE_ZONE:
        raise invalid("Subnets specified must be in at least two different AZs")
    return {
        "endpointPublicAccess": True,
        "endpointPrivateAccess": False,
        "publicAccessCidrs": ["0.0.0.0/0"],
        "securityGroupIds": [],
        **given,
        "vpcId": subnets[0][1].vpc_id,
    }


def _subnet(ec2: Any, name: str) -> Any:
    for zone in ec2.subnets.values():
        if name in zone:
            return zone[name]
    return None


def _security_group(ask: Ask, cluster: Any, vpc: str) -> str:
    """The group that EKS makes for the cluster's own interfaces; it goes with the cluster."""
    name = f"eks-cluster-sg-{cluster.name}-{abs(hash(cluster.arn)) % 10**9}"
    tags = {
        f"kubernetes.io/cluster/{cluster.name}": "owned",
        "aws:eks:cluster-name": cluster.name,
        "Name": name,
    }
    text = "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes."
    group = ec2_backends[ask.account][ask.region].create_security_group(name, text, vpc, tags=tags)
    return str(group.id)


def describe_cluster(ask: Ask) -> object:
    """DescribeCluster."""
    return {"cluster": cluster_of(ask)}


def delete_cluster(ask: Ask) -> object:
    """DeleteCluster; refused while protected or while it has node groups."""
    cluster = cluster_of(ask)
    if cluster.deletion_protection:
        raise RefusedError(
            "InvalidRequestException",
            f"Cluster {cluster.name} has deletion protection enabled, so it cannot be deleted. "
            "Disable deletion protection with UpdateClusterConfig first.",
        )
    deleted = eks_backends[ask.account][ask.region].delete_cluster(name=cluster.name)
    group = cluster.resources_vpc_config["clusterSecurityGroupId"]
    if group in {found.id for found in ec2_backends[ask.account][ask.region].describe_security_groups()}:
        ec2_backends[ask.account][ask.region].delete_security_group(group_id=group)
    return {"cluster": deleted}


def update_cluster_config(ask: Ask) -> object:
    """UpdateClusterConfig: one kind of change at a time in AWS, any here."""
    cluster, params = cluster_of(ask), ask.params
    if "resourcesVpcConfig" in params:
        cluster.resources_vpc_config = {**cluster.resources_vpc_config, **params["resourcesVpcConfig"]}
    if "logging" in params:
        cluster.logging = _logging(params["logging"], cluster.logging)
    if "accessConfig" in params:
        _widen(cluster.access_config, params["accessConfig"]["authenticationMode"])
    if "deletionProtection" in params:
        cluster.deletion_protection = bool(params["deletionProtection"])
    if "upgradePolicy" in params:
        cluster.upgrade_policy = params["upgradePolicy"]
    return {"update": update_record("ConfigUpdate")}


def _widen(access: dict[str, Any], wanted: str) -> None:
    if _MODES.index(wanted) < _MODES.index(access["authenticationMode"]):
        raise RefusedError(
            "InvalidRequestException",
            f"Unsupported authentication mode update from {access['authenticationMode']} to {wanted}",
        )
    access["authenticationMode"] = wanted


def _logging(wanted: Mapping[str, Any] | None, before: Mapping[str, Any] | None) -> dict[str, Any]:
    """The setup EKS answers with: enabled kinds in one group, the others in another."""
    kinds = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
    enabled = {
        kind
        for setup in (before or {}).get("clusterLogging", [])
        if setup.get("enabled")
        for kind in setup["types"]
    }
    for setup in (wanted or {}).get("clusterLogging") or []:
        named = set(setup.get("types") or [])
        enabled = enabled | named if setup.get("enabled") else enabled - named
    on = [kind for kind in kinds if kind in enabled]
    off = [kind for kind in kinds if kind not in enabled]
    groups = [{"types": on, "enabled": True}, {"types": off, "enabled": False}]
    return {"clusterLogging": [group for group in groups if group["types"]]}


def update_cluster_version(ask: Ask) -> object:
    """UpdateClusterVersion: one minor version up at a time."""
    cluster, wanted = cluster_of(ask), str(ask.params["version"])
    if _minor(wanted) != _minor(cluster.version) + 1:
        raise invalid(f"Unsupported Kubernetes minor version update from {cluster.version} to {wanted}")
    cluster.version = wanted
    return {"update": update_record("VersionUpdate", {"Version": wanted})}


def _minor(version: str) -> int:
    return int(version.split(".")[1])


def associate_encryption(ask: Ask) -> object:
    """AssociateEncryptionConfig: once and for good."""
    cluster = cluster_of(ask)
    if cluster.encryption_config:
        raise RefusedError("InvalidRequestException", "Cluster already has encryption configuration")
    cluster.encryption_config = ask.params["encryptionConfig"]
    return {"update": update_record("AssociateEncryptionConfig")}


def describe_update(ask: Ask) -> object:
    """DescribeUpdate: every update here was done when it returned."""
    return {"update": {**update_record("ConfigUpdate"), "id": ask.params["updateId"]}}


def create_nodegroup(ask: Ask) -> object:
    """CreateNodegroup: active at once."""
    cluster, params = cluster_of(ask), ask.params
    check_trusted(ask.account, params["nodeRole"], "ec2.amazonaws.com")
    ec2 = ec2_backends[ask.account][ask.region]
    for subnet in params["subnets"]:
        if _subnet(ec2, subnet) is None:
            raise invalid(f"The subnet ID '{subnet}' does not exist")
    version = params.get("version") or cluster.version
    group: Any = eks_backends[ask.account][ask.region].create_nodegroup(
        cluster_name=cluster.name,
        node_role=params["nodeRole"],
        nodegroup_name=params["nodegroupName"],
        subnets=params["subnets"],
        scaling_config=params.get("scalingConfig"),
        disk_size=params.get("diskSize"),
        instance_types=params.get("instanceTypes"),
        ami_type=params.get("amiType") or "AL2023_x86_64_STANDARD",
        labels=params.get("labels"),
        taints=params.get("taints"),
        tags=dict(params.get("tags") or {}),
        launch_template=dict(params["launchTemplate"]) if params.get("launchTemplate") else None,
        capacity_type=params.get("capacityType"),
        version=version,
        release_version=params.get("releaseVersion") or f"{version}.0-{_RELEASE}",
    )
    group.update_config = params.get("updateConfig") or {"maxUnavailable": 1}
    group.remote_access = params.get("remoteAccess")
    group.resources = {"autoScalingGroups": group.resources["autoScalingGroups"]}
    if params.get("launchTemplate"):
        group.disk_size = None  # the template says it
    return {"nodegroup": group}


def nodegroup_of(ask: Ask) -> Any:
    """moto's node group that the call names.

    Raises:
        RefusedError: there is none.
    """
    name = str(ask.params["nodegroupName"])
    found = cluster_of(ask).nodegroups.get(name)
    if found is None:
        raise not_found(f"No node group found for name: {name}.")
    return found


def list_nodegroups(ask: Ask) -> object:
    """ListNodegroups; moto answers a missing cluster with a crash."""
    cluster_of(ask)
    return PASS


def update_nodegroup_version(ask: Ask) -> object:
    """UpdateNodegroupVersion: version, release or launch template."""
    group, params = nodegroup_of(ask), ask.params
    group.version = params.get("version") or group.version
    group.release_version = params.get("releaseVersion") or f"{group.version}.0-{_RELEASE}"
    if params.get("launchTemplate"):
        group.launch_template = {**(group.launch_template or {}), **params["launchTemplate"]}
    return {"update": update_record("VersionUpdate")}


GAP = Gap(
    "eks",
    {
        "CreateCluster": create_cluster,
        "DescribeCluster": describe_cluster,
        "DeleteCluster": delete_cluster,
        "UpdateClusterConfig": update_cluster_config,
        "UpdateClusterVersion": update_cluster_version,
        "AssociateEncryptionConfig": associate_encryption,
        "DescribeUpdate": describe_update,
        "CreateNodegroup": create_nodegroup,
        "ListNodegroups": list_nodegroups,
        "UpdateNodegroupVersion": update_nodegroup_version,
    },
)
