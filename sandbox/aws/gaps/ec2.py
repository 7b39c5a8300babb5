"""EC2's refusals that moto does not make: what is in use stays, and what is not there cannot be used.

Codes and wording: the EC2 API's error codes reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from moto.ec2.models import ec2_backends
from moto.eks.models import eks_backends
from moto.elasticache.models import elasticache_backends
from moto.elbv2.models import elbv2_backends
from moto.rds.models import rds_backends

from sandbox.aws.gaps import pricing
from sandbox.aws.gaps.asking import PASS, Ask, Gap
from sandbox.aws.wire import RefusedError

_GONE = {"deleted", "failed"}


def _ec2(ask: Ask) -> Any:
    return ec2_backends[ask.account][ask.region]


def _in_use(message: str) -> RefusedError:
    return RefusedError("DependencyViolation", message)


def _check_dry_run(ask: Ask) -> None:
    """A dry run that got this far was permitted."""
    if ask.params.get("DryRun"):
        raise RefusedError(
            "DryRunOperation",
            "Request would have succeeded, but DryRun flag is set.",
            HTTPStatus.PRECONDITION_FAILED,
        )


# --- who uses a subnet, a group ----------------------------------------------------------------------------


def _users(ask: Ask) -> Iterator[tuple[set[str], set[str]]]:
    """Subnets and security groups of everything that has an interface in a VPC."""
    ec2 = _ec2(ask)
    for interface in ec2.enis.values():
        yield {interface.subnet.id}, {group.id for group in interface.group_set}
    for nat in ec2.nat_gateways.values():
        if nat.state not in _GONE:
            yield {nat.subnet_id}, set()
    for endpoint in ec2.vpc_end_points.values():
        if endpoint.state not in _GONE:
            yield set(endpoint.subnet_ids or []), set(endpoint.security_group_ids or [])
    for cluster in eks_backends[ask.account][ask.region].clusters.values():
        network = cluster.resources_vpc_config
        own = {str(network.get("clusterSecurityGroupId"))}
        yield set(network.get("subnetIds") or []), {*(network.get("securityGroupIds") or []), *own}
    for balancer in elbv2_backends[ask.account][ask.region].load_balancers.values():
        yield {subnet.id for subnet in balancer.subnets}, set(balancer.security_groups or [])
    yield from _databases(ask)


def _databases(ask: Ask) -> Iterator[tuple[set[str], set[str]]]:
    for instance in rds_backends[ask.account][ask.region].databases.values():
        group = getattr(instance, "db_subnet_group", None)
        subnets = {str(subnet["SubnetIdentifier"]) for subnet in group.subnets} if group else set()
        yield subnets, set(getattr(instance, "vpc_security_group_ids", None) or [])
    cache = elasticache_backends[ask.account][ask.region]
    for redis in cache.replication_groups.values():
        named = cache.cache_subnet_groups.get(str(redis.cache_subnet_group_name))
        yield set(named.subnet_ids if named else []), set(redis.security_group_ids or [])


def delete_subnet(ask: Ask) -> object:
    """DeleteSubnet; refused while something has an interface in it."""
    subnet = str(ask.params["SubnetId"])
    if any(subnet in subnets for subnets, _ in _users(ask)):
        raise _in_use(f"The subnet '{subnet}' has dependencies and cannot be deleted.")
    return PASS


def delete_security_group(ask: Ask) -> object:
    """DeleteSecurityGroup; refused while borne by an interface or named by another group's rule."""
    group = str(ask.params.get("GroupId") or "")
    found = _ec2(ask).get_security_group_from_id(group) if group else None
    if found is None:
        return PASS
    if found.name == "default":
        raise RefusedError("CannotDelete", 'the specified group: "default" name cannot be deleted by a user')
    used = any(group in groups for _, groups in _users(ask))
    if used or any(_names(other, group) for other in _ec2(ask).describe_security_groups()):
        raise _in_use(f"resource {group} has a dependent object")
    return PASS


def _names(other: Any, group: str) -> bool:
    """Whether another group's rules name this one."""
    if other.id == group:
        return False
    rules = [*other.ingress_rules, *other.egress_rules]
    return any(group == rule.source_group.get("GroupId") for rule in rules)


# --- gateways and addresses --------------------------------------------------------------------------------


def create_nat_gateway(ask: Ask) -> object:
    """CreateNatGateway; a public one needs an internet gateway on its VPC, and an address that is free.

    AWS accepts the first and lets the gateway fail a minute later; the refusal is the same.
    """
    _check_dry_run(ask)
    params, ec2 = ask.params, _ec2(ask)
    subnet = ec2.get_subnet(str(params["SubnetId"]))
    if params.get("ConnectivityType") == "private":
        return PASS
    vpcs = {gateway.vpc.id for gateway in ec2.internet_gateways.values() if gateway.vpc}
    if subnet.vpc_id not in vpcs:
        raise RefusedError("Gateway.NotAttached", f"Network {subnet.vpc_id} has no Internet gateway attached")
    for nat in _nats(ask):
        if params.get("AllocationId") in nat.address_set_ids:
            raise RefusedError(
                "Resource.AlreadyAssociated",
                f"Elastic IP address [{params['AllocationId']}] is already associated",
            )
    return PASS


class _Nat:
    """A NAT gateway that is not deleted, with its addresses' ids."""

    def __init__(self, nat: Any) -> None:
        self.nat = nat
        self.address_set_ids = {address.get("allocationId") for address in nat.address_set}


def _nats(ask: Ask) -> list[_Nat]:
    return [_Nat(nat) for nat in _ec2(ask).nat_gateways.values() if nat.state not in _GONE]


