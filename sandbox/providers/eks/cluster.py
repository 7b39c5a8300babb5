"""``eks:index:Cluster``: the control plane and what the component makes around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from pulumi.provider import ConstructResult

from sandbox.providers.eks import security_groups
from sandbox.providers.eks.access import access_entries
from sandbox.providers.eks.addons import VpcCniAddon, plain_addon
from sandbox.providers.eks.arguments import ArgumentError, only, out, tags
from sandbox.providers.eks.kubeconfig import as_json, kubeconfig
from sandbox.providers.eks.service_role import ServiceRole

TYPE: Final = "eks:index:Cluster"

EMULATED: Final = frozenset(
    {
        "accessEntries", "authenticationMode", "bootstrapSelfManagedAddons", "clusterSecurityGroup",
        "clusterSecurityGroupTags", "clusterTags", "corednsAddonOptions", "createInstanceRole",
        "createOidcProvider", "deletionProtection", "enableConfigMapMutable", "enabledClusterLogTypes",
        "encryptionConfigKeyArn", "endpointPrivateAccess", "endpointPublicAccess", "instanceRoles",
        "ipFamily",
        "kubeProxyAddonOptions", "kubernetesServiceIpAddressRange", "name", "nodeSecurityGroupTags",
        "privateSubnetIds", "providerCredentialOpts", "publicAccessCidrs", "publicSubnetIds", "roleMappings",
        "serviceRole", "skipDefaultNodeGroup", "skipDefaultSecurityGroups", "subnetIds", "tags",
        "upgradePolicy",
        "useDefaultVpcCni", "userMappings", "version", "vpcCniOptions", "vpcId",
    }
)  # fmt: skip

_INSTEAD: Final = {
    "fargate": "use a managed node group",
    "autoMode": "use a managed node group and Karpenter",
    "storageClasses": "make the StorageClass a resource of your own",
    "creationRoleProvider": "use providerCredentialOpts: pulumi-eks refuses it in a Python program too",
    "instanceRole": "use a managed node group with its own role",
}
_ADDON_OPTIONS: Final = frozenset(
    {"configurationValues", "enabled", "resolveConflictsOnCreate", "resolveConflictsOnUpdate", "version"}
)


def construct(name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions) -> ConstructResult:
    """Register the component and its children."""
    given = {key: value for key, value in inputs.items() if value is not None}
    validate(given)
    cluster = Cluster(name, given, opts)
    return ConstructResult(cluster.urn, cluster.state)


def validate(given: Mapping[str, Any]) -> None:
    """Refuse what pulumi-eks refuses, and what is not emulated. Raises ArgumentError."""
    only(TYPE, given, EMULATED, _INSTEAD)
    for key in ("corednsAddonOptions", "kubeProxyAddonOptions"):
        only(key, given.get(key) or {}, _ADDON_OPTIONS, {})
    mode = given.get("authenticationMode")
    if mode != "API":
        raise ArgumentError(
            f"{TYPE}: authenticationMode is {mode!r}, which would write the aws-auth ConfigMap; the "
            'rehearsal emulates access entries only. Set authentication_mode="API"'
        )
    for key in ("roleMappings", "userMappings", "instanceRoles"):
        if given.get(key):
            raise ArgumentError(
                f"The '{key}' property does not support non-empty values when 'authenticationMode' is set "
                "to 'API'."
            )
    if given.get("skipDefaultNodeGroup") is not True or given.get("createInstanceRole"):
        raise ArgumentError(
            f"{TYPE}: the rehearsal does not emulate the default node group. "
            "Set skip_default_node_group=True and use a managed node group"
        )
    if given.get("createOidcProvider"):
        raise ArgumentError(
            f"{TYPE}: createOidcProvider asks the issuer for its certificate over the network, which a "
            "rehearsal has not. Make the aws.iam.OpenIdConnectProvider a resource of your own, from the "
            "cluster's issuer"
        )
    if "vpcId" not in given:
        raise ArgumentError(f"{TYPE}: without vpcId the account's default VPC would be used. Give vpc_id")
    if "subnetIds" in given and ("publicSubnetIds" in given or "privateSubnetIds" in given):
        raise ArgumentError(
            "subnetIds, and the use of publicSubnetIds and/or privateSubnetIds are mutually exclusive. "
            "Choose a single approach."
        )


class Cluster(pulumi.ComponentResource):
    """The component; ``state`` holds its outputs by their names on the wire."""

    def __init__(self, name: str, given: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(TYPE, name, None, opts)
        self._prefix = name
        self._args = given
        self._below = pulumi.ResourceOptions(parent=self)
        self._partition = aws.get_partition_output(opts=pulumi.InvokeOptions(parent=self)).partition
        self._subnets = self._subnet_ids()
        self._role = self._service_role()
        self._group = self._security_group()
        self.cluster = self._cluster()
        self._addon("kube-proxy", "kubeProxyAddonOptions", default=True)
        self._kube: kubernetes.Provider = self._kubernetes()
        entries = access_entries(name, self.cluster, given.get("accessEntries") or {}, self)
        self._cni = self._vpc_cni(entries)
        self._addon("coredns", "corednsAddonOptions", default=False)
        self._node_group, self._ingress = self._node_security_group()
        self.state = self._described()
        self.register_outputs(self.state)

    def _subnet_ids(self) -> Any:
        if "subnetIds" in self._args:
            return self._args["subnetIds"]
        both = (self._args.get("publicSubnetIds") or [], self._args.get("privateSubnetIds") or [])
        return pulumi.Output.all(*both).apply(lambda parts: [*parts[0], *parts[1]])

    def _service_role(self) -> ServiceRole | None:
        if "serviceRole" in self._args:
            return None
        return ServiceRole(
            f"{self._prefix}-eksRole",
            "eks.amazonaws.com",
            ["AmazonEKSClusterPolicy"],
            self._below,
            partition=self._partition,
            description="Allows EKS to manage clusters on your behalf.",
            tags=self._args.get("tags"),
            actions=["sts:AssumeRole", "sts:TagSession"],
        )

    def _security_group(self) -> Any:
        if "clusterSecurityGroup" in self._args:
            return self._args["clusterSecurityGroup"]
        if self._args.get("skipDefaultSecurityGroups"):
            return None
        given = self._args
        return security_groups.cluster_group(
            self._prefix,
            given["vpcId"],
            given.get("tags"),
            given.get("clusterSecurityGroupTags"),
            self._below,
        )

    def _cluster(self) -> Any:
        given = self._args
        service_role = given.get("serviceRole")
        return aws.eks.Cluster(
            f"{self._prefix}-eksCluster",
            name=given.get("name"),
            role_arn=self._role.role.arn if self._role else out(service_role).apply(lambda role: role.arn),
            kubernetes_network_config=self._network(),
            bootstrap_self_managed_addons=given.get("bootstrapSelfManagedAddons", True),
            vpc_config=aws.eks.ClusterVpcConfigArgs(
                security_group_ids=[out(self._group).id] if self._group is not None else None,
                subnet_ids=self._subnets,
                endpoint_private_access=given.get("endpointPrivateAccess"),
                endpoint_public_access=given.get("endpointPublicAccess"),
                public_access_cidrs=self._public_cidrs(),
            ),
            version=given.get("version"),
            enabled_cluster_log_types=given.get("enabledClusterLogTypes"),
            tags=tags(f"{self._prefix}-eksCluster", given.get("clusterTags"), given.get("tags")),
            encryption_config=self._encryption(),
            access_config=aws.eks.ClusterAccessConfigArgs(
                authentication_mode=given["authenticationMode"],
                bootstrap_cluster_creator_admin_permissions=True,
            ),
            upgrade_policy=given.get("upgradePolicy"),
            deletion_protection=given.get("deletionProtection"),
            opts=pulumi.ResourceOptions(
                parent=self,
                ignore_changes=[
                    "accessConfig.bootstrapClusterCreatorAdminPermissions",
                    "bootstrapSelfManagedAddons",
                ],
                depends_on=self._role.ready if self._role else [],
            ),
        )

    def _network(self) -> Any:
        block, family = self._args.get("kubernetesServiceIpAddressRange"), self._args.get("ipFamily")
        if not block and not family:
            return None
        return pulumi.Output.all(block, family).apply(
            lambda known: {
                "service_ipv4_cidr": known[0] if (known[1] or "ipv4") == "ipv4" else None,
                "ip_family": known[1] or "ipv4",
            }
        )

    def _public_cidrs(self) -> Any:
        if "publicAccessCidrs" not in self._args:
            return None

        def checked(known: list[Any]) -> Any:
            cidrs, public = known
            if public is False:
                raise ArgumentError("`publicAccessCidrs` can only be set when `endpointPublicAccess` is true")
            return cidrs

        public = self._args.get("endpointPublicAccess", True)
        return pulumi.Output.all(self._args["publicAccessCidrs"], public).apply(checked)

    def _encryption(self) -> Any:
        if "encryptionConfigKeyArn" not in self._args:
            return None
        provider = aws.eks.ClusterEncryptionConfigProviderArgs(key_arn=self._args["encryptionConfigKeyArn"])
        return aws.eks.ClusterEncryptionConfigArgs(provider=provider, resources=["secrets"])

    def _addon(self, addon: str, argument: str, *, default: bool) -> None:
        """CoreDNS has no node to run on without a default node group, so it must be asked for."""
        options = self._args.get(argument) or {}
        if options.get("enabled", default) or (addon == "coredns" and options.get("configurationValues")):
            plain_addon(self._prefix, addon, self.cluster, options, self._args.get("tags"), self._below)

    def _kubernetes(self) -> kubernetes.Provider:
        credentials = self._args.get("providerCredentialOpts")
        return kubernetes.Provider(
            f"{self._prefix}-eks-k8s",
            kubeconfig=kubeconfig(self.cluster, credentials, with_profile=True).apply(as_json),
            enable_config_map_mutable=self._args.get("enableConfigMapMutable"),
            opts=self._below,
        )

    def _vpc_cni(self, entries: list[Any]) -> VpcCniAddon | None:
        if self._args.get("useDefaultVpcCni"):
            return None
        opts = pulumi.ResourceOptions(parent=self, depends_on=entries, providers={"kubernetes": self._kube})
        options = self._args.get("vpcCniOptions") or {}
        return VpcCniAddon(f"{self._prefix}-vpc-cni", self.cluster, options, self._args.get("tags"), opts)

    def _node_security_group(self) -> tuple[Any, Any]:
        if self._args.get("skipDefaultSecurityGroups"):
            return None, None
        given_tags = [self._args.get("nodeSecurityGroupTags"), self._args.get("tags")]
        return security_groups.node_group(
            self._prefix, self._args["vpcId"], self.cluster, out(self._group).id, given_tags, self._below
        )

    def _described(self) -> dict[str, Any]:
        without_profile = kubeconfig(
            self.cluster, self._args.get("providerCredentialOpts"), with_profile=False
        )
        eks_group = self.cluster.vpc_config.apply(lambda config: config.cluster_security_group_id)
        issuer = self.cluster.identities.apply(_issuer)
        return {
            "kubeconfig": without_profile,
            "kubeconfigJson": without_profile.apply(as_json),
            "clusterSecurityGroup": self._group,
            "instanceRoles": [],
            "nodeSecurityGroup": self._node_group,
            "eksClusterIngressRule": self._ingress,
            "defaultNodeGroup": None,
            "eksCluster": self.cluster,
            "core": self._core_data(without_profile),
            "clusterSecurityGroupId": out(self._group).id if self._group is not None else eks_group,
            "nodeSecurityGroupId": self._node_group.id if self._node_group is not None else eks_group,
            "clusterIngressRuleId": self._ingress.security_group_rule_id if self._ingress is not None else "",
            "defaultNodeGroupAsgName": "",
            "fargateProfileId": "",
            "fargateProfileStatus": "",
            "oidcProviderArn": "",
            "oidcProviderUrl": issuer,
            "oidcIssuer": issuer.apply(lambda url: url.replace("https://", "")),
            "autoModeNodeRoleName": "",
        }

    def _core_data(self, without_profile: pulumi.Output[dict[str, Any]]) -> dict[str, Any]:
        given = self._args
        key = given.get("encryptionConfigKeyArn")
        core = {
            "vpcId": given["vpcId"],
            "subnetIds": self._subnets,
            "publicSubnetIds": given.get("publicSubnetIds"),
            "privateSubnetIds": given.get("privateSubnetIds"),
            "clusterSecurityGroup": self._group,
            "cluster": self.cluster,
            "endpoint": self.cluster.endpoint,
            "nodeGroupOptions": {
                "version": given.get("version"),
                "nodeSecurityGroup": self._node_group,
                "clusterIngressRule": self._ingress,
            },
            "kubeconfig": without_profile,
            "provider": self._kube,
            "vpcCni": self._cni,
            "instanceRoles": [],
            "tags": given.get("tags"),
            "nodeSecurityGroupTags": given.get("nodeSecurityGroupTags"),
            "storageClasses": {},
            "encryptionConfig": {"provider": {"keyArn": key}, "resources": ["secrets"]} if key else None,
            "clusterIamRole": self._role.role if self._role else given.get("serviceRole"),
            "accessEntries": list((given.get("accessEntries") or {}).values()),
            "autoModeNodeRoleName": "",
        }
        return {name: value for name, value in core.items() if value is not None}


def _issuer(identities: Any) -> str:
    if identities and identities[0].oidcs:
        return str(identities[0].oidcs[0].issuer)
    return ""
