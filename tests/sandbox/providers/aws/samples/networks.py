"""Samples of VPCs and what stands in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.sandbox.providers.aws.bench import REGION, Bench, Made
from tests.sandbox.providers.aws.makers import association_inputs, group, nat_inputs, role, route_inputs, vpc
from tests.sandbox.providers.aws.sample import Sample


def _rule_of(bench: Bench, made: Made) -> Any:
    answer = bench.boto("ec2").describe_security_group_rules(SecurityGroupRuleIds=[made.id])
    return answer["SecurityGroupRules"]


def _routes(bench: Bench, made: Made) -> Any:
    tables = bench.boto("ec2").describe_route_tables(RouteTableIds=[made["routeTableId"]])["RouteTables"]
    return [item for item in tables[0]["Routes"] if item.get("DestinationCidrBlock") == "0.0.0.0/0"]


def _associations(bench: Bench, made: Made) -> Any:
    tables = bench.boto("ec2").describe_route_tables(RouteTableIds=[made["routeTableId"]])["RouteTables"]
    return [item for item in tables[0]["Associations"] if item.get("SubnetId") == made["subnetId"]]


def _permissions(bench: Bench, made: Made) -> Any:
    groups = bench.boto("ec2").describe_security_groups(GroupIds=[made["securityGroupId"]])["SecurityGroups"]
    return groups[0]["IpPermissions"]


def _ec2(call: str, argument: str, answer: str) -> Callable[[Bench, Made], Any]:
    def found(bench: Bench, made: Made) -> Any:
        things = getattr(bench.boto("ec2"), call)(**{argument: [made.id]})[answer]
        gone = ("deleted", "deleting")
        return [thing for thing in things if str(thing.get("State", "")).lower() not in gone]

    return found


SAMPLES: dict[str, Sample] = {
    "aws:ec2/vpc:Vpc": Sample(
        lambda _: {"cidrBlock": "10.0.0.0/16", "tags": {"Name": "net"}},
        _ec2("describe_vpcs", "VpcIds", "Vpcs"),
        lambda _: {"enableDnsHostnames": True},
    ),
    "aws:ec2/subnet:Subnet": Sample(
        lambda b: {"vpcId": vpc(b).id, "cidrBlock": "10.0.1.0/24", "availabilityZone": f"{REGION}a"},
        _ec2("describe_subnets", "SubnetIds", "Subnets"),
        lambda _: {"mapPublicIpOnLaunch": True},
    ),
    "aws:ec2/internetGateway:InternetGateway": Sample(
        lambda b: {"vpcId": vpc(b).id},
        _ec2("describe_internet_gateways", "InternetGatewayIds", "InternetGateways"),
        lambda b: {"vpcId": vpc(b).id},
    ),
    "aws:ec2/eip:Eip": Sample(
        lambda _: {"domain": "vpc"},
        _ec2("describe_addresses", "AllocationIds", "Addresses"),
        lambda _: {"tags": {"Name": "out"}},
    ),
    "aws:ec2/natGateway:NatGateway": Sample(
        nat_inputs,
        _ec2("describe_nat_gateways", "NatGatewayIds", "NatGateways"),
        lambda _: {"tags": {"Name": "out"}},
    ),
    "aws:ec2/routeTable:RouteTable": Sample(
        lambda b: {"vpcId": vpc(b).id},
        _ec2("describe_route_tables", "RouteTableIds", "RouteTables"),
        lambda _: {"tags": {"Name": "private"}},
    ),
    "aws:ec2/route:Route": Sample(route_inputs, _routes, importable=False),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Sample(
        association_inputs, _associations, importable=False
    ),
    "aws:ec2/securityGroup:SecurityGroup": Sample(
        lambda b: {
            "vpcId": vpc(b).id,
            "ingress": [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["10.0.0.0/8"]}],
        },
        _ec2("describe_security_groups", "GroupIds", "SecurityGroups"),
        lambda _: {"ingress": [{"protocol": "tcp", "fromPort": 80, "toPort": 80, "self": True}]},
        unreadable=frozenset({"revokeRulesOnDelete"}),
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Sample(
        lambda b: {"vpcId": vpc(b).id},
        _ec2("describe_security_groups", "GroupIds", "SecurityGroups"),
        lambda _: {"tags": {"Name": "closed"}},
        stays="a VPC's default group cannot be deleted",
    ),
    "aws:ec2/securityGroupRule:SecurityGroupRule": Sample(
        lambda b: {
            "securityGroupId": group(b).id,
            "type": "ingress",
            "protocol": "tcp",
            "fromPort": 5432,
            "toPort": 5432,
            "cidrBlocks": ["10.0.0.0/16"],
        },
        _permissions,
        importable=False,
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Sample(
        lambda b: {
            "securityGroupId": group(b).id,
            "ipProtocol": "tcp",
            "fromPort": 443,
            "toPort": 443,
            "cidrIpv4": "10.0.0.0/16",
        },
        _rule_of,
        lambda _: {"tags": {"Name": "https"}},
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Sample(
        lambda b: {"securityGroupId": group(b).id, "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"},
        _rule_of,
        lambda _: {"tags": {"Name": "out"}},
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Sample(
        lambda b: {"vpcId": vpc(b).id, "serviceName": f"com.amazonaws.{REGION}.s3"},
        _ec2("describe_vpc_endpoints", "VpcEndpointIds", "VpcEndpoints"),
        lambda _: {"tags": {"Name": "s3"}},
    ),
    "aws:ec2/flowLog:FlowLog": Sample(
        lambda b: {
            "vpcId": vpc(b).id,
            "trafficType": "ALL",
            "logDestination": b.make("aws:cloudwatch/logGroup:LogGroup")["arn"],
            "iamRoleArn": role(b, "vpc-flow-logs.amazonaws.com")["arn"],
        },
        _ec2("describe_flow_logs", "FlowLogIds", "FlowLogs"),
        lambda _: {"tags": {"Name": "flow"}},
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": Sample(
        lambda _: {
            "imageId": "ami-12345678",
            "metadataOptions": {"httpTokens": "required"},
            "blockDeviceMappings": [
                {"deviceName": "/dev/xvda", "ebs": {"volumeSize": 50, "encrypted": "true"}}
            ],
        },
        _ec2("describe_launch_templates", "LaunchTemplateIds", "LaunchTemplates"),
        lambda _: {"instanceType": "m5.large"},
        unreadable=frozenset({"metadataOptions", "blockDeviceMappings"}),
    ),
}
