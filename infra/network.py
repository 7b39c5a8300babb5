"""The network (A1): three kinds of subnets over several zones, ways out, private ways to AWS, flow logs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import iam
from infra.endpoints import Endpoints, EndpointsArgs
from infra.iam import Statement
from infra.roles import plain_role
from infra.scope import Component, Scope
from infra.specs.network import NetworkSpec, subnet_plan

ANYWHERE = "0.0.0.0/0"
DISCOVERY = "karpenter.sh/discovery"
"""Karpenter finds subnets and security groups by this tag, whose value is the cluster's name."""


@dataclass(frozen=True)
class NetworkArgs:
    """A network for one environment; ``logs_key`` is the ARN of the key that encrypts its flow logs."""

    scope: Scope
    spec: NetworkSpec
    logs_key: pulumi.Input[str]


def nat_zone(nat: str, zone: int) -> int:
    """Index of the zone whose NAT gateway serves ``zone``: its own, or the first one's for all."""
    return zone if nat == "per_zone" else 0


def subnet_tags(kind: str, cluster: str) -> Mapping[str, str]:
    """What load balancers and Karpenter look for; intra subnets hold neither and are found by nobody."""
    return {
        "public": {"kubernetes.io/role/elb": "1"},
        "private": {"kubernetes.io/role/internal-elb": "1", DISCOVERY: cluster},
        "intra": {},
    }[kind]


