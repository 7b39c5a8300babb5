"""A small foundation as the engine would export it: every ordering of the rules occurs once, and is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

PREFIX = "urn:pulumi:dev::ferry::"
ACCOUNT = "123456789012"
ISSUER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.example/id/A"


def urn(type_: str, name: str) -> str:
    return f"{PREFIX}{type_}::{name}"


def resource(
    type_: str, name: str, inputs: Any = None, after: Sequence[str] = (), **more: Any
) -> dict[str, Any]:
    """A custom resource that waits for `after` (URNs)."""
    item = {"urn": urn(type_, name), "type": type_, "custom": True, "inputs": inputs or {}, "outputs": {}}
    return {**item, "dependencies": list(after), **more}


def kubernetes(
    version: str, kind: str, name: str, namespace: str = "", after: Sequence[str] = (), **rest: Any
) -> dict[str, Any]:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **rest.pop("metadata", {})}
    inputs = {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}
    return resource(f"kubernetes:{version}:{kind}", name, inputs, after)


def role(name: str, trust: str = "", after: Sequence[str] = ()) -> dict[str, Any]:
    outputs = {"arn": f"arn:aws:iam::{ACCOUNT}:role/{name}", "name": name}
    return resource(ROLE, name, {"assumeRolePolicy": trust}, after, outputs=outputs, id=name)


ROLE = "aws:iam/role:Role"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
NODES = urn("aws:eks/nodeGroup:NodeGroup", "system")
CRDS = urn("kubernetes:helm.sh/v3:Release", "karpenter-crd")
KARPENTER = urn("kubernetes:helm.sh/v3:Release", "karpenter")
SPACE = urn("kubernetes:v1:Namespace", "kubeflow")


def stack() -> list[dict[str, Any]]:
    """The resources, each waiting for what it needs."""
    return [*_network(), *_identity(), *_cluster(), *_charts(), *_objects(), *_storage()]


def _network() -> list[dict[str, Any]]:
    vpc, subnet = urn("aws:ec2/vpc:Vpc", "vpc"), urn("aws:ec2/subnet:Subnet", "private")
    table = urn("aws:ec2/routeTable:RouteTable", "private")
    gateway = urn("aws:ec2/internetGateway:InternetGateway", "igw")
    nat = urn("aws:ec2/natGateway:NatGateway", "nat")
    to_nat = {"routeTableId": "rtb-0000000a", "natGatewayId": "nat-0000000a"}
    joined = {"routeTableId": "rtb-0000000a", "subnetId": "subnet-0000000a"}
    return [
        resource("aws:ec2/vpc:Vpc", "vpc", id="vpc-0000000a"),
        resource("aws:ec2/subnet:Subnet", "private", {"vpcId": "vpc-0000000a"}, [vpc], id="subnet-0000000a"),
        resource("aws:ec2/internetGateway:InternetGateway", "igw", {"vpcId": "vpc-0000000a"}, [vpc]),
        resource("aws:ec2/natGateway:NatGateway", "nat", {}, [gateway], id="nat-0000000a"),
        resource(
            "aws:ec2/routeTable:RouteTable", "private", {"vpcId": "vpc-0000000a"}, [vpc], id="rtb-0000000a"
        ),
        resource("aws:ec2/route:Route", "out", to_nat, [table, nat]),
        resource("aws:ec2/routeTableAssociation:RouteTableAssociation", "private", joined, [table, subnet]),
    ]


def _identity() -> list[dict[str, Any]]:
    issuer = resource(
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider", "issuer", outputs={"arn": ISSUER}
    )
    found = [issuer]
    for name, trust in (("cluster", ""), ("node", ""), ("karpenter", ISSUER), ("runner", ISSUER)):
        found.append(role(name, trust, [issuer["urn"]] if trust else []))
        found.append(resource(ATTACHMENT, name, {"role": name}, [urn(ROLE, name)]))
    return found


def _cluster() -> list[dict[str, Any]]:
    cluster = urn("aws:eks/cluster:Cluster", "cluster")
    rights = [urn(ATTACHMENT, "node"), urn(ROLE, "node")]
    ways = [
        urn("aws:ec2/route:Route", "out"),
        urn("aws:ec2/routeTableAssociation:RouteTableAssociation", "private"),
    ]
    arn = f"arn:aws:iam::{ACCOUNT}:role/"
    nodes = {"nodeRoleArn": f"{arn}node", "subnetIds": ["subnet-0000000a"]}
    return [
        resource(
            "aws:eks/cluster:Cluster", "cluster", {"roleArn": f"{arn}cluster"}, [urn(ATTACHMENT, "cluster")]
        ),
        resource("aws:eks/nodeGroup:NodeGroup", "system", nodes, [cluster, *rights, *ways]),
        resource("aws:eks/addon:Addon", "coredns", {"addonName": "coredns"}, [NODES]),
        resource(
            "aws:eks/accessEntry:AccessEntry", "node", {"principalArn": f"{arn}node"}, [cluster, rights[1]]
        ),
    ]


def _charts() -> list[dict[str, Any]]:
    works = [urn(ATTACHMENT, "karpenter")]
    annotations = {"eks.amazonaws.com/role-arn": f"arn:aws:iam::{ACCOUNT}:role/karpenter"}
    values = {"serviceAccount": {"annotations": annotations}}
    chart = "oci://registry.example/karpenter"
    release = "kubernetes:helm.sh/v3:Release"
    crds = {"chart": f"{chart}/karpenter-crd@sha256:0", "namespace": "kube-system"}
    karpenter = {"chart": f"{chart}/karpenter", "namespace": "kube-system", "values": values}
    return [
        resource(release, "karpenter-crd", crds, [NODES]),
        resource(release, "karpenter", karpenter, [CRDS, NODES, *works]),
    ]


def _objects() -> list[dict[str, Any]]:
    reference = {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "default"}
    node_class = urn("kubernetes:karpenter.k8s.aws/v1:EC2NodeClass", "default")
    account, secret = urn("kubernetes:v1:ServiceAccount", "runner"), urn("kubernetes:v1:Secret", "db")
    annotations = {"eks.amazonaws.com/role-arn": f"arn:aws:iam::{ACCOUNT}:role/runner"}
    from_secret = {"name": "P", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}
    pod = {"serviceAccountName": "runner", "containers": [{"name": "c", "image": "i", "env": [from_secret]}]}
    entry = urn("aws:eks/accessEntry:AccessEntry", "node")
    return [
        kubernetes("v1", "Namespace", "kubeflow"),
        kubernetes(
            "karpenter.k8s.aws/v1", "EC2NodeClass", "default", after=[CRDS, KARPENTER], spec={"role": "node"}
        ),
        kubernetes(
            "karpenter.sh/v1", "NodePool", "gpu", after=[node_class, entry],
            spec={"template": {"spec": {"nodeClassRef": reference}}},
        ),
        kubernetes(
            "v1", "ServiceAccount", "runner", "kubeflow", [SPACE, urn(ROLE, "runner")],
            metadata={"annotations": annotations},
        ),
        kubernetes("v1", "Secret", "db", "kubeflow", [SPACE], data={"password": ""}),
        kubernetes(
            "apps/v1", "Deployment", "api", "kubeflow", [account, secret, NODES, urn(ATTACHMENT, "runner")],
            spec={"template": {"spec": pod}},
        ),
    ]  # fmt: skip


def _storage() -> list[dict[str, Any]]:
    versioning = "aws:s3/bucketVersioning:BucketVersioning"
    rule = {"destination": {"bucket": "arn:aws:s3:::there"}}
    after = [urn(versioning, "here"), urn(versioning, "there")]
    inputs = {"bucket": "here", "rules": [rule]}
    return [
        *(resource(versioning, name, {"bucket": name}) for name in ("here", "there")),
        resource("aws:s3/bucketReplicationConfig:BucketReplicationConfig", "copy", inputs, after),
    ]
