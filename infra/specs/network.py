"""The network of an environment, and the arithmetic that divides it."""

from __future__ import annotations

import ipaddress
from typing import Literal

from pydantic import Field

from infra.specs.base import Spec
from infra.specs.domain import Cidr, EndpointName, RetentionDays, ZoneName
from infra.specs.on_premises import OnPremisesSpec

_PRIVATE_PREFIX = 2
"""A private subnet takes a quarter of the network (prefix + 2): pods get addresses of their own there."""
_SMALL_PREFIX = 24
"""Public and intra subnets hold load balancers, NAT and data stores: 251 usable addresses each are plenty."""
_MAX_ZONES = 3


class NetworkSpec(Spec):
    """A VPC over several zones.

    Attributes:
        cidr: the whole range, /16 to /19.
        zones: availability zones; two at least (EKS's own demand), three for data that survives one.
        nat: ``single`` (cheap; a zone's outage cuts the others off) or ``per_zone``.
        endpoints: AWS services reached without the internet, by their endpoint's short name.
        flow_log_retention_days: days that flow logs are kept.
        on_premises: the site that workloads still run at; none: no way in.
    """

    cidr: Cidr
    zones: list[ZoneName] = Field(min_length=2, max_length=_MAX_ZONES)
    nat: Literal["single", "per_zone"]
    endpoints: list[EndpointName] = Field(default_factory=lambda: ["s3", "ecr.api", "ecr.dkr", "sts", "logs"])
    flow_log_retention_days: RetentionDays
    on_premises: OnPremisesSpec | None = None


class SubnetPlan(Spec):
    """Ranges by kind, one per zone, in the order of the zones."""

    public: list[str]
    private: list[str]
    intra: list[str]


def subnet_plan(cidr: str, zones: int) -> SubnetPlan:
    """Divides a network: a quarter of it to each zone's private subnet, the last quarter to the small ones.

    Raises:
        ValueError: the network can't hold them; says how large it must be.
    """
    network = ipaddress.IPv4Network(cidr)
    if zones > _MAX_ZONES:
        raise ValueError(f"{zones} zones are more than the {_MAX_ZONES} that one network is divided for")
    quarters = list(network.subnets(prefixlen_diff=_PRIVATE_PREFIX))
    last = quarters[-1]
    if last.prefixlen > _SMALL_PREFIX or 2 ** (_SMALL_PREFIX - last.prefixlen) < 2 * zones:
        raise ValueError(
            f"{cidr} is too small for {zones} zones: each needs a quarter of it for pods and two /24 for "
            "load balancers and data; a /19 is the least for three zones, a /16 is usual"
        )
    small = [str(subnet) for subnet in last.subnets(new_prefix=_SMALL_PREFIX)]
    return SubnetPlan(
        public=small[:zones],
        private=[str(subnet) for subnet in quarters[:zones]],
        intra=small[zones : 2 * zones],
    )
