"""Private ways to AWS's services: S3 through a gateway (free), others through interfaces in the subnets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.scope import Component, Scope

GATEWAYS = frozenset({"s3"})
"""Services that are reached by a route instead of a network interface."""


@dataclass(frozen=True)
class EndpointsArgs:
    """Services by the short name of their endpoint, and the part of the network that uses them.

    Attributes:
        services: ``s3``, ``ecr.api``, ``sts``, …
        cidr: who may connect.
        subnet_ids: where interfaces stand.
        route_table_ids: which tables get the gateways' routes.
    """

    scope: Scope
    services: Sequence[str]
    vpc_id: pulumi.Input[str]
    cidr: str
    subnet_ids: pulumi.Input[list[str]]
    route_table_ids: pulumi.Input[list[str]]


class Endpoints(Component):
    """VPC endpoints, and the security group of the interfaces among them.

    Attributes:
        security_group_id: lets the VPC in at port 443; None when there are only gateways.
    """

    def __init__(self, name: str, args: EndpointsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Endpoints", name, opts)
        self._args = args
        interfaces = [service for service in args.services if service not in GATEWAYS]
        for service in args.services:
            if service in GATEWAYS:
                self._gateway(service)
        self.security_group_id = self._group() if interfaces else None
        for service in interfaces:
            self._interface(service)
        self.register_outputs({"security_group_id": self.security_group_id})

    def _service_name(self, service: str) -> str:
        return f"com.amazonaws.{self._args.scope.region}.{service}"

    def _gateway(self, service: str) -> None:
        aws.ec2.VpcEndpoint(
            self.part(service),
            vpc_id=self._args.vpc_id,
            service_name=self._service_name(service),
            vpc_endpoint_type="Gateway",
            route_table_ids=self._args.route_table_ids,
            tags={"Name": f"{self._args.scope.name}-{service}"},
            opts=self.child(),
        )

    def _interface(self, service: str) -> None:
        aws.ec2.VpcEndpoint(
            self.part(service.replace(".", "-")),
            vpc_id=self._args.vpc_id,
            service_name=self._service_name(service),
            vpc_endpoint_type="Interface",
            private_dns_enabled=True,
            subnet_ids=self._args.subnet_ids,
            security_group_ids=[self.security_group_id] if self.security_group_id is not None else None,
            tags={"Name": f"{self._args.scope.name}-{service}"},
            opts=self.child(),
        )

    def _group(self) -> pulumi.Output[str]:
        name = f"{self._args.scope.name}-endpoints"
        group = aws.ec2.SecurityGroup(
            self.part("group"),
            name=name,
            description="HTTPS from inside the VPC to the private endpoints of AWS",
            vpc_id=self._args.vpc_id,
            tags={"Name": name},
            opts=self.child(),
        )
        aws.vpc.SecurityGroupIngressRule(
            self.part("https"),
            security_group_id=group.id,
            cidr_ipv4=self._args.cidr,
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            description="HTTPS from the VPC",
            tags={"Name": name},
            opts=self.child(),
        )
        group_id: pulumi.Output[str] = group.id
        return group_id
