"""What pulumi-eks registers for one Cluster and one ManagedNodeGroup, written down from its source.

Read at commit 7bf0c1b of pulumi/pulumi-eks (August 2026, release 4.4): ``nodejs/eks/cluster/cluster.ts``,
``servicerole.ts``, ``nodes/securitygroup.ts``, ``nodes/nodegroup.ts``, ``cluster/authenticationMode.ts``,
``addons/cni-addon.ts``. Each row: type, name, parent's name, inputs (those that tell it apart).
"""

from __future__ import annotations

from typing import Any

Row = tuple[str, str, str, dict[str, Any]]

_TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Action":["sts:AssumeRole","sts:TagSession"],"Effect":"Allow",'
    '"Principal":{"Service":["eks.amazonaws.com"]}}]}'
)
_TAGS = {"team": "ml"}


def _rule(name: str, **inputs: Any) -> Row:
    return ("aws:ec2/securityGroupRule:SecurityGroupRule", name, "c", inputs)


CLUSTER: list[Row] = [
    ("eks:index:Cluster", "c", "ferry-dev", {}),
    ("eks:index:ServiceRole", "c-eksRole", "c", {}),
    (
        "aws:iam/role:Role", "c-eksRole-role", "c-eksRole",
        {
            "assumeRolePolicy": _TRUST,
            "description": "Allows EKS to manage clusters on your behalf.",
            "tags": _TAGS,
        },
    ),
    (
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "c-eksRole-4b490823", "c-eksRole",
        {"policyArn": "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy", "role": "id-of-c-eksRole-role"},
    ),
    (
        "aws:ec2/securityGroup:SecurityGroup", "c-eksClusterSecurityGroup", "c",
        {
            "revokeRulesOnDelete": True,
            "tags": {"Name": "c-eksClusterSecurityGroup", **_TAGS},
            "vpcId": "id-of-vpc",
        },
    ),
    _rule(
        "c-eksClusterInternetEgressRule", type="egress", protocol="-1", fromPort=0, toPort=0,
        cidrBlocks=["0.0.0.0/0"], securityGroupId="id-of-c-eksClusterSecurityGroup",
    ),
    (
        "aws:eks/cluster:Cluster", "c-eksCluster", "c",
        {
            "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": True},
            "bootstrapSelfManagedAddons": True,
            "deletionProtection": True,
            "enabledClusterLogTypes": ["api", "audit"],
            "encryptionConfig": {"provider": {"keyArn": "arn-of-key"}, "resources": ["secrets"]},
            "name": "ferry-dev",
            "roleArn": "arn-of-c-eksRole-role",
            "tags": {"Name": "c-eksCluster", **_TAGS},
            "version": "1.35",
            "vpcConfig": {
                "endpointPrivateAccess": True,
                "endpointPublicAccess": True,
                "publicAccessCidrs": ["203.0.113.0/24"],
                "securityGroupIds": ["id-of-c-eksClusterSecurityGroup"],
                "subnetIds": ["id-of-s0", "id-of-s1"],
            },
        },
    ),
    ("pulumi:providers:kubernetes", "c-eks-k8s", "c", {}),
    (
        "aws:eks/accessEntry:AccessEntry", "c-admin", "c",
        {"clusterName": "ferry-dev", "principalArn": "arn-of-admin"},
    ),
    (
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation", "c-admin-all", "c-admin",
        {
            "accessScope": {"type": "cluster"},
            "clusterName": "ferry-dev",
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
            "principalArn": "arn-of-admin",
        },
    ),
    (
        "aws:ec2/securityGroup:SecurityGroup", "c-nodeSecurityGroup", "c",
        {
            "revokeRulesOnDelete": True,
            "tags": {
                "Name": "c-nodeSecurityGroup", "kubernetes.io/cluster/ferry-dev": "owned",
                "karpenter.sh/discovery": "ferry-dev", **_TAGS,
            },
            "vpcId": "id-of-vpc",
        },
    ),
    _rule(
        "c-eksNodeIngressRule", type="ingress", protocol="-1", fromPort=0, toPort=0, self=True,
        securityGroupId="id-of-c-nodeSecurityGroup",
    ),
    _rule(
        "c-eksNodeClusterIngressRule", type="ingress", protocol="tcp", fromPort=1025, toPort=65535,
        securityGroupId="id-of-c-nodeSecurityGroup",
        sourceSecurityGroupId="id-of-c-eksClusterSecurityGroup",
    ),
    _rule(
        "c-eksExtApiServerClusterIngressRule", type="ingress", protocol="tcp", fromPort=443, toPort=443,
        securityGroupId="id-of-c-nodeSecurityGroup",
        sourceSecurityGroupId="id-of-c-eksClusterSecurityGroup",
    ),
    _rule(
        "c-eksNodeInternetEgressRule", type="egress", protocol="-1", fromPort=0, toPort=0,
        cidrBlocks=["0.0.0.0/0"], securityGroupId="id-of-c-nodeSecurityGroup",
    ),
    _rule(
        "c-eksClusterIngressRule", type="ingress", protocol="tcp", fromPort=443, toPort=443,
        securityGroupId="id-of-c-eksClusterSecurityGroup",
        sourceSecurityGroupId="id-of-c-nodeSecurityGroup",
    ),
]  # fmt: skip

