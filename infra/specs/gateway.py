"""The way in: Envoy Gateway behind a network load balancer."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from infra.specs.base import Spec
from infra.specs.domain import CertificateArn, Cidr, HostName, ImageDigest


class GatewaySpec(Spec):
    """Gateway, proxies, and the controller that makes their load balancer.

    Attributes:
        envoy_image: the proxy, by digest.
        replicas: proxies; two or more, in different zones, where data is kept.
        scheme: ``internal`` (from the VPC and what is connected to it) or ``internet-facing``.
        allowed_cidrs: who may connect to the load balancer.
        hostname: what callers ask for, ``ml.example.com``; a name below ``*.`` covers one level.
        certificate_arn: certificate of that name in ACM, in the environment's region and account.
    """

    envoy_image: ImageDigest
    replicas: int = Field(ge=1, le=20, default=2)
    scheme: Literal["internal", "internet-facing"] = "internal"
    allowed_cidrs: list[Cidr] = Field(min_length=1)
    hostname: HostName
    certificate_arn: CertificateArn
