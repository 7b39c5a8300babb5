"""Who and what can reach the cluster, and whether the network is large enough for it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from infra.specs.network import SubnetPlan, subnet_plan
from stacks.settings.mistakes import Mistake
from stacks.settings.model import Environment, Settings
from stacks.settings.rules.rule import needs, wrong

ZONES_FOR_DATA = 3
"""Zones where data is kept: a quorum survives the loss of one (requirement A1)."""

ENDPOINTS = ("s3", "ecr.api", "ecr.dkr", "sts", "logs")
"""Services that every private subnet reaches without NAT (requirement A1)."""

LARGEST_VPC = 16
"""AWS takes no larger range for a VPC."""

RESERVED = 5
"""Addresses of every subnet that AWS keeps: the first four and the last."""

ADDRESSES_PER_NODE = 30
"""Addresses that a node of four vCPUs takes: the VPC CNI keeps two interfaces of 15 ready (m5.xlarge)."""

VCPUS_PER_NODE = 4

WIDEST_PUBLIC = 2**24
"""Addresses that may reach the public endpoint at most, all ranges together: one /8 or 1/256 of the internet.
More than that is the internet in pieces."""

PRIVATE_RANGES = tuple(
    # Ranges that EKS refuses for the public endpoint, since nobody comes from them over the internet.
    ipaddress.IPv4Network(text)
    for text in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
    )
)

_CIDR = "cidr: 10.20.0.0/16"
_ALLOW = "public_cidrs: [203.0.113.0/24]"


@needs("network", "region")
def zones_belong_to_the_region(settings: Settings) -> Iterator[Mistake]:
    """A zone's name is its region's and a letter."""
    for index, zone in enumerate(settings.network.zones):
        if zone[:-1] != settings.region:
            yield wrong(
                ("network", "zones", index),
                f'"{zone}" is not a zone of ferry:region {settings.region}',
                f"zones: [{', '.join(settings.region + letter for letter in 'abc')}]",
            )


@needs("network")
def each_zone_once(settings: Settings) -> Iterator[Mistake]:
    """Two entries of one zone look like two zones and are not."""
    zones = settings.network.zones
    for index, zone in enumerate(zones):
        if zone in zones[:index]:
            yield wrong(
                ("network", "zones", index),
                f'"{zone}" is given twice, so there are fewer zones than it seems',
                "zones: [us-east-1a, us-east-1b, us-east-1c]",
            )


@needs("environment", "network")
def enough_zones(settings: Settings) -> Iterator[Mistake]:
    """Data that is kept survives the loss of a zone with a quorum left."""
    count = len(set(settings.network.zones))
    if settings.environment.keeps_data and count < ZONES_FOR_DATA:
        yield wrong(
            ("network", "zones"),
            f"has {count} of the {ZONES_FOR_DATA} zones that {settings.environment} needs to outlive one",
            "zones: [us-east-1a, us-east-1b, us-east-1c]",
        )


@needs("environment", "network")
def nat_in_every_zone_where_data_is_kept(settings: Settings) -> Iterator[Mistake]:
    """One NAT gateway takes every zone's way out with it."""
    if settings.environment.keeps_data and settings.network.nat == "single":
        yield wrong(
            ("network", "nat"),
            f"is single, so the loss of one zone would cut off all of {settings.environment}",
            "nat: per_zone",
        )


@needs("network")
def network_holds_its_subnets(settings: Settings) -> Iterator[Mistake]:
    """The range is one that AWS takes, and has room for three subnets in every zone."""
    network = settings.network
    prefix = ipaddress.IPv4Network(network.cidr).prefixlen
    if prefix < LARGEST_VPC:
        yield wrong(("network", "cidr"), f"{network.cidr} is larger than AWS allows (/{LARGEST_VPC})", _CIDR)
        return
    plan = _subnets(settings)
    if isinstance(plan, str):
        yield wrong(("network", "cidr"), plan, _CIDR)


@needs("network", "karpenter", "cluster")
def network_holds_its_pods(settings: Settings) -> Iterator[Mistake]:
    """Every pod has an address of a private subnet; when they run out, pods wait and nobody sees why."""
    plan = _subnets(settings)
    if isinstance(plan, str):
        return  # said by network_holds_its_subnets
    there = sum(ipaddress.IPv4Network(subnet).num_addresses - RESERVED for subnet in plan.private)
    nodes = sum(pool.cpu_limit for pool in settings.karpenter.pools) // VCPUS_PER_NODE
    nodes += settings.cluster.system_nodes.max
    if nodes * ADDRESSES_PER_NODE > there:
        yield wrong(
            ("network", "cidr"),
            f"{settings.network.cidr} leaves {there} addresses for nodes and pods; the pools' cpu_limit and "
            f"the system nodes allow {nodes} nodes, which take {nodes * ADDRESSES_PER_NODE}",
            f"{_CIDR} (or lower the pools' cpu_limit)",
        )


