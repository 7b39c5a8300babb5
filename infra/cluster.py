"""The cluster (A2): EKS in API mode, its identity provider, add-ons in their order, nodes for system pods."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks
import pulumi_kubernetes as kubernetes

from infra import iam
from infra.access import Access, AccessArgs
from infra.addons import Addon, AddonArgs, csi_statements
from infra.iam import STS
from infra.network import DISCOVERY
from infra.roles import Identity, PlainRole, ServiceRole, ServiceRoleArgs, plain_role
from infra.scope import Component, Scope
from infra.specs.cluster import ClusterSpec
from infra.storage_classes import storage_classes
from infra.system_nodes import SystemNodes, SystemNodesArgs

SYSTEM = "kube-system"


@dataclass(frozen=True)
class ClusterArgs:
    """A cluster in a network.

    Attributes:
        secrets_key: ARN of the key that encrypts the cluster's Secrets.
        logs_key: ARN of the key of its log group.
        data_key: ARN of the key of its volumes.
        ways_out: what must stand before a node can reach AWS: routes, NAT, endpoints.
    """

    scope: Scope
    spec: ClusterSpec
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[list[str]]
    secrets_key: pulumi.Input[str]
    logs_key: pulumi.Input[str]
    data_key: pulumi.Input[str]
    ways_out: Sequence[pulumi.Resource]


def kubeconfig(name: str, region: str, server: str, authority: str) -> dict[str, Any]:
    """A kubeconfig without a secret: whoever uses it gets a token from AWS as himself.

    Args:
        name: of the cluster.
        region: of the cluster.
        server: URL of the API.
        authority: base64 of the cluster's CA certificate.
    """
    command = ["eks", "get-token", "--region", region, "--cluster-name", name, "--output", "json"]
    user = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": "aws",
            "args": command,
            "interactiveMode": "Never",
        }
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority-data": authority}}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }


def without_creator(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """The component's cluster without an access entry for whoever makes it.

    pulumi-eks has no argument for it: it makes every creator an administrator (its ``createCore``).
    """
    if args.type_ != "aws:eks/cluster:Cluster":
        return None
    access = {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False}
    return pulumi.ResourceTransformResult(props={**args.props, "accessConfig": access}, opts=args.opts)


class Cluster(Component):
    """One EKS cluster with what it cannot be without.

    Nobody may use its API but those in the spec, not even the role that makes it: an entry for "the creator"
    would stand in no file, and would collide with the one that the spec names.

    The order of a first ``up``: log group (else EKS makes one that is kept for ever, unencrypted), cluster,
    identity provider, network add-ons (a node without them never becomes ready), nodes, add-ons with pods.

    Attributes:
        name: of the cluster; known once it exists.
        endpoint: URL of its API.
        identity: whose tokens IAM believes.
        kubeconfig: JSON without a secret.
        kubernetes: provider for objects in the cluster.
        node_security_group_id: what every node has, Karpenter's too.
        ready: what must stand before a pod can run.
    """

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Cluster", name, opts)
        self._args = args
        self._log_group = self._make_log_group()
        self._role = self._make_role()
        self._eks = self._make_cluster()
        described = self._eks.kubeconfig.apply(_described)
        self.name = described.apply(lambda _: args.scope.name)
        self.endpoint = described.apply(lambda found: found["server"])
        self._authority = described.apply(lambda found: found["certificate-authority-data"])
        self.node_security_group_id: pulumi.Output[str] = self._eks.node_security_group_id
        self.identity = self._make_identity()
        self.kubeconfig = self._make_kubeconfig()
        self._access = self._make_access()
        network = [self._cni(), self._addon("kube-proxy")]
        self._nodes = self._make_nodes(network)
        self.kubernetes = self._make_provider()
        self.ready: list[pulumi.Resource] = [self._nodes, self._addon("coredns", after=[self._nodes])]
        self.ready.append(self._storage())
        self.register_outputs({"name": self.name, "endpoint": self.endpoint, "kubeconfig": self.kubeconfig})

    def _make_log_group(self) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            self.part("logs"),
            name=f"/aws/eks/{self._args.scope.name}/cluster",
            retention_in_days=self._args.spec.log_retention_days,
            kms_key_id=self._args.logs_key,
            opts=self.child(),
        )

    def _make_role(self) -> PlainRole:
        """A role of our own, because the component's would not carry the permissions boundary."""
        trust = iam.trust_service("eks.amazonaws.com", actions=("sts:AssumeRole", "sts:TagSession"))
        return plain_role(self, "cluster", self._args.scope, trust, managed=["AmazonEKSClusterPolicy"])

    def _make_cluster(self) -> eks.Cluster:
        scope, spec = self._args.scope, self._args.spec
        return eks.Cluster(
            self.part("eks"),
            name=scope.name,
            version=spec.version,
            authentication_mode=eks.AuthenticationMode.API,
            service_role=self._role.role,
            vpc_id=self._args.vpc_id,
            private_subnet_ids=self._args.subnet_ids,
            endpoint_private_access=spec.endpoint.private,
            endpoint_public_access=bool(spec.endpoint.public_cidrs),
            public_access_cidrs=list(spec.endpoint.public_cidrs) or None,
            enabled_cluster_log_types=list(spec.logs),
            encryption_config_key_arn=self._args.secrets_key,
            node_security_group_tags={DISCOVERY: scope.name},
            deletion_protection=scope.protected,
            skip_default_node_group=True,
            create_oidc_provider=False,
            use_default_vpc_cni=True,
            bootstrap_self_managed_addons=False,
            kube_proxy_addon_options=eks.KubeProxyAddonOptionsArgs(enabled=False),
            coredns_addon_options=eks.CoreDnsAddonOptionsArgs(enabled=False),
            opts=self.child(
                depends_on=[self._log_group, *self._role.complete],
                protect=scope.protected,
                transforms=[without_creator],
            ),
        )

    def _make_identity(self) -> Identity:
        """Our own: the component's contacts the issuer over the network and waits for a public endpoint."""
        issuer = self._eks.oidc_provider_url.apply(str)
        provider = aws.iam.OpenIdConnectProvider(
            self.part("identity"),
            url=issuer,
            client_id_lists=[STS],
            tags={"Name": self._args.scope.name},
            opts=self.child(),
        )
        return Identity(provider.arn, issuer)

    def _make_kubeconfig(self) -> pulumi.Output[str]:
        scope = self._args.scope
        return pulumi.Output.all(self.endpoint, self._authority).apply(
            lambda known: json.dumps(kubeconfig(scope.name, scope.region, known[0], known[1]))
        )

    def _make_access(self) -> Access:
        entries = AccessArgs(self.name, self._args.spec.access)
        return Access(self.part("access"), entries, self.child())

    def _addon(
        self,
        addon: str,
        *,
        after: Sequence[pulumi.Resource] = (),
        role: ServiceRole | None = None,
        configuration: dict[str, Any] | None = None,
    ) -> Addon:
        args = AddonArgs(self.name, addon, self._args.spec.addons[addon], role, configuration)
        return Addon(self.part(addon), args, self.child(depends_on=[*after]))

    def _cni(self) -> Addon:
        role = self._addon_role("aws-node", managed=["AmazonEKS_CNI_Policy"])
        return self._addon("vpc-cni", role=role, configuration={"enableNetworkPolicy": "true"})

    def _storage(self) -> Addon:
        """The volumes' driver and the classes that use it."""
        key = pulumi.Output.from_input(self._args.data_key)
        role = self._addon_role(
            "ebs-csi-controller-sa",
            managed=["service-role/AmazonEBSCSIDriverPolicy"],
            statements=key.apply(csi_statements),
        )
        driver = self._addon("aws-ebs-csi-driver", after=[self._nodes], role=role)
        storage_classes(
            self, self.kubernetes, self._args.data_key, self._args.scope.backed_up, after=[driver]
        )
        return driver

    def _addon_role(self, account: str, *, managed: Sequence[str], statements: Any = None) -> ServiceRole:
        args = ServiceRoleArgs(
            self._args.scope, self.identity, SYSTEM, account, statements=statements, managed=managed
        )
        return ServiceRole(self.part(account), args, self.child())

    def _make_nodes(self, network: Sequence[pulumi.Resource]) -> SystemNodes:
        args = SystemNodesArgs(
            scope=self._args.scope,
            spec=self._args.spec.system_nodes,
            version=self._args.spec.version,
            cluster_name=self.name,
            subnet_ids=self._args.subnet_ids,
            security_group_id=self.node_security_group_id,
        )
        after = [*self._args.ways_out, *network]
        return SystemNodes(self.part("system-nodes"), args, self.child(depends_on=after))

    def _make_provider(self) -> kubernetes.Provider:
        return kubernetes.Provider(
            self.part("kubernetes"),
            kubeconfig=self.kubeconfig,
            enable_server_side_apply=True,
            opts=self.child(depends_on=[self._access]),
        )


def _described(found: Any) -> dict[str, str]:
    """Server and CA of the component's kubeconfig, which is an object or its JSON."""
    document = json.loads(found) if isinstance(found, str) else found
    return dict(document["clusters"][0]["cluster"])