class Network(Component):
    """One VPC. Private subnets hold nodes and pods, public ones load balancers and NAT, intra ones data
    stores, which have no way out.

    Attributes:
        vpc_id: the VPC.
        cidr: its range.
        public_subnet_ids: one per zone, as the zones are listed.
        private_subnet_ids: likewise.
        intra_subnet_ids: likewise.
        route_table_ids: of the private subnets, and last that of the intra ones.
    """

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Network", name, opts)
        self._args = args
        plan = subnet_plan(args.spec.cidr, len(args.spec.zones))
        self._vpc = self._make_vpc()
        self._close_default_group()
        self._gateway = self._internet_gateway()
        self._public = self._subnets("public", plan.public)
        self._private = self._subnets("private", plan.private)
        self._intra = self._subnets("intra", plan.intra)
        self._nats = self._nat_gateways()
        tables = [*self._route_private(), self._route_intra()]
        self._route_public()
        self._endpoints(tables)
        self._flow_logs()
        self.route_table_ids = _ids(tables)
        self.vpc_id = self._vpc.id
        self.cidr = args.spec.cidr
        self.public_subnet_ids = _ids(self._public)
        self.private_subnet_ids = _ids(self._private)
        self.intra_subnet_ids = _ids(self._intra)
        self.register_outputs({"vpc_id": self.vpc_id, "private_subnet_ids": self.private_subnet_ids})

    def _named(self, what: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
        return {"Name": f"{self._args.scope.name}-{what}", **(more or {})}

    def _make_vpc(self) -> aws.ec2.Vpc:
        return aws.ec2.Vpc(
            self.part("vpc"),
            cidr_block=self._args.spec.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=self._named("vpc"),
            opts=self.child(),
        )

    def _close_default_group(self) -> None:
        """Whoever forgets to name a security group gets this one: it lets nothing in or out."""
        aws.ec2.DefaultSecurityGroup(
            self.part("default-group"),
            vpc_id=self._vpc.id,
            tags=self._named("closed"),
            opts=self.child(),
        )

    def _internet_gateway(self) -> aws.ec2.InternetGateway:
        return aws.ec2.InternetGateway(
            self.part("internet"), vpc_id=self._vpc.id, tags=self._named("internet"), opts=self.child()
        )

    def _subnets(self, kind: str, ranges: list[str]) -> list[aws.ec2.Subnet]:
        return [
            aws.ec2.Subnet(
                self.part(f"{kind}-{zone[-1]}"),
                vpc_id=self._vpc.id,
                availability_zone=zone,
                cidr_block=block,
                map_public_ip_on_launch=False,
                tags=self._named(f"{kind}-{zone[-1]}", subnet_tags(kind, self._args.scope.name)),
                opts=self.child(),
            )
            for zone, block in zip(self._args.spec.zones, ranges, strict=True)
        ]

    def _nat_gateways(self) -> list[aws.ec2.NatGateway]:
        spec = self._args.spec
        zones = sorted({nat_zone(spec.nat, index) for index in range(len(spec.zones))})
        return [self._nat_gateway(index) for index in zones]

    def _nat_gateway(self, index: int) -> aws.ec2.NatGateway:
        letter = self._args.spec.zones[index][-1]
        address = aws.ec2.Eip(
            self.part(f"nat-{letter}-address"),
            domain="vpc",
            tags=self._named(f"nat-{letter}"),
            opts=self.child(depends_on=[self._gateway]),
        )
        return aws.ec2.NatGateway(
            self.part(f"nat-{letter}"),
            allocation_id=address.id,
            subnet_id=self._public[index].id,
            tags=self._named(f"nat-{letter}"),
            opts=self.child(depends_on=[self._gateway]),
        )

    def _route_public(self) -> None:
        table = self._table("public", self._public)
        aws.ec2.Route(
            self.part("public-out"),
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=self._gateway.id,
            opts=self.child(),
        )

    def _route_private(self) -> list[aws.ec2.RouteTable]:
        return [self._route_one_private(index) for index in range(len(self._private))]

    def _route_one_private(self, index: int) -> aws.ec2.RouteTable:
        kind = f"private-{self._args.spec.zones[index][-1]}"
        table = self._table(kind, [self._private[index]])
        aws.ec2.Route(
            self.part(f"{kind}-out"),
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            nat_gateway_id=self._nats[nat_zone(self._args.spec.nat, index)].id,
            opts=self.child(),
        )
        return table

    def _route_intra(self) -> aws.ec2.RouteTable:
        return self._table("intra", self._intra)

    def _table(self, kind: str, subnets: list[aws.ec2.Subnet]) -> aws.ec2.RouteTable:
        table = aws.ec2.RouteTable(
            self.part(f"{kind}-routes"), vpc_id=self._vpc.id, tags=self._named(kind), opts=self.child()
        )
        for number, subnet in enumerate(subnets):
            aws.ec2.RouteTableAssociation(
                self.part(f"{kind}-routes-{number}"),
                route_table_id=table.id,
                subnet_id=subnet.id,
                opts=self.child(),
            )
        return table

    def _endpoints(self, tables: list[aws.ec2.RouteTable]) -> None:
        Endpoints(
            self.part("endpoints"),
            EndpointsArgs(
                scope=self._args.scope,
                services=self._args.spec.endpoints,
                vpc_id=self._vpc.id,
                cidr=self._args.spec.cidr,
                subnet_ids=_ids(self._private),
                route_table_ids=_ids(tables),
            ),
            self.child(),
        )

    def _flow_logs(self) -> None:
        scope = self._args.scope
        group = aws.cloudwatch.LogGroup(
            self.part("flow-logs"),
            name=f"/{scope.name}/flow-logs",
            retention_in_days=self._args.spec.flow_log_retention_days,
            kms_key_id=self._args.logs_key,
            opts=self.child(),
        )
        writer = plain_role(
            self,
            "flow-logs",
            scope,
            iam.trust_service(
                "vpc-flow-logs.amazonaws.com", {"StringEquals": {"aws:SourceAccount": scope.account}}
            ),
            statements=group.arn.apply(lambda arn: [write_flow_logs(arn)]),
        )
        aws.ec2.FlowLog(
            self.part("flow-log"),
            vpc_id=self._vpc.id,
            traffic_type="ALL",
            log_destination=group.arn,
            iam_role_arn=writer.role.arn,
            tags=self._named("flow-log"),
            opts=self.child(depends_on=writer.policies),
        )


def write_flow_logs(group_arn: str) -> Statement:
    """Write to the streams of one log group."""
    group = group_arn.removesuffix(":*")
    return Statement(
        actions=["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
        resources=[group, f"{group}:*"],
        reason="streams of the one log group are named by the service, one per network interface",
    )


def _ids(resources: list[aws.ec2.Subnet] | list[aws.ec2.RouteTable]) -> pulumi.Output[list[str]]:
    return pulumi.Output.all(*[resource.id for resource in resources]).apply(list)
