"""Refusals that AWS makes and moto does not: each beside its twin, permitted once the obstacle is gone.

Boto3 over a socket. Codes are EC2's, RDS's, ElastiCache's, IAM's and KMS's; timing is not proven: everything
here happens at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.conftest import ACCOUNT, ISSUER, Clients
from tests.sandbox.aws.making import cluster, network, policy, role, statement


def refused(action: Callable[..., Any], **arguments: Any) -> str:
    """The code of the refusal."""
    with pytest.raises(ClientError) as error:
        action(**arguments)
    return str(error.value.response["Error"]["Code"])


def _internet(ec2: Any, vpc: str) -> str:
    gateway = str(ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"])
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    return gateway


def test_nat_gateway_needs_an_internet_gateway_first(aws: Clients) -> None:
    ec2, (vpc, subnets) = aws("ec2"), network(aws)
    wanted = {"SubnetId": subnets[0], "AllocationId": ec2.allocate_address(Domain="vpc")["AllocationId"]}
    assert refused(ec2.create_nat_gateway, **wanted) == "Gateway.NotAttached"
    _internet(ec2, vpc)
    assert ec2.create_nat_gateway(**wanted)["NatGateway"]["State"] == "available"


def test_what_a_nat_gateway_holds_stays_until_it_is_gone(aws: Clients) -> None:
    ec2, (vpc, subnets) = aws("ec2"), network(aws)
    gateway, address = _internet(ec2, vpc), ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    detach = {"InternetGatewayId": gateway, "VpcId": vpc}
    assert refused(ec2.release_address, AllocationId=address) == "InvalidIPAddress.InUse"
    assert refused(ec2.detach_internet_gateway, **detach) == "DependencyViolation"
    assert refused(ec2.delete_subnet, SubnetId=subnets[0]) == "DependencyViolation"
    ec2.delete_nat_gateway(NatGatewayId=nat)
    ec2.release_address(AllocationId=address)
    ec2.detach_internet_gateway(**detach)
    ec2.delete_subnet(SubnetId=subnets[0])
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []


def test_group_named_by_another_s_rule_stays_until_the_rule_is_gone(aws: Clients) -> None:
    ec2, (vpc, _) = aws("ec2"), network(aws)
    one, two = (
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in "ab"
    )
    rule = {"GroupId": two, "IpPermissions": [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": one}]}]}
    ec2.authorize_security_group_ingress(**rule)
    assert refused(ec2.delete_security_group, GroupId=one) == "DependencyViolation"
    ec2.revoke_security_group_ingress(**rule)
    ec2.delete_security_group(GroupId=one)


def test_endpoint_holds_its_subnet_and_its_group(aws: Clients) -> None:
    ec2, (vpc, subnets) = aws("ec2"), network(aws)
    group = ec2.create_security_group(GroupName="a", Description="a", VpcId=vpc)["GroupId"]
    wanted = {
        "VpcId": vpc,
        "ServiceName": "com.amazonaws.us-east-1.sts",
        "VpcEndpointType": "Interface",
        "SubnetIds": subnets[:1],
        "SecurityGroupIds": [group],
        "PrivateDnsEnabled": True,
    }
    endpoint = ec2.create_vpc_endpoint(**wanted)["VpcEndpoint"]["VpcEndpointId"]
    assert refused(ec2.create_vpc_endpoint, **wanted) == "InvalidParameter"
    assert refused(ec2.create_vpc_endpoint, **{**wanted, "ServiceName": "com.amazonaws.eu-west-1.sts"}) == (
        "InvalidServiceName"
    )
    assert refused(ec2.delete_subnet, SubnetId=subnets[0]) == "DependencyViolation"
    assert refused(ec2.delete_security_group, GroupId=group) == "DependencyViolation"
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    ec2.delete_security_group(GroupId=group)
    ec2.delete_subnet(SubnetId=subnets[0])


def test_cluster_holds_its_subnets(aws: Clients) -> None:
    ec2, subnets = aws("ec2"), cluster(aws)["resourcesVpcConfig"]["subnetIds"]
    assert refused(ec2.delete_subnet, SubnetId=subnets[0]) == "DependencyViolation"
    aws("eks").delete_cluster(name="ferry-test")
    ec2.delete_subnet(SubnetId=subnets[0])


def test_route_needs_its_target_and_a_subnet_follows_one_table(aws: Clients) -> None:
    ec2, (vpc, subnets) = aws("ec2"), network(aws)
    one, two = (ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in "ab")
    route = {"RouteTableId": one, "DestinationCidrBlock": "0.0.0.0/0"}
    assert refused(ec2.create_route, NatGatewayId="nat-0123", **route) == "NatGatewayNotFound"
    ec2.create_route(GatewayId=_internet(ec2, vpc), **route)
    link = ec2.associate_route_table(RouteTableId=one, SubnetId=subnets[0])["AssociationId"]
    other = {"RouteTableId": two, "SubnetId": subnets[0]}
    assert refused(ec2.associate_route_table, **other) == "Resource.AlreadyAssociated"
    ec2.disassociate_route_table(AssociationId=link)
    ec2.associate_route_table(**other)


def test_vpc_has_one_internet_gateway(aws: Clients) -> None:
    ec2, (vpc, _) = aws("ec2"), network(aws)
    _internet(ec2, vpc)
    with pytest.raises(ClientError, match="already has an internet gateway attached"):
        _internet(ec2, vpc)


def test_attached_policy_stays_until_it_is_detached(aws: Clients) -> None:
    iam = aws("iam")
    document = policy(statement("Allow", "s3:GetObject", "arn:aws:s3:::a/*"))
    arn = iam.create_policy(PolicyName="own", PolicyDocument=document)["Policy"]["Arn"]
    role(aws, "user")
    iam.attach_role_policy(RoleName="user", PolicyArn=arn)
    assert refused(iam.delete_policy, PolicyArn=arn) == "DeleteConflict"
    iam.detach_role_policy(RoleName="user", PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)


def test_oidc_provider_takes_and_drops_client_ids(aws: Clients) -> None:
    iam = aws("iam")
    made = iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=["a"], ThumbprintList=["b" * 40])
    arn = {"OpenIDConnectProviderArn": made["OpenIDConnectProviderArn"]}
    iam.add_client_id_to_open_id_connect_provider(ClientID="c", **arn)
    iam.remove_client_id_from_open_id_connect_provider(ClientID="a", **arn)
    assert iam.get_open_id_connect_provider(**arn)["ClientIDList"] == ["c"]


def _database(aws: Clients) -> dict[str, Any]:
    rds, (_, subnets) = aws("rds"), network(aws)
    one_zone = {"DBSubnetGroupName": "narrow", "DBSubnetGroupDescription": "d", "SubnetIds": subnets[:1]}
    assert refused(rds.create_db_subnet_group, **one_zone) == "DBSubnetGroupDoesNotCoverEnoughAZs"
    rds.create_db_subnet_group(**{**one_zone, "DBSubnetGroupName": "wide", "SubnetIds": subnets})
    made = rds.create_db_instance(
        DBInstanceIdentifier="mlflow",
        DBInstanceClass="db.t4g.medium",
        Engine="postgres",
        MasterUsername="owner",
        ManageMasterUserPassword=True,
        AllocatedStorage=20,
        DBSubnetGroupName="wide",
        DeletionProtection=True,
    )
    return dict(made["DBInstance"])


def test_database_s_password_is_a_real_secret_that_goes_with_it(aws: Clients) -> None:
    arn = _database(aws)["MasterUserSecret"]["SecretArn"]
    assert "password" in aws("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    rds = aws("rds")
    assert refused(rds.delete_db_instance, DBInstanceIdentifier="mlflow", SkipFinalSnapshot=True) == (
        "InvalidParameterCombination"
    )
    assert refused(rds.delete_db_subnet_group, DBSubnetGroupName="wide") == "InvalidDBSubnetGroupStateFault"
    rds.modify_db_instance(DBInstanceIdentifier="mlflow", DeletionProtection=False)
    rds.delete_db_instance(DBInstanceIdentifier="mlflow", SkipFinalSnapshot=True)
    rds.delete_db_subnet_group(DBSubnetGroupName="wide")
    assert aws("secretsmanager").list_secrets()["SecretList"] == []


def test_key_that_waits_for_deletion_does_nothing(aws: Clients) -> None:
    kms = aws("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    assert kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 180
    kms.encrypt(KeyId=key, Plaintext=b"x")
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert refused(kms.encrypt, KeyId=key, Plaintext=b"x") == "KMSInvalidStateException"


def test_log_group_takes_a_key_later(aws: Clients) -> None:
    logs, arn = aws("logs"), f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k"
    assert refused(logs.associate_kms_key, logGroupName="a", kmsKeyId=arn) == "ResourceNotFoundException"
    logs.create_log_group(logGroupName="a")
    logs.associate_kms_key(logGroupName="a", kmsKeyId=arn)
    assert logs.describe_log_groups()["logGroups"][0]["kmsKeyId"] == arn
