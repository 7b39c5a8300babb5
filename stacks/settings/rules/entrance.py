"""The way in: that it is described where it is switched on, and that a zone's loss does not close it."""

from __future__ import annotations

from collections.abc import Iterator

from stacks.settings.mistakes import Mistake
from stacks.settings.model import Settings
from stacks.settings.rules.rule import needs, wrong

PROXIES_FOR_A_ZONE = 2
"""One proxy is closed with its zone."""

_ARN = "certificate_arn: arn:aws:acm:{region}:{account}:certificate/00000000-0000-0000-0000-000000000000"


@needs("rollout", "capabilities", "services")
def gateway_is_described(settings: Settings) -> Iterator[Mistake]:
    """Host name, certificate and image have no sensible default."""
    if "gateway" in settings.enabled and settings.services.gateway is None:
        yield wrong(
            ("services", "gateway"),
            "is missing, and the capability gateway is on: nobody could say which name and certificate "
            "callers would meet",
            "services: {gateway: {hostname: ml.example.com, …}} as in Pulumi.dev.yaml, or capabilities: "
            "{gateway: false}",
        )


@needs("region", "account", "services")
def certificate_is_of_this_place(settings: Settings) -> Iterator[Mistake]:
    """A load balancer takes certificates of its own region and account only."""
    gateway = settings.services.gateway
    place = f":{settings.region}:{settings.account}:"
    if gateway is not None and place not in gateway.certificate_arn:
        yield wrong(
            ("services", "gateway", "certificate_arn"),
            f"is not a certificate of {settings.account} in {settings.region}, so the load balancer would "
            "refuse it",
            _ARN.format(region=settings.region, account=settings.account),
        )


@needs("environment", "services")
def proxies_survive_a_zone(settings: Settings) -> Iterator[Mistake]:
    """Where data is kept, people depend on the way in."""
    gateway = settings.services.gateway
    if gateway is not None and settings.environment.keeps_data and gateway.replicas < PROXIES_FOR_A_ZONE:
        yield wrong(
            ("services", "gateway", "replicas"),
            f"is {gateway.replicas}, so {settings.environment} could not be reached once its zone is lost",
            "replicas: 3",
        )


RULES = (gateway_is_described, certificate_is_of_this_place, proxies_survive_a_zone)
