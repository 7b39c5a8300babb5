"""What a chain of services promises: the product of their agreements, and the minutes a month it allows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

MONTH_MINUTES = 30 * 24 * 60
"""AWS's agreements count by the month; a month of 30 days has 43,200 minutes."""


@dataclass(frozen=True)
class Service:
    """One link of a chain.

    Attributes:
        name: for people.
        promised: monthly uptime of its service level agreement, as a share of 1.
        source: the agreement.
        on_request: whether an inference request needs it while it is answered.
    """

    name: str
    promised: float
    source: str
    on_request: bool


FIGURES = (
    "Figures: the agreements as the project's founding measurements used them in 2026. A secondary table of "
    "31 January 2019 (cloudonaut.io, 'AWS SLA: Are you able to keep your availability promise?') has the "
    "same for load balancer, EC2, RDS and S3, and 99.9% for EKS at that time. Read the agreements before "
    "you promise anything."
)
"""Where the figures come from, and how far they may be trusted."""

SERVICES = (
    Service("load balancer", 0.9999, "https://aws.amazon.com/elasticloadbalancing/sla/", on_request=True),
    Service("nodes in several zones", 0.9999, "https://aws.amazon.com/compute/sla/", on_request=True),
    Service("Redis in several zones", 0.9999, "https://aws.amazon.com/elasticache/sla/", on_request=True),
    Service("Kubernetes API", 0.9995, "https://aws.amazon.com/eks/sla/", on_request=False),
    Service("Postgres in several zones", 0.9995, "https://aws.amazon.com/rds/sla/", on_request=False),
    Service("S3", 0.999, "https://aws.amazon.com/s3/sla/", on_request=False),
)
"""Everything that the platform stands on. The lower three are why a Ready pod needs none of them."""


def series(services: Sequence[Service]) -> float:
    """Uptime of a chain that works only while every link does."""
    return math.prod(service.promised for service in services)


def down_minutes(uptime: float) -> float:
    """Minutes of a month in which it may be down."""
    return (1 - uptime) * MONTH_MINUTES


def on_request() -> list[Service]:
    """What an inference request needs while it is answered."""
    return [service for service in SERVICES if service.on_request]