def delete_nat_gateway(ask: Ask) -> object:
    """DeleteNatGateway: its interface goes and its address is free again, which moto forgets."""
    ec2 = _ec2(ask)
    nat = ec2.nat_gateways.get(str(ask.params["NatGatewayId"]))
    if nat is None:
        raise RefusedError(
            "NatGatewayNotFound", f"The Nat Gateway {ask.params['NatGatewayId']} does not exist"
        )
    ec2.delete_nat_gateway(nat.id)
    interfaces = {address.get("networkInterfaceId") for address in nat.address_set}
    for identity in interfaces & set(ec2.enis):
        del ec2.enis[identity]
    for address in ec2.addresses:
        if address.allocation_id in {one.get("allocationId") for one in nat.address_set}:
            address.association_id = address.eni = None
    return {"NatGatewayId": nat.id}


def release_address(ask: Ask) -> object:
    """ReleaseAddress; refused while a NAT gateway has it."""
    identity = ask.params.get("AllocationId")
    if any(identity in nat.address_set_ids for nat in _nats(ask)):
        raise RefusedError("InvalidIPAddress.InUse", f"Address {identity} is in use.")
    return PASS


def attach_internet_gateway(ask: Ask) -> object:
    """AttachInternetGateway; a VPC has one at most."""
    vpc = ask.params["VpcId"]
    for gateway in _ec2(ask).internet_gateways.values():
        if gateway.vpc and gateway.vpc.id == vpc and gateway.id != ask.params["InternetGatewayId"]:
            raise RefusedError(
                "InvalidParameterValue", f"Network {vpc} already has an internet gateway attached"
            )
    return PASS


def detach_internet_gateway(ask: Ask) -> object:
    """DetachInternetGateway; refused while public addresses are mapped into the VPC."""
    vpc = ask.params["VpcId"]
    for found in _nats(ask):
        if found.nat.vpc_id == vpc and found.address_set_ids - {None}:
            raise _in_use(
                f"Network {vpc} has some mapped public address(es). "
                "Please unmap those public address(es) before detaching the gateway."
            )
    return PASS


# --- routes, endpoints -------------------------------------------------------------------------------------

_TARGETS = (
    ("NatGatewayId", "nat_gateways", "NatGatewayNotFound", "The natGateway ID"),
    ("VpcEndpointId", "vpc_end_points", "InvalidVpcEndpointId.NotFound", "The Vpc Endpoint Id"),
)


def create_route(ask: Ask) -> object:
    """CreateRoute; the target must exist."""
    for key, shelf, code, words in _TARGETS:
        target = ask.params.get(key)
        if target and target not in getattr(_ec2(ask), shelf):
            raise RefusedError(code, f"{words} '{target}' does not exist")
    return PASS


def associate_route_table(ask: Ask) -> object:
    """AssociateRouteTable; a subnet follows one table."""
    subnet, wanted = ask.params.get("SubnetId"), ask.params["RouteTableId"]
    for table in _ec2(ask).route_tables.values():
        if subnet and subnet in table._associations.values() and table.id != wanted:
            raise RefusedError(
                "Resource.AlreadyAssociated",
                f"the specified association for route table {wanted} conflicts with an existing association",
            )
    return PASS


def create_vpc_endpoint(ask: Ask) -> object:
    """CreateVpcEndpoint; the service must be one of the region's, and its private name free in the VPC."""
    service, ec2 = str(ask.params["ServiceName"]), _ec2(ask)
    if not service.startswith(f"com.amazonaws.{ask.region}."):
        raise RefusedError("InvalidServiceName", f"The Vpc Endpoint Service '{service}' does not exist")
    private = ask.params.get("VpcEndpointType") == "Interface" and ask.params.get("PrivateDnsEnabled", True)
    for endpoint in ec2.vpc_end_points.values():
        same = (endpoint.vpc_id, endpoint.service_name) == (ask.params["VpcId"], service)
        if private and same and endpoint.vpc_endpoint_type == "Interface" and endpoint.state not in _GONE:
            raise RefusedError(
                "InvalidParameter",
                f"private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
                f"{service} in the VPC {ask.params['VpcId']}",
            )
    return PASS


def delete_vpc_endpoints(ask: Ask) -> object:
    """DeleteVpcEndpoints: their interfaces go with them, which moto forgets."""
    ec2 = _ec2(ask)
    for identity in ask.params["VpcEndpointIds"]:
        endpoint = ec2.vpc_end_points.get(identity)
        for interface in getattr(endpoint, "network_interface_ids", None) or []:
            ec2.enis.pop(interface, None)
    return PASS


def dry_run(ask: Ask) -> object:
    """Reads that Karpenter asks dryly to learn whether it may."""
    _check_dry_run(ask)
    return PASS


GAP = Gap(
    "ec2",
    {
        "DescribeSpotPriceHistory": pricing.spot_history,
        "DescribeInstanceTypes": dry_run,
        "DeleteSubnet": delete_subnet,
        "DeleteSecurityGroup": delete_security_group,
        "CreateNatGateway": create_nat_gateway,
        "DeleteNatGateway": delete_nat_gateway,
        "ReleaseAddress": release_address,
        "AttachInternetGateway": attach_internet_gateway,
        "DetachInternetGateway": detach_internet_gateway,
        "CreateRoute": create_route,
        "AssociateRouteTable": associate_route_table,
        "CreateVpcEndpoint": create_vpc_endpoint,
        "DeleteVpcEndpoints": delete_vpc_endpoints,
    },
)
