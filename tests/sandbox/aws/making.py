"""What several tests need in the emulated account first."""

from __future__ import annotations

import json
from typing import Any

from tests.sandbox.aws.conftest import ACCOUNT, ISSUER, Clients

ISSUER_HOST = ISSUER.removeprefix("https://")
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER_HOST}"


def statement(effect: str, action: Any, resource: Any = "*", **rest: Any) -> dict[str, Any]:
    """One statement of a policy."""
    return {"Effect": effect, "Action": action, "Resource": resource, **rest}


def policy(*statements: dict[str, Any]) -> str:
    """A policy document as text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(**principal: str) -> str:
    """A trust policy for one principal, e.g. ``Service="ec2.amazonaws.com"``."""
    return policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal})


def role(aws: Clients, name: str, service: str = "ec2.amazonaws.com") -> str:
    """The ARN of a new role that trusts a service."""
    made = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust(Service=service))
    return str(made["Role"]["Arn"])


def session(aws: Clients, name: str, *statements: dict[str, Any], **more: Any) -> Clients:
    """Clients of a role session with these permissions; further keywords are CreateRole's."""
    made = aws("iam").create_role(
        RoleName=name, AssumeRolePolicyDocument=trust(AWS=f"arn:aws:iam::{ACCOUNT}:root"), **more
    )
    arn = made["Role"]["Arn"]
    if statements:
        aws("iam").put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
    keys = aws("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]

    def client(service: str) -> Any:
        return aws(
            service,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    return client


def network(aws: Clients, zones: str = "ab") -> tuple[str, list[str]]:
    """A VPC and a subnet per zone."""
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"us-east-1{zone}")
        for index, zone in enumerate(zones)
    ]
    return vpc, [made["Subnet"]["SubnetId"] for made in subnets]


def cluster(aws: Clients, name: str = "ferry-test", **more: Any) -> dict[str, Any]:
    """A new EKS cluster in API mode, as EKS answered."""
    _, subnets = network(aws)
    arn = role(aws, f"{name}-cluster", "eks.amazonaws.com")
    wanted = {"accessConfig": {"authenticationMode": "API"}, **more}
    made = aws("eks").create_cluster(
        name=name, roleArn=arn, resourcesVpcConfig={"subnetIds": subnets}, version="1.35", **wanted
    )
    return dict(made["cluster"])
