"""Route tables, their routes, and which subnet follows which."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, Final

from sandbox.providers.aws.handler import Change, Handler, Made, Scope, capital, given
from sandbox.providers.aws.services.ec2 import Ec2Handler, first, tags_of
from sandbox.providers.base import CheckFailure, Props

_DESTINATIONS: Final[Mapping[str, str]] = {
    "destinationCidrBlock": "DestinationCidrBlock",
    "destinationIpv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}
_TARGETS: Final[Mapping[str, str]] = {
    "gatewayId": "GatewayId",
    "natGatewayId": "NatGatewayId",
    "egressOnlyGatewayId": "EgressOnlyInternetGatewayId",
    "networkInterfaceId": "NetworkInterfaceId",
    "transitGatewayId": "TransitGatewayId",
    "vpcEndpointId": "VpcEndpointId",
    "vpcPeeringConnectionId": "VpcPeeringConnectionId",
    "carrierGatewayId": "CarrierGatewayId",
    "localGatewayId": "LocalGatewayId",
}
_INLINE: Final[Mapping[str, str]] = {
    "cidrBlock": "DestinationCidrBlock",
    "ipv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}


class RouteTable(Ec2Handler):
    """``aws:ec2/routeTable:RouteTable``, with or without inline routes."""

    title = "EC2 Route Table"
    kind = "route-table"
    cfn = "AWS::EC2::RouteTable"

    def create(self, aws: Scope, inputs: Props) -> Made:
        ec2 = aws.client("ec2")
        made = ec2.create_route_table(VpcId=inputs["vpcId"], **self.tagged(inputs))["RouteTable"]
        id_ = made["RouteTableId"]
        for route in inputs.get("routes") or ():
            ec2.create_route(RouteTableId=id_, **_arguments(route, _INLINE))
        return Made(id_, _table(aws, made) | {"routes": inputs.get("routes") or []})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = first(aws.client("ec2").describe_route_tables(RouteTableIds=[id_])["RouteTables"])
        if found is None:
            return None
        routes = [_inline(route) for route in found["Routes"] if _is_ours(route)]
        managed = {"routes": routes} if "routes" in state or not state else {}
        return _table(aws, found) | managed | {"tagsAll": tags_of(found)}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        ec2 = aws.client("ec2")
        old, new = change.old.get("routes") or [], change.new.get("routes") or []
        for route in [route for route in old if route not in new]:
            ec2.delete_route(RouteTableId=id_, **_only(_arguments(route, _INLINE), "Destination"))
        for route in [route for route in new if route not in old]:
            ec2.create_route(RouteTableId=id_, **_arguments(route, _INLINE))

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("ec2").delete_route_table(RouteTableId=id_)


def _table(aws: Scope, table: dict[str, Any]) -> Props:
    return {
        "arn": aws.arn("ec2", f"route-table/{table['RouteTableId']}"),
        "ownerId": table.get("OwnerId", aws.account),
        "vpcId": table["VpcId"],
        "propagatingVgws": [item["GatewayId"] for item in table.get("PropagatingVgws") or ()],
    }


def _is_ours(route: dict[str, Any]) -> bool:
    """Neither the local route nor one that a gateway endpoint put there."""
    return route.get("GatewayId") != "local" and not str(route.get("GatewayId", "")).startswith("vpce-")


def _inline(route: dict[str, Any]) -> Props:
    known = {**{aws: ours for ours, aws in _INLINE.items()}, **{aws: ours for ours, aws in _TARGETS.items()}}
    return {known[key]: value for key, value in route.items() if key in known and value}


def _arguments(route: Props, destinations: Mapping[str, str]) -> dict[str, Any]:
    wanted = {**destinations, **_TARGETS}
    return {wanted[key]: value for key, value in route.items() if key in wanted and value}


def _only(arguments: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {key: value for key, value in arguments.items() if key.startswith(prefix)}


class Route(Handler):
    """``aws:ec2/route:Route``. The target changes in place; table and destination do not."""

    title = "EC2 Route"
    cfn = "AWS::EC2::Route"
    names = {"egressOnlyGatewayId": "EgressOnlyInternetGatewayId"}

    def validate(self, inputs: Props) -> list[CheckFailure]:
        found = []
        for keys, what in ((_DESTINATIONS, "destination"), (_TARGETS, "target")):
            present = [key for key in keys if inputs.get(key) is not None]
            if len(present) != 1:
                found.append(
                    CheckFailure(
                        "",
                        f"a route needs one {what}, got {len(present)}. Set one of {', '.join(keys)}.",
                    )
                )
        return found

    def create(self, aws: Scope, inputs: Props) -> Made:
        ec2 = aws.client("ec2")
        ec2.create_route(RouteTableId=inputs["routeTableId"], **_arguments(inputs, _DESTINATIONS))
        return Made(_route_id(inputs), {"origin": "CreateRoute", "state": "active"})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        table, destination = _where(id_, state)
        found = first(aws.client("ec2").describe_route_tables(RouteTableIds=[table])["RouteTables"])
        for route in found["Routes"] if found else ():
            if destination in (route.get(name) for name in _DESTINATIONS.values()):
                return _route(table, route)
        return None

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        aws.client("ec2").replace_route(
            RouteTableId=change.new["routeTableId"], **_arguments(change.new, _DESTINATIONS)
        )

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("ec2").delete_route(
            RouteTableId=state["routeTableId"], **_only(_arguments(state, _DESTINATIONS), "Destination")
        )


def _route_id(inputs: Props) -> str:
    """``r-<table><checksum of the destination>``, as the real provider makes it."""
    destination = next(str(inputs[key]) for key in _DESTINATIONS if inputs.get(key))
    return f"r-{inputs['routeTableId']}{zlib.crc32(destination.encode())}"


def _where(id_: str, state: Props) -> tuple[str, str]:
    """Table and destination, from the state or from an import id ``<table>_<destination>``."""
    if state.get("routeTableId"):
        return state["routeTableId"], next(str(state[key]) for key in _DESTINATIONS if state.get(key))
    table, _, destination = id_.partition("_")
    return table, destination


def _route(table: str, route: dict[str, Any]) -> Props:
    names = {**_DESTINATIONS, **_TARGETS}
    found: Props = {ours: route[theirs] for ours, theirs in names.items() if route.get(theirs)}
    return {
        "routeTableId": table,
        "origin": route.get("Origin", "CreateRoute"),
        "state": route.get("State", "active"),
        **found,
    }


class RouteTableAssociation(Handler):
    """``aws:ec2/routeTableAssociation:RouteTableAssociation``. The table changes in place."""

    title = "EC2 Route Table Association"
    cfn = "AWS::EC2::SubnetRouteTableAssociation"
    replace_on = frozenset({"subnetId", "gatewayId"})
    moves_on_update = frozenset({"id"})

    def create(self, aws: Scope, inputs: Props) -> Made:
        made = aws.client("ec2").associate_route_table(
            RouteTableId=inputs["routeTableId"],
            **given(**{capital(key): inputs.get(key) for key in ("subnetId", "gatewayId")}),
        )
        return Made(made["AssociationId"])

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        by = {"Name": "association.route-table-association-id", "Values": [id_]}
        if "/" in id_:
            by = {"Name": "association.subnet-id", "Values": [id_.partition("/")[0]]}
        elif state.get("subnetId"):
            by = {"Name": "association.subnet-id", "Values": [state["subnetId"]]}
        found = first(aws.client("ec2").describe_route_tables(Filters=[by])["RouteTables"])
        for association in found["Associations"] if found else ():
            if association.get("SubnetId") in by["Values"] or association["RouteTableAssociationId"] == id_:
                return {"routeTableId": association["RouteTableId"], "subnetId": association.get("SubnetId")}
        return None

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        aws.client("ec2").replace_route_table_association(
            AssociationId=id_, RouteTableId=change.new["routeTableId"]
        )

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("ec2").disassociate_route_table(AssociationId=id_)
