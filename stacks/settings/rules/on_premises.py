"""The way in from on-premise: one way, ranges that can be told apart, names that can be asked (A13)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from stacks.settings.mistakes import Mistake
from stacks.settings.model import Settings
from stacks.settings.rules.rule import needs, wrong

SERVICES = "172.20.0.0/16"
"""EKS gives services addresses from here when a VPC lies in 10.0.0.0/8 (EKS user guide)."""
_AT = ("network", "on_premises")


@needs("network")
def one_way_leads_to_the_site(settings: Settings) -> Iterator[Mistake]:
    """A VPN device or a Direct Connect gateway, and not both."""
    site = settings.network.on_premises
    if site is None:
        return
    ways = [site.customer_gateway_ip, site.direct_connect_gateway_id]
    if sum(way is not None for way in ways) != 1:
        yield wrong(
            _AT,
            "needs one of customer_gateway_ip (VPN) and direct_connect_gateway_id, and not both",
            "customer_gateway_ip: 203.0.113.10",
        )
    if site.bgp_asn == site.amazon_asn:
        fact = f"is {site.bgp_asn} at both ends, so neither would believe the other's routes"
        yield wrong((*_AT, "bgp_asn"), fact, "bgp_asn: 65000")


@needs("network")
def ranges_can_be_told_apart(settings: Settings) -> Iterator[Mistake]:
    """No range of the site overlaps the VPC, the cluster's services or another of its own."""
    site = settings.network.on_premises
    if site is None:
        return
    ours = {"ferry:network.cidr": settings.network.cidr, "the cluster's services": SERVICES}
    for index, text in enumerate(site.cidrs):
        for what, other in ours.items():
            if IPv4Network(text).overlaps(IPv4Network(other)):
                fact = f"{text} overlaps {what} ({other}), so its packets would never leave the VPC"
                yield wrong((*_AT, "cidrs", index), fact, "cidrs: [192.168.0.0/16]")
    for one, other in itertools.combinations(site.cidrs, 2):
        if IPv4Network(one).overlaps(IPv4Network(other)):
            fact = f"{one} and {other} overlap, so nobody can say which way is meant"
            yield wrong((*_AT, "cidrs"), fact, "cidrs: [192.168.0.0/16]")


@needs("network")
def names_can_be_asked(settings: Settings) -> Iterator[Mistake]:
    """Whoever has domains has name servers, and they are at the site."""
    site = settings.network.on_premises
    if site is None:
        return
    if bool(site.dns_domains) != bool(site.dns_servers):
        fact = "and dns_domains belong together, and one of them is missing"
        yield wrong((*_AT, "dns_servers"), fact, "dns_servers: [192.168.0.53]")
    for index, server in enumerate(site.dns_servers):
        if not any(IPv4Address(server) in IPv4Network(text) for text in site.cidrs):
            fact = f"{server} is in none of the site's ranges, so no route leads to it"
            yield wrong((*_AT, "dns_servers", index), fact, "dns_servers: [192.168.0.53]")


RULES = (one_way_leads_to_the_site, ranges_can_be_told_apart, names_can_be_asked)
