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
    "deployment_sync": (
        "argo_cd",
        "argo_cd: {repository: 'https://github.com/example/models.git', domain: argocd.example.com}",
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


RULES = (service_is_told_what_it_needs, alerts_have_a_way_out)
