"""The shape of a network: VPC and subnets."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.handler import Change, Made, Scope, given
from sandbox.providers.aws.services.ec2 import Ec2Handler, first, tags_of
from sandbox.providers.base import Props


class Vpc(Ec2Handler):
    """``aws:ec2/vpc:Vpc``."""

    title = "EC2 VPC"
    kind = "vpc"
    cfn = "AWS::EC2::VPC"
    defaults = {"enableDnsSupport": True, "instanceTenancy": "default"}
    replace_on = frozenset({"cidrBlock", "ipv4IpamPoolId"})

    def create(self, aws: Scope, inputs: Props) -> Made:
        ec2 = aws.client("ec2")
        made = ec2.create_vpc(
            **given(CidrBlock=inputs.get("cidrBlock"), InstanceTenancy=inputs.get("instanceTenancy")),
            **self.tagged(inputs),
        )["Vpc"]
        id_ = made["VpcId"]
        if inputs.get("enableDnsHostnames"):
            ec2.modify_vpc_attribute(VpcId=id_, EnableDnsHostnames={"Value": True})
        if inputs.get("enableDnsSupport") is False:
            ec2.modify_vpc_attribute(VpcId=id_, EnableDnsSupport={"Value": False})
        return Made(id_, self._live(aws, made) | _dns(inputs))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        ec2 = aws.client("ec2")
        found = first(ec2.describe_vpcs(VpcIds=[id_])["Vpcs"])
        if found is None:
            return None
        flags = {
            "enableDnsHostnames": ec2.describe_vpc_attribute(VpcId=id_, Attribute="enableDnsHostnames")[
                "EnableDnsHostnames"
            ]["Value"],
            "enableDnsSupport": ec2.describe_vpc_attribute(VpcId=id_, Attribute="enableDnsSupport")[
                "EnableDnsSupport"
            ]["Value"],
        }
        return self._live(aws, found) | flags | {"tagsAll": tags_of(found)}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        ec2 = aws.client("ec2")
        if "enableDnsSupport" in change:
            ec2.modify_vpc_attribute(
                VpcId=id_, EnableDnsSupport={"Value": bool(change.new["enableDnsSupport"])}
            )
        if "enableDnsHostnames" in change:
            wanted = bool(change.new.get("enableDnsHostnames"))
            ec2.modify_vpc_attribute(VpcId=id_, EnableDnsHostnames={"Value": wanted})

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("ec2").delete_vpc(VpcId=id_)

    def _live(self, aws: Scope, vpc: dict[str, Any]) -> Props:
        id_ = vpc["VpcId"]
        by_vpc = [{"Name": "vpc-id", "Values": [id_]}]
        ec2 = aws.client("ec2")
        groups = ec2.describe_security_groups(
            Filters=[*by_vpc, {"Name": "group-name", "Values": ["default"]}]
        )
        tables = ec2.describe_route_tables(
            Filters=[*by_vpc, {"Name": "association.main", "Values": ["true"]}]
        )
        acls = ec2.describe_network_acls(Filters=[*by_vpc, {"Name": "default", "Values": ["true"]}])
        main = tables["RouteTables"][0]["RouteTableId"]
        return {
            "arn": aws.arn("ec2", f"vpc/{id_}"),
            "cidrBlock": vpc["CidrBlock"],
            "instanceTenancy": vpc.get("InstanceTenancy", "default"),
            "ownerId": vpc["OwnerId"],
            "dhcpOptionsId": vpc.get("DhcpOptionsId", ""),
            "defaultSecurityGroupId": groups["SecurityGroups"][0]["GroupId"],
            "defaultRouteTableId": main,
            "mainRouteTableId": main,
            "defaultNetworkAclId": acls["NetworkAcls"][0]["NetworkAclId"],
            "enableNetworkAddressUsageMetrics": False,
            "assignGeneratedIpv6CidrBlock": False,
        }


def _dns(inputs: Props) -> Props:
    return {
        "enableDnsHostnames": bool(inputs.get("enableDnsHostnames")),
        "enableDnsSupport": inputs.get("enableDnsSupport") is not False,
    }


class Subnet(Ec2Handler):
    """``aws:ec2/subnet:Subnet``."""

    title = "EC2 Subnet"
    kind = "subnet"
    cfn = "AWS::EC2::Subnet"
    replace_on = frozenset({"availabilityZone", "availabilityZoneId", "cidrBlock", "vpcId"})

    def create(self, aws: Scope, inputs: Props) -> Made:
        ec2 = aws.client("ec2")
        made = ec2.create_subnet(
            VpcId=inputs["vpcId"],
            **given(
                CidrBlock=inputs.get("cidrBlock"),
                AvailabilityZone=inputs.get("availabilityZone"),
                AvailabilityZoneId=inputs.get("availabilityZoneId"),
            ),
            **self.tagged(inputs),
        )["Subnet"]
        if inputs.get("mapPublicIpOnLaunch"):
            ec2.modify_subnet_attribute(SubnetId=made["SubnetId"], MapPublicIpOnLaunch={"Value": True})
            made["MapPublicIpOnLaunch"] = True
        return Made(made["SubnetId"], _subnet(made))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = first(aws.client("ec2").describe_subnets(SubnetIds=[id_])["Subnets"])
        return None if found is None else _subnet(found) | {"tagsAll": tags_of(found)}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        if "mapPublicIpOnLaunch" in change:
            wanted = bool(change.new.get("mapPublicIpOnLaunch"))
            aws.client("ec2").modify_subnet_attribute(SubnetId=id_, MapPublicIpOnLaunch={"Value": wanted})

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("ec2").delete_subnet(SubnetId=id_)


def _subnet(subnet: dict[str, Any]) -> Props:
    options = subnet.get("PrivateDnsNameOptionsOnLaunch", {})
    return {
        "arn": subnet["SubnetArn"],
        "availabilityZone": subnet["AvailabilityZone"],
        "availabilityZoneId": subnet["AvailabilityZoneId"],
        "cidrBlock": subnet["CidrBlock"],
        "mapPublicIpOnLaunch": subnet["MapPublicIpOnLaunch"],
        "ownerId": subnet["OwnerId"],
        "vpcId": subnet["VpcId"],
        "assignIpv6AddressOnCreation": subnet.get("AssignIpv6AddressOnCreation", False),
        "privateDnsHostnameTypeOnLaunch": options.get("HostnameType", "ip-name"),
        "enableDns64": False,
        "ipv6Native": subnet.get("Ipv6Native", False),
    }
