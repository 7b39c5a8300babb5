"""The way in from on-premise (A13): a VPN or a Direct Connect gateway, routes both ways, names both ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.scope import Component, Scope
from infra.specs.on_premises import OnPremisesSpec

DNS = 53


@dataclass(frozen=True)
class OnPremisesArgs:
    """A site and the network that it is joined to.

    Attributes:
        cidr: the VPC's range: what the site may reach.
        subnet_ids: where the resolver's addresses are; two at least.
        route_table_ids: which learn the site's ranges.
        tables: how many those are, which is known before they are.
    """

    scope: Scope
    spec: OnPremisesSpec
    vpc_id: pulumi.Input[str]
    cidr: str
    subnet_ids: pulumi.Output[list[str]]
    route_table_ids: pulumi.Output[list[str]]
    subnets: int
    tables: int


class OnPremises(Component):
    """A gateway at the VPC, what it is joined to, and the resolver's way in and out.

    Attributes:
        gateway_id: of the VPC's side.
    """

    def __init__(self, name: str, args: OnPremisesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("OnPremises", name, opts)
        self._args = args
        self._gateway = self._vpn_gateway()
        self._join()
        self._learn_routes()
        self._names()
        self.gateway_id = self._gateway.id
        self.register_outputs({"gateway_id": self.gateway_id})

    def _named(self, what: str) -> dict[str, str]:
        return {"Name": f"{self._args.scope.name}-{what}"}

    def _vpn_gateway(self) -> aws.ec2.VpnGateway:
        return aws.ec2.VpnGateway(
            self.part("gateway"),
            vpc_id=self._args.vpc_id,
            amazon_side_asn=str(self._args.spec.amazon_asn),
            tags=self._named("on-premises"),
            opts=self.child(),
        )

    def _join(self) -> None:
        spec = self._args.spec
        if spec.direct_connect_gateway_id is not None:
            aws.directconnect.GatewayAssociation(
                self.part("direct-connect"),
                dx_gateway_id=spec.direct_connect_gateway_id,
                associated_gateway_id=self._gateway.id,
                allowed_prefixes=[self._args.cidr],
                opts=self.child(),
            )
            return
        site = aws.ec2.CustomerGateway(
            self.part("site"),
            ip_address=spec.customer_gateway_ip,
            bgp_asn=str(spec.bgp_asn),
            type="ipsec.1",
            tags=self._named("site"),
            opts=self.child(),
        )
        aws.ec2.VpnConnection(
            self.part("vpn"),
            vpn_gateway_id=self._gateway.id,
            customer_gateway_id=site.id,
            type="ipsec.1",
            static_routes_only=False,
            preshared_key_storage="SecretsManager",  # AWS makes both keys, and no state has them
            tags=self._named("vpn"),
            opts=self.child(),
        )

    def _learn_routes(self) -> None:
        for number in range(self._args.tables):
            aws.ec2.VpnGatewayRoutePropagation(
                self.part(f"routes-{number}"),
                vpn_gateway_id=self._gateway.id,
                route_table_id=self._args.route_table_ids[number],
                opts=self.child(),
            )

    def _names(self) -> None:
        """The site asks for names of the VPC; the VPC asks the site for its domains, where it has some."""
        spec = self._args.spec
        self._endpoint("inbound", spec.cidrs)
        if not spec.dns_domains:
            return
        out = self._endpoint("outbound", [f"{server}/32" for server in spec.dns_servers])
        target = aws.route53.ResolverRuleTargetIpArgs
        for domain in spec.dns_domains:
            label = domain.replace(".", "-")
            rule = aws.route53.ResolverRule(
                self.part(f"asks-{label}"),
                domain_name=domain,
                rule_type="FORWARD",
                resolver_endpoint_id=out.id,
                target_ips=[target(ip=server, port=DNS) for server in spec.dns_servers],
                tags=self._named(label),
                opts=self.child(),
            )
            aws.route53.ResolverRuleAssociation(
                self.part(f"asks-{label}-here"),
                resolver_rule_id=rule.id,
                vpc_id=self._args.vpc_id,
                opts=self.child(),
            )

    def _endpoint(self, direction: str, ranges: Sequence[str]) -> aws.route53.ResolverEndpoint:
        group = self._group(direction, ranges)
        address = aws.route53.ResolverEndpointIpAddressArgs
        return aws.route53.ResolverEndpoint(
            self.part(f"{direction}-names"),
            name=f"{self._args.scope.name}-{direction}",
            direction=direction.upper(),
            security_group_ids=[group.id],
            ip_addresses=[address(subnet_id=self._args.subnet_ids[i]) for i in range(self._args.subnets)],
            tags=self._named(f"{direction}-names"),
            opts=self.child(),
        )

    def _group(self, direction: str, ranges: Sequence[str]) -> aws.ec2.SecurityGroup:
        """Port 53 from the site, or to its name servers; nothing else either way."""
        name = f"{self._args.scope.name}-{direction}-names"
        group = aws.ec2.SecurityGroup(
            self.part(f"{direction}-group"),
            name=name,
            description="Names between the VPC and the site",
            vpc_id=self._args.vpc_id,
            tags={"Name": name},
            opts=self.child(),
        )
        rule = aws.vpc.SecurityGroupIngressRule if direction == "inbound" else aws.vpc.SecurityGroupEgressRule
        for number, block in enumerate(ranges):
            for protocol in ("udp", "tcp"):
                rule(
                    self.part(f"{direction}-{protocol}-{number}"),
                    security_group_id=group.id,
                    cidr_ipv4=block,
                    ip_protocol=protocol,
                    from_port=DNS,
                    to_port=DNS,
                    description="Names",
                    tags={"Name": name},
                    opts=self.child(),
                )
        return group