NODE_GROUP: list[Row] = [
    ("eks:index:ManagedNodeGroup", "system", "ferry-dev", {}),
    (
        "aws:ec2/launchTemplate:LaunchTemplate", "system-launchTemplate", "system",
        {
            "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"volumeSize": 30}}],
            "metadataOptions": {
                "httpEndpoint": "enabled", "httpPutResponseHopLimit": 2, "httpTokens": "required",
            },
        },
    ),
    (
        "aws:eks/nodeGroup:NodeGroup", "system", "system",
        {
            "amiType": "AL2023_x86_64_STANDARD",
            "clusterName": "ferry-dev",
            "instanceTypes": ["m6i.large"],
            "labels": {"role": "system"},
            "launchTemplate": {"id": "id-of-system-launchTemplate", "version": "1"},
            "nodeRoleArn": "arn-of-node",
            "scalingConfig": {"desiredSize": 2, "maxSize": 3, "minSize": 2},
            "subnetIds": ["id-of-s0", "id-of-s1"],
            "version": "1.35",
        },
    ),
]  # fmt: skip

ADDONS: list[Row] = [
    (
        "aws:eks/addon:Addon", "c-kube-proxy", "c",
        {
            "addonName": "kube-proxy", "addonVersion": "newest kube-proxy", "clusterName": "ferry-dev",
            "preserve": True, "resolveConflictsOnCreate": "OVERWRITE",
            "resolveConflictsOnUpdate": "OVERWRITE", "tags": _TAGS,
        },
    ),
    ("eks:index:VpcCniAddon", "c-vpc-cni", "c", {}),
    (
        "aws:eks/addon:Addon", "c-vpc-cni", "c-vpc-cni",
        {
            "addonName": "vpc-cni", "addonVersion": "newest vpc-cni", "clusterName": "ferry-dev",
            "configurationValues": (
                '{"env":{"AWS_VPC_ENI_MTU":"9001","AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG":"false",'
                '"AWS_VPC_K8S_CNI_EXTERNALSNAT":"false","AWS_VPC_K8S_CNI_LOGLEVEL":"DEBUG",'
                '"AWS_VPC_K8S_CNI_LOG_FILE":"/host/var/log/aws-routed-eni/ipamd.log",'
                '"AWS_VPC_K8S_CNI_VETHPREFIX":"eni",'
                '"AWS_VPC_K8S_PLUGIN_LOG_FILE":"/var/log/aws-routed-eni/plugin.log",'
                '"AWS_VPC_K8S_PLUGIN_LOG_LEVEL":"DEBUG","ENABLE_POD_ENI":"false",'
                '"ENABLE_PREFIX_DELEGATION":"true","WARM_ENI_TARGET":"1"},'
                '"init":{"env":{"DISABLE_TCP_EARLY_DEMUX":"false"}}}'
            ),
            "preserve": True, "resolveConflictsOnCreate": "OVERWRITE",
            "resolveConflictsOnUpdate": "OVERWRITE", "tags": _TAGS,
        },
    ),
    (
        "aws:eks/addon:Addon", "c-coredns", "c",
        {"addonName": "coredns", "addonVersion": "v1.12.0", "configurationValues": '{"replicaCount":2}'},
    ),
]  # fmt: skip
