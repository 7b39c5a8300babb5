"""The EKS components through a real engine.

Proves that the children registered are those written down from the official component's source, with the same
types, names, parents and inputs; AWS behind it is a fake, so it proves nothing about EKS.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks
import pytest

from sandbox.engine import Engine, EngineError
from sandbox.providers.eks.arguments import ArgumentError
from sandbox.providers.eks.cluster import validate
from stacks.marking import EKS_CHILDREN, TAG, mark, marked
from tests.sandbox.providers.eks import children
from tests.sandbox.providers.eks.fakes import NamingSession
from tests.sandbox.providers.harness.attaching import attached, engine, launched

Run = Callable[[Callable[[], None]], Engine]


@pytest.fixture(scope="module")
def providers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """A fake AWS, and the component provider in a process of its own."""
    log = tmp_path_factory.mktemp("providers") / "eks.log"
    with attached(NamingSession) as fake, launched("sandbox.providers.eks", os.environ, log) as components:
        yield {"aws": fake, "kubernetes": fake, "eks": components}


@pytest.fixture
def stack(providers: dict[str, int], tmp_path: Path) -> Run:
    """Makes an engine for a program."""
    return lambda program: engine(tmp_path / "stack", providers, program)


def _network() -> tuple[Any, list[Any], pulumi.ResourceOptions]:
    provider = aws.Provider("here", region="us-east-1")
    opts = pulumi.ResourceOptions(provider=provider)
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", opts=opts)
    subnets = [
        aws.ec2.Subnet(f"s{index}", vpc_id=vpc.id, cidr_block=f"10.0.{index}.0/24", opts=opts)
        for index in (0, 1)
    ]
    return vpc, subnets, pulumi.ResourceOptions(providers=[provider])


def _cluster(
    own: pulumi.ResourceOptions | None = None, **more: Any
) -> tuple[eks.Cluster, pulumi.ResourceOptions]:
    vpc, subnets, opts = _network()
    arguments: dict[str, Any] = {
        "authentication_mode": eks.AuthenticationMode.API,
        "skip_default_node_group": True,
        "use_default_vpc_cni": True,
        "kube_proxy_addon_options": {"enabled": False},
        "coredns_addon_options": {"enabled": False},
        "name": "ferry-dev",
        "private_subnet_ids": [subnet.id for subnet in subnets],
        "tags": {"team": "ml"},
        "version": "1.35",
        "vpc_id": vpc.id,
    }
    return eks.Cluster("c", **(arguments | more), opts=pulumi.ResourceOptions.merge(opts, own)), opts


def _full() -> None:
    key, admin = aws.kms.Key("key"), aws.iam.Role("admin", assume_role_policy="{}")
    policy = eks.AccessPolicyAssociationArgs(
        policy_arn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
        access_scope=aws.eks.AccessPolicyAssociationAccessScopeArgs(type="cluster"),
    )
    cluster, opts = _cluster(
        access_entries={
            "admin": eks.AccessEntryArgs(principal_arn=admin.arn, access_policies={"all": policy})
        },
        deletion_protection=True,
        enabled_cluster_log_types=["api", "audit"],
        encryption_config_key_arn=key.arn,
        endpoint_private_access=True,
        endpoint_public_access=True,
        node_security_group_tags={"karpenter.sh/discovery": "ferry-dev"},
        public_access_cidrs=["203.0.113.0/24"],
    )
    node = aws.iam.Role("node", assume_role_policy="{}")
    eks.ManagedNodeGroup(
        "system",
        ami_type="AL2023_x86_64_STANDARD", cluster=cluster, disk_size=30, enable_imd_sv2=True,
        instance_types=["m6i.large"], labels={"role": "system"}, node_role=node,
        scaling_config={"min_size": 2, "max_size": 3, "desired_size": 2}, opts=opts,
    )  # fmt: skip
    for name in ("kubeconfig_json", "oidc_issuer", "oidc_provider_url", "cluster_security_group_id"):
        pulumi.export(name, getattr(cluster, name))
    pulumi.export("node_group_id", cluster.node_security_group_id)
    pulumi.export("arn", cluster.eks_cluster.arn)
    pulumi.export("vpc", cluster.core.vpc_id)


def _rows(stack: Engine) -> dict[tuple[str, str], tuple[str, dict[str, Any]]]:
    return {
        (resource["type"], resource["urn"].rsplit("::", 1)[-1]): (
            resource.get("parent", "").rsplit("::", 1)[-1],
            resource.get("inputs") or {},
        )
        for resource in stack.resources()
    }


def _assert_made(stack: Engine, expected: list[children.Row]) -> None:
    made = _rows(stack)
    for type_, name, parent, inputs in expected:
        assert (type_, name) in made, f"{type_} {name} was not made"
        actual_parent, actual = made[(type_, name)]
        assert actual_parent == parent, name
        assert {key: actual.get(key) for key in inputs} == inputs, name


def test_children_are_those_of_the_official_component(stack: Run) -> None:
    """Nothing more, nothing less, the same references and outputs (A1, A2)."""
    made = stack(_full)
    assert made.preview().changed == made.up().changed
    expected = [*children.CLUSTER, *children.NODE_GROUP]
    _assert_made(made, expected)
    own = {"vpc", "s0", "s1", "key", "admin", "node", "here", "ferry-dev"}
    rows = {
        (type_, name) for type_, name in _rows(made) if name not in own and not name.startswith("default")
    }
    assert rows == {(type_, name) for type_, name, _, _ in expected}
    assert made.preview().changed == 0
    _assert_outputs(made.outputs())


def test_children_of_the_component_bear_the_mark_of_their_own_urn(stack: Run) -> None:
    """E1: what an interrupted `up` lost of them is found again; the engine names them, whoever makes them."""

    def program() -> None:
        pulumi.runtime.register_stack_transformation(marked)
        _cluster()

    made = stack(program)
    made.up()
    tags = {item["urn"]: (item.get("inputs") or {}).get("tags") or {} for item in made.resources()}
    wanted = {urn for urn in tags if urn.rpartition("$")[2].partition("::")[0] in EKS_CHILDREN}
    assert len(wanted) == 3
    assert {urn: tags[urn].get(TAG) for urn in wanted} == {urn: mark(urn) for urn in wanted}
    assert all(tags[urn]["team"] == "ml" for urn in wanted), "what else they bear stays"
    assert made.preview().changed == 0


def _assert_outputs(outputs: dict[str, Any]) -> None:
    kubeconfig = json.loads(outputs["kubeconfig_json"])
    assert kubeconfig["clusters"][0]["cluster"] == {
        "server": "https://127.0.0.1:1", "certificate-authority-data": "Y2E=",
    }  # fmt: skip
    [user] = kubeconfig["users"]
    assert user["user"]["exec"]["args"] == [
        "--region", "us-east-1", "eks", "get-token", "--cluster-name", "ferry-dev", "--output", "json",
    ]  # fmt: skip
    assert outputs["oidc_provider_url"] == "https://oidc.eks.us-east-1.amazonaws.com/id/0A"
    assert outputs["oidc_issuer"] == "oidc.eks.us-east-1.amazonaws.com/id/0A"
    assert outputs["cluster_security_group_id"] == "id-of-c-eksClusterSecurityGroup"
    assert outputs["node_group_id"] == "id-of-c-nodeSecurityGroup"
    assert outputs["arn"] == "arn:aws:eks:us-east-1:123456789012:cluster/ferry-dev"
    assert outputs["vpc"] == "id-of-vpc"


def test_addons_are_made_unless_they_are_refused(stack: Run) -> None:
    def program() -> None:
        _cluster(
            use_default_vpc_cni=False,
            vpc_cni_options={"enable_prefix_delegation": True},
            kube_proxy_addon_options=None,
            coredns_addon_options={
                "enabled": True,
                "version": "v1.12.0",
                "configuration_values": {"replicaCount": 2},
            },
        )

    made = stack(program)
    made.up()
    _assert_made(made, children.ADDONS)


def test_a_programs_own_role_groups_and_transforms_are_honoured(stack: Run) -> None:
    def not_the_creator(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if args.type_ != "aws:eks/cluster:Cluster":
            return None
        config = {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False}
        return pulumi.ResourceTransformResult({**args.props, "accessConfig": config}, args.opts)

    def program() -> None:
        role = aws.iam.Role("own", assume_role_policy="{}")
        opts = pulumi.ResourceOptions(transforms=[not_the_creator])
        cluster, _ = _cluster(opts, skip_default_security_groups=True, service_role=role)
        pulumi.export("group", cluster.cluster_security_group_id)
        pulumi.export("nodes", cluster.node_security_group_id)

    made = stack(program)
    made.up()
    assert made.outputs() == {"group": "sg-of-eks", "nodes": "sg-of-eks"}
    rows = _rows(made)
    assert not any(type_ == "aws:ec2/securityGroup:SecurityGroup" for type_, _ in rows)
    assert not any(type_ == "eks:index:ServiceRole" for type_, _ in rows)
    _, inputs = rows[("aws:eks/cluster:Cluster", "c-eksCluster")]
    assert inputs["roleArn"] == "arn-of-own"
    assert inputs["accessConfig"]["bootstrapClusterCreatorAdminPermissions"] is False


def test_a_first_preview_leaves_unknown_what_only_an_up_knows(stack: Run) -> None:
    known: list[str] = []

    def program() -> None:
        cluster, _ = _cluster()
        cluster.kubeconfig_json.apply(known.append)
        cluster.eks_cluster.arn.apply(known.append)

    stack(program).preview()
    assert known == []


GIVEN = {"authenticationMode": "API", "skipDefaultNodeGroup": True, "vpcId": "vpc"}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"fargate": True}, "does not emulate the argument fargate: use a managed node group"),
        ({"autoMode": {"enabled": True}}, "Karpenter"),
        ({"skipDefaultNodeGroup": False}, "default node group"),
        ({"createInstanceRole": True}, "default node group"),
        ({"authenticationMode": "CONFIG_MAP"}, "aws-auth ConfigMap"),
        ({"instanceRoles": ["r"]}, "does not support non-empty values"),
        ({"createOidcProvider": True}, "a resource of your own"),
        ({"storageClasses": "gp3"}, "StorageClass a resource of your own"),
        ({"corednsAddonOptions": {"typo": 1}}, "typo"),
        ({"vpcId": None}, "Give vpc_id"),
        ({"subnetIds": ["s"], "privateSubnetIds": ["s"]}, "mutually exclusive"),
    ],
)
def test_what_is_not_emulated_is_refused_by_name(more: dict[str, Any], words: str) -> None:
    given = {key: value for key, value in (GIVEN | more).items() if value is not None}
    with pytest.raises(ArgumentError, match=words):
        validate(given)


def test_a_refused_argument_fails_the_preview(stack: Run) -> None:
    cidrs: dict[str, Any] = {"public_access_cidrs": ["203.0.113.0/24"], "endpoint_public_access": False}
    with pytest.raises(EngineError, match="`endpointPublicAccess` is true"):
        stack(lambda: (_cluster(**cidrs), None)[1]).preview()


def test_a_component_of_another_type_is_an_error(stack: Run) -> None:
    def program() -> None:
        cluster, opts = _cluster()
        eks.NodeGroupV2("own", cluster=cluster, opts=opts)

    with pytest.raises(EngineError, match="eks:index:NodeGroupV2 is not emulated"):
        stack(program).preview()
