"""The way in from on-premise: one of two, with the ranges and the names that are there."""

from __future__ import annotations

from pydantic import Field

from infra.specs.base import Spec
from infra.specs.domain import Cidr, DomainName, DxGatewayId, Ipv4Address


class OnPremisesSpec(Spec):
    """A site that workloads still run at.

    Attributes:
        cidrs: its ranges; none may overlap the VPC, another of them, or the cluster's services.
        customer_gateway_ip: public address of its VPN device; this or ``direct_connect_gateway_id``.
        bgp_asn: autonomous system number of that device; a private one by default.
        direct_connect_gateway_id: a Direct Connect gateway that somebody has ordered and connected.
        amazon_asn: AWS's side; differs from the site's.
        dns_domains: domains that the site's name servers answer for.
        dns_servers: their addresses, inside ``cidrs``.
    """

    cidrs: list[Cidr] = Field(min_length=1)
    customer_gateway_ip: Ipv4Address | None = None
    bgp_asn: int = Field(ge=1, le=4_294_967_294, default=65_000)
    direct_connect_gateway_id: DxGatewayId | None = None
    amazon_asn: int = Field(ge=64_512, le=4_294_967_294, default=64_512)
    dns_domains: list[DomainName] = Field(default_factory=list)
    dns_servers: list[Ipv4Address] = Field(default_factory=list)
