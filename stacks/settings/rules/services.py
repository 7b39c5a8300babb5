"""What a service has to be told before it can be switched on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stacks.settings.mistakes import Mistake
from stacks.settings.model import Settings
from stacks.settings.rules.rule import needs, wrong

WANTED: Mapping[str, tuple[str, str]] = {
    "gpu_monitoring": (
        "gpu",
        "gpu: {check_image: 'nvcr.io/nvidia/cuda@sha256:…'}",
    ),
    "basic_metrics": (
        "watching",
        "watching: {domain: grafana.example.com, slack_channel: '#ml-platform'}",
    ),
    "single_sign_on": (
        "single_sign_on",
        "single_sign_on: {issuer: 'https://login.example.com/realms/ml', …} as in Pulumi.dev.yaml",
    ),
    "chatbot": (
        "chatbot",
        "chatbot: {image: 'registry.example.com/chatbot@sha256:…'}",
    ),
    "deployment_sync": (
        "argo_cd",
        "argo_cd: {repository: 'https://github.com/example/models.git', domain: argocd.example.com}",
    ),
    "hyperparameter_search": (
        "katib",
        "katib: {digests: {…}} (Pulumi.dev.yaml has the names)",
    ),
    "pipelines": (
        "pipelines",
        "pipelines: {database: {…}, digests: {…}} (Pulumi.dev.yaml has the names)",
    ),
}
"""Capability to the key below ``ferry:services`` that it cannot do without, and a right line for it."""


@needs("rollout", "capabilities", "services")
def service_is_told_what_it_needs(settings: Settings) -> Iterator[Mistake]:
    """A capability that is on has the settings for which there is no default."""
    for capability, (key, example) in WANTED.items():
        if capability in settings.enabled and getattr(settings.services, key) is None:
            fact = f'the capability "{capability}" is on, and nothing is said under {key}, for which there is'
            yield wrong(("services", key), f"{fact} no default", example)


@needs("rollout", "capabilities")
def alerts_have_a_way_out(settings: Settings) -> Iterator[Mistake]:
    """Slack's webhook and Grafana's password come by external-secrets."""
    if "basic_metrics" in settings.enabled and "cluster_services" not in settings.enabled:
        yield wrong(
            ("capabilities", "cluster_services"),
            "is off while basic_metrics is on: Slack's webhook and Grafana's password would not reach the "
            "cluster, so no alert would reach anybody",
            "cluster_services: true",
        )


@needs("rollout", "capabilities")
def pages_have_a_way_in(settings: Settings) -> Iterator[Mistake]:
    """People come by the gateway, and clients' secrets by external-secrets."""
    wanted = {"single_sign_on": ("gateway", "cluster_services"), "chatbot": ("gateway",)}
    for capability, needed in wanted.items():
        for other in needed:
            if capability in settings.enabled and other not in settings.enabled:
                fact = f"is off while {capability} is on: nobody could come to its pages and log in"
                yield wrong(("capabilities", other), fact, f"{other}: true")


@needs("services")
def issuer_sends_people_back_to_one_name(settings: Settings) -> Iterator[Mistake]:
    """An issuer knows whole addresses only."""
    gateway, issuer = settings.services.gateway, settings.services.single_sign_on
    if gateway is not None and issuer is not None and gateway.hostname.startswith("*."):
        yield wrong(
            ("services", "gateway", "hostname"),
            "stands for many names, and the issuer has to know the one to which it sends people back",
            "hostname: ml.example.com",
        )


RULES = (
    service_is_told_what_it_needs,
    alerts_have_a_way_out,
    pages_have_a_way_in,
    issuer_sends_people_back_to_one_name,
)