def _subnets(settings: Settings) -> SubnetPlan | str:
    """The subnets, or why there can be none."""
    try:
        return subnet_plan(settings.network.cidr, len(settings.network.zones))
    except ValueError as error:
        return str(error)


@needs("network")
def images_and_tokens_need_no_internet(settings: Settings) -> Iterator[Mistake]:
    """Pulling images, taking on roles, writing logs and artifacts stay inside AWS (requirement A1)."""
    missing = [name for name in ENDPOINTS if name not in settings.network.endpoints]
    if missing:
        yield wrong(
            ("network", "endpoints"),
            f"lacks {', '.join(missing)}: that traffic would go out through NAT, and be paid for there",
            f"endpoints: [{', '.join(ENDPOINTS)}]",
        )


@needs("cluster")
def endpoint_is_never_open(settings: Settings) -> Iterator[Mistake]:
    """No environment lets the internet talk to its API server, whole or in pieces."""
    ranges = settings.cluster.endpoint.public_cidrs
    for index, text in enumerate(ranges):
        if ipaddress.IPv4Network(text).prefixlen == 0:
            yield wrong(
                ("cluster", "endpoint", "public_cidrs", index),
                f"{text} opens the Kubernetes API to the whole internet, which no environment may",
                _ALLOW,
            )
            return
    joined = ipaddress.collapse_addresses(ipaddress.IPv4Network(text) for text in ranges)
    total = sum(network.num_addresses for network in joined)
    if total > WIDEST_PUBLIC:
        yield wrong(
            ("cluster", "endpoint", "public_cidrs"),
            f"the ranges together hold {total} addresses (at most {WIDEST_PUBLIC}): the internet in pieces",
            _ALLOW,
        )


@needs("cluster")
def public_ranges_are_public(settings: Settings) -> Iterator[Mistake]:
    """EKS refuses private ranges here, minutes into the first ``up``."""
    for index, text in enumerate(settings.cluster.endpoint.public_cidrs):
        network = ipaddress.IPv4Network(text)
        if any(network.subnet_of(private) for private in PRIVATE_RANGES):
            yield wrong(
                ("cluster", "endpoint", "public_cidrs", index),
                f"{text} is a private range, and nobody comes from it over the internet; EKS refuses it",
                f"{_ALLOW} (or private: true alone)",
            )


@needs("environment", "cluster")
def endpoint_is_private_in_production(settings: Settings) -> Iterator[Mistake]:
    """Production is reached from inside the VPC only (requirement A2)."""
    endpoint = settings.cluster.endpoint
    if settings.environment is Environment.PROD and endpoint.public_cidrs:
        yield wrong(
            ("cluster", "endpoint", "public_cidrs"),
            "production's Kubernetes API is reached from inside the VPC only; its pipeline runs there",
            "public_cidrs: []",
        )
    if settings.environment.keeps_data and not endpoint.private:
        yield wrong(
            ("cluster", "endpoint", "private"),
            f"is false, so {settings.environment}'s nodes would reach their control plane over the internet",
            "private: true",
        )
    elif not endpoint.private and not endpoint.public_cidrs:
        yield wrong(
            ("cluster", "endpoint"),
            "is neither private nor public, so nobody could reach the cluster",
            "private: true",
        )


@needs("account", "cluster")
def access_is_for_the_own_account_once(settings: Settings) -> Iterator[Mistake]:
    """EKS takes principals of the cluster's own account, each once."""
    seen: set[str] = set()
    for index, entry in enumerate(settings.cluster.access):
        path = ("cluster", "access", index, "principal_arn")
        arn = entry.principal_arn
        right = f"principal_arn: arn:aws:iam::{settings.account}:role/ferry-operators"
        if arn.split(":")[4] != settings.account:
            yield wrong(path, f"{arn} is of another account than ferry:account; EKS refuses it", right)
        if arn in seen:
            yield wrong(path, f"{arn} has two entries; EKS takes one for each principal", right)
        seen.add(arn)


@needs("environment", "cluster")
def somebody_is_admin(settings: Settings) -> Iterator[Mistake]:
    """The cluster gives its creator no rights of its own, so without an admin nobody could use it."""
    if not any(entry.policy == "admin" and not entry.namespaces for entry in settings.cluster.access):
        role = f"arn:aws:iam::123456789012:role/ferry-{settings.environment}-apply"
        yield wrong(
            ("cluster", "access"),
            "names no admin of the whole cluster, so the program itself could not put anything into it",
            f"access: [{{principal_arn: '{role}', policy: admin}}]",
        )


RULES = (
    zones_belong_to_the_region,
    each_zone_once,
    enough_zones,
    nat_in_every_zone_where_data_is_kept,
    network_holds_its_subnets,
    network_holds_its_pods,
    images_and_tokens_need_no_internet,
    endpoint_is_never_open,
    public_ranges_are_public,
    endpoint_is_private_in_production,
    access_is_for_the_own_account_once,
    somebody_is_admin,
)
