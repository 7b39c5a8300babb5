"""Failures that AWS makes of a program's mistakes: each is met, in AWS's code and words.

Proves that the emulated account refuses; the words were compared with AWS's documented error messages, not
with an account.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from sandbox.providers.base import ProviderError
from tests.sandbox.providers.aws.bench import Bench, allow, trust
from tests.sandbox.providers.aws.makers import (
    bucket,
    instance_inputs,
    nat_inputs,
    node_group_inputs,
    role,
    rule,
    subnets,
    versioned,
    vpc,
)

SUBNET, GROUP = "aws:ec2/subnet:Subnet", "aws:ec2/securityGroup:SecurityGroup"
INSTANCE = "aws:rds/instance:Instance"


def subnet_overlap(bench: Bench) -> None:
    net, _ = subnets(bench, 1)
    bench.make(SUBNET, vpcId=net.id, cidrBlock="10.0.0.0/25")


def subnet_outside(bench: Bench) -> None:
    bench.make(SUBNET, vpcId=vpc(bench).id, cidrBlock="10.9.0.0/24")


def bucket_taken(bench: Bench) -> None:
    bench.make("aws:s3/bucket:Bucket", bucket=bucket(bench).id)


def bucket_taken_elsewhere(bench: Bench) -> None:
    bench.make("aws:s3/bucket:Bucket", bucket=bucket(bench, region="us-west-2").id, region="us-west-2")


def bucket_full(bench: Bench) -> None:
    made = versioned(bench)
    bench.boto("s3").put_object(Bucket=made.id, Key="a", Body=b"x")
    made.inputs["forceDestroy"] = False
    bench.delete(made)


def vpc_with_subnet(bench: Bench) -> None:
    bench.delete(subnets(bench, 1)[0])


def subnet_with_gateway(bench: Bench) -> None:
    inputs = nat_inputs(bench)
    subnet = bench.make(SUBNET, vpcId=vpc_of(bench, inputs["subnetId"]), cidrBlock="10.0.9.0/24")
    bench.make("aws:ec2/natGateway:NatGateway", {**inputs, "subnetId": subnet.id})
    bench.delete(subnet)


def vpc_of(bench: Bench, subnet: str) -> str:
    return str(bench.boto("ec2").describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"])


def address_in_use(bench: Bench) -> None:
    address = bench.make("aws:ec2/eip:Eip")
    inputs = {**nat_inputs(bench), "allocationId": address.id}
    bench.make("aws:ec2/natGateway:NatGateway", inputs)
    bench.delete(address)


def second_internet_gateway(bench: Bench) -> None:
    net = vpc(bench)
    for _ in range(2):
        bench.make("aws:ec2/internetGateway:InternetGateway", vpcId=net.id)


def group_named_by_another(bench: Bench) -> None:
    net = vpc(bench)
    named, other = (bench.make(GROUP, vpcId=net.id) for _ in range(2))
    bench.make(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        securityGroupId=other.id,
        ipProtocol="-1",
        referencedSecurityGroupId=named.id,
    )
    bench.delete(named)


def same_rule_twice(bench: Bench) -> None:
    group = bench.make(GROUP, vpcId=vpc(bench).id)
    for _ in range(2):
        bench.make(
            "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
            securityGroupId=group.id,
            ipProtocol="tcp",
            fromPort=1,
            toPort=1,
            cidrIpv4="10.0.0.0/8",
        )


def subnet_routed_twice(bench: Bench) -> None:
    net, ids = subnets(bench, 1)
    for _ in range(2):
        table = bench.make("aws:ec2/routeTable:RouteTable", vpcId=net.id)
        bench.make(
            "aws:ec2/routeTableAssociation:RouteTableAssociation", routeTableId=table.id, subnetId=ids[0]
        )


def role_with_policy(bench: Bench) -> None:
    made = role(bench)
    bench.make("aws:iam/rolePolicy:RolePolicy", role=made.id, policy=allow("s3:GetObject"))
    bench.delete(made)


def policy_attached(bench: Bench) -> None:
    policy = bench.make("aws:iam/policy:Policy", policy=allow("s3:GetObject"))
    bench.make("aws:iam/rolePolicyAttachment:RolePolicyAttachment", role=role(bench).id, policyArn=policy.id)
    bench.delete(policy)


def role_taken(bench: Bench) -> None:
    for _ in range(2):
        bench.make("aws:iam/role:Role", {"name": "runner", "assumeRolePolicy": trust("ec2.amazonaws.com")})


def cluster_without_trust(bench: Bench) -> None:
    _, ids = subnets(bench)
    inputs = {"roleArn": role(bench, "ec2.amazonaws.com")["arn"], "vpcConfig": {"subnetIds": ids}}
    bench.make("aws:eks/cluster:Cluster", inputs)


def cluster_in_one_zone(bench: Bench) -> None:
    _, ids = subnets(bench, 1)
    inputs = {"roleArn": role(bench, "eks.amazonaws.com")["arn"], "vpcConfig": {"subnetIds": ids}}
    bench.make("aws:eks/cluster:Cluster", inputs)


def cluster_protected(bench: Bench) -> None:
    _, ids = subnets(bench)
    inputs = {"roleArn": role(bench, "eks.amazonaws.com")["arn"], "vpcConfig": {"subnetIds": ids}}
    bench.delete(bench.make("aws:eks/cluster:Cluster", inputs, deletionProtection=True))


def database_protected(bench: Bench) -> None:
    bench.delete(bench.make(INSTANCE, {**instance_inputs(bench), "deletionProtection": True}))


def database_without_last_snapshot(bench: Bench) -> None:
    bench.delete(bench.make(INSTANCE, {**instance_inputs(bench), "skipFinalSnapshot": False}))


def subnet_group_in_use(bench: Bench) -> None:
    _, ids = subnets(bench)
    group = bench.make("aws:rds/subnetGroup:SubnetGroup", subnetIds=ids)
    bench.make(INSTANCE, {**instance_inputs(bench), "dbSubnetGroupName": group.id})
    bench.delete(group)


def rule_with_target(bench: Bench) -> None:
    made = rule(bench)
    queue = bench.make("aws:sqs/queue:Queue")
    bench.make("aws:cloudwatch/eventTarget:EventTarget", rule=made.id, arn=queue["arn"])
    bench.delete(made)


def secret_still_scheduled(bench: Bench) -> None:
    for _ in range(2):
        bench.delete(bench.make("aws:secretsmanager/secret:Secret", {"name": "db"}))


CASES: dict[Callable[[Bench], None], str] = {
    subnet_overlap: r"creating EC2 Subnet .* InvalidSubnet\.Conflict: The CIDR '10\.0\.0\.0/25' conflicts",
    subnet_outside: r"creating EC2 Subnet .* InvalidSubnet\.Range: The CIDR '10\.9\.0\.0/24' is invalid",
    bucket_taken: r"creating S3 Bucket .*BucketAlreadyExists",
    bucket_taken_elsewhere: r"creating S3 Bucket .*BucketAlready(Exists|OwnedByYou)",
    bucket_full: r"deleting S3 Bucket .* BucketNotEmpty",
    vpc_with_subnet: r"deleting EC2 VPC .* DependencyViolation: The vpc .* has dependencies",
    subnet_with_gateway: r"deleting EC2 Subnet .* DependencyViolation: The subnet .* has dependencies",
    address_in_use: r"deleting EC2 EIP .* InvalidIPAddress\.InUse",
    second_internet_gateway: r"already has an internet gateway attached",
    group_named_by_another: r"deleting Security Group .* DependencyViolation: resource sg-\w+ has a",
    same_rule_twice: r"InvalidPermission\.Duplicate",
    subnet_routed_twice: r"Resource\.AlreadyAssociated",
    role_with_policy: r"deleting IAM Role .* DeleteConflict",
    policy_attached: r"deleting IAM Policy .* DeleteConflict: Cannot delete a policy attached to entities",
    role_taken: r"creating IAM Role \(runner\).* EntityAlreadyExists",
    cluster_without_trust: r"creating EKS Cluster .* could not be assumed",
    cluster_in_one_zone: r"creating EKS Cluster .* at least two different AZs",
    cluster_protected: r"deleting EKS Cluster .* deletion protection is on",
    database_protected: r"deleting RDS DB Instance .*InvalidParameterCombination: Cannot delete protected",
    database_without_last_snapshot: r"final_snapshot_identifier is required",
    subnet_group_in_use: r"InvalidDBSubnetGroupStateFault: Cannot delete the subnet group",
    rule_with_target: r"deleting EventBridge Rule .* can't be deleted since it has targets",
    secret_still_scheduled: r"creating Secrets Manager Secret \(db\).*scheduled for deletion",
}


@pytest.mark.parametrize("mistake", CASES, ids=lambda case: str(case.__name__))
def test_aws_refuses(bench: Bench, mistake: Callable[[Bench], None]) -> None:
    with pytest.raises(ProviderError, match=CASES[mistake]):
        mistake(bench)


def test_force_destroy_empties_every_version_and_delete_marker(bench: Bench) -> None:
    made = versioned(bench)
    s3 = bench.boto("s3")
    for body in (b"1", b"2"):
        s3.put_object(Bucket=made.id, Key="a", Body=body)
    s3.delete_object(Bucket=made.id, Key="a")
    bench.delete(made)
    assert made.id not in [item["Name"] for item in s3.list_buckets()["Buckets"]]


def test_deletion_goes_through_once_protection_is_off(bench: Bench) -> None:
    inputs = {**instance_inputs(bench), "deletionProtection": True}
    made = bench.make(INSTANCE, inputs)
    updated = bench.update(made, {**inputs, "deletionProtection": False})
    bench.delete(updated)
    assert bench.boto("rds").describe_db_instances()["DBInstances"] == []


def test_cluster_waits_for_its_node_groups(bench: Bench) -> None:
    group = bench.make("aws:eks/nodeGroup:NodeGroup", node_group_inputs(bench))
    with pytest.raises(Exception, match="ResourceInUseException"):
        bench.boto("eks").delete_cluster(name=group["clusterName"])


def test_document_is_compared_by_meaning_not_by_text(bench: Bench) -> None:
    made = bench.make("aws:sqs/queue:Queue", policy=json.dumps(json.loads(allow("sqs:*")), indent=4))
    state = bench.read(made)
    assert state is not None
    assert state.inputs == made.inputs
