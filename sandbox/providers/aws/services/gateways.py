"""Ways out of a VPC: internet gateways, elastic addresses, NAT gateways."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.handler import Change, Made, Scope, given
from sandbox.providers.aws.services.ec2 import Ec2Handler, first, tags_of
from sandbox.providers.base import Props


class InternetGateway(Ec2Handler):
    """``aws:ec2/internetGateway:InternetGateway``; ``vpcId`` attaches it and may change in place."""

    title = "EC2 Internet Gateway"
    kind = "internet-gateway"
    cfn = "AWS::EC2::InternetGateway"

    def create(self, aws: Scope, inputs: Props) -> Made:
        ec2 = aws.client("ec2")
        made = ec2.create_internet_gateway(**self.tagged(inputs))["InternetGateway"]
        id_ = made["InternetGatewayId"]
        if inputs.get("vpcId"):
            ec2.attach_internet_gateway(InternetGatewayId=id_, VpcId=inputs["vpcId"])
        return Made(id_, _internet_gateway(aws, made) | {"vpcId": inputs.get("vpcId") or ""})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = first(
            aws.client("ec2").describe_internet_gateways(InternetGatewayIds=[id_])["InternetGateways"]
        )
        return None if found is None else _internet_gateway(aws, found) | {"tagsAll": tags_of(found)}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        ec2 = aws.client("ec2")
        if change.old.get("vpcId"):
            ec2.detach_internet_gateway(InternetGatewayId=id_, VpcId=change.old["vpcId"])
        if change.new.get("vpcId"):
            ec2.attach_internet_gateway(InternetGatewayId=id_, VpcId=change.new["vpcId"])

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        ec2 = aws.client("ec2")
        if state.get("vpcId"):
            ec2.detach_internet_gateway(InternetGatewayId=id_, VpcId=state["vpcId"])
        ec2.delete_internet_gateway(InternetGatewayId=id_)


def _internet_gateway(aws: Scope, gateway: dict[str, Any]) -> Props:
    attached = gateway.get("Attachments") or [{}]
    return {
        "arn": aws.arn("ec2", f"internet-gateway/{gateway['InternetGatewayId']}"),
        "ownerId": aws.account,
        "vpcId": attached[0].get("VpcId", ""),
    }


class Eip(Ec2Handler):
    """``aws:ec2/eip:Eip``, always in a VPC."""

    title = "EC2 EIP"
    kind = "elastic-ip"
    cfn = "AWS::EC2::EIP"
    names = {"instance": "InstanceId"}
    defaults = {"domain": "vpc"}
    replace_on = frozenset({"domain", "publicIpv4Pool", "networkBorderGroup"})
    in_place = frozenset({"instance"})

    def create(self, aws: Scope, inputs: Props) -> Made:
        made = aws.client("ec2").allocate_address(
            Domain="vpc", **given(Address=inputs.get("address")), **self.tagged(inputs)
        )
        return Made(made["AllocationId"], _address(aws, made))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = first(aws.client("ec2").describe_addresses(AllocationIds=[id_])["Addresses"])
        return None if found is None else _address(aws, found) | {"tagsAll": tags_of(found)}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        ec2 = aws.client("ec2")
        if change.outputs.get("associationId"):
            ec2.disassociate_address(AssociationId=change.outputs["associationId"])
        if change.new.get("instance"):
            ec2.associate_address(AllocationId=id_, InstanceId=change.new["instance"])

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("ec2").release_address(AllocationId=id_)


def _address(aws: Scope, address: dict[str, Any]) -> Props:
    public = address["PublicIp"]
    suffix = "compute-1" if aws.region == "us-east-1" else f"{aws.region}.compute"
    return {
        "allocationId": address["AllocationId"],
        "arn": aws.arn("ec2", f"elastic-ip/{address['AllocationId']}"),
        "associationId": address.get("AssociationId") or "",
        "domain": address.get("Domain", "vpc"),
        "instance": address.get("InstanceId") or "",
        "networkInterface": address.get("NetworkInterfaceId") or "",
        "privateIp": address.get("PrivateIpAddress") or "",
        "publicDns": f"ec2-{public.replace('.', '-')}.{suffix}.amazonaws.com",
        "publicIp": public,
        "publicIpv4Pool": address.get("PublicIpv4Pool") or "amazon",
        "networkBorderGroup": address.get("NetworkBorderGroup") or aws.region,
    }


class NatGateway(Ec2Handler):
    """``aws:ec2/natGateway:NatGateway``."""

    title = "EC2 NAT Gateway"
    kind = "natgateway"
    cfn = "AWS::EC2::NatGateway"
    names = {"privateIp": "PrivateIpAddress"}
    defaults = {"connectivityType": "public"}

    def create(self, aws: Scope, inputs: Props) -> Made:
        made = aws.client("ec2").create_nat_gateway(
            **given(
                SubnetId=inputs.get("subnetId"),
                AllocationId=inputs.get("allocationId"),
                ConnectivityType=inputs.get("connectivityType"),
            ),
            **self.tagged(inputs),
        )["NatGateway"]
        return Made(made["NatGatewayId"], _nat_gateway(made))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = first(aws.client("ec2").describe_nat_gateways(NatGatewayIds=[id_])["NatGateways"])
        if found is None or found["State"] in ("deleted", "deleting"):
            return None
        return _nat_gateway(found) | {"tagsAll": tags_of(found)}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        """Everything but tags forces a new gateway."""

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("ec2").delete_nat_gateway(NatGatewayId=id_)


def _nat_gateway(gateway: dict[str, Any]) -> Props:
    addresses = gateway.get("NatGatewayAddresses") or [{}]
    main = addresses[0]
    return {
        "allocationId": main.get("AllocationId", ""),
        "associationId": main.get("AssociationId", ""),
        "connectivityType": gateway.get("ConnectivityType", "public"),
        "networkInterfaceId": main.get("NetworkInterfaceId", ""),
        "privateIp": main.get("PrivateIp", ""),
        "publicIp": main.get("PublicIp", ""),
        "subnetId": gateway["SubnetId"],
        "vpcId": gateway.get("VpcId", ""),
        "secondaryAllocationIds": [],
        "secondaryPrivateIpAddresses": [],
    }
