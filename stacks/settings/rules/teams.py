"""Teams: that there are some where they are promised, and that their rights and quotas can be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from stacks.settings import example
from stacks.settings.mistakes import Mistake
from stacks.settings.model import Settings
from stacks.settings.rules.rule import needs, wrong

_TEAMS = ("services", "teams")
TAKEN = frozenset(
    {
        "argo",
        "argocd",
        "cert-manager",
        "chatbot",
        "default",
        "external-secrets",
        "features",
        "ferry-system",
        "gateway",
        "gpu-checks",
        "gpu-daemons",
        "kubeflow",
        "logging",
        "mlflow",
        "monitoring",
        "pages",
        "serving",
        "workflows",
    }
)
"""Namespaces of the platform; a test compares them with what the program makes."""


@needs("services", "rollout", "capabilities")
def teams_are_named_where_their_rights_are_on(settings: Settings) -> Iterator[Mistake]:
    """Rights per team without a team would be none; teams without the capability would get none (B10)."""
    on, teams = "team_access" in settings.enabled, settings.services.teams
    if on and not teams:
        fact = "is empty, and the rollout switches team_access on: nobody would have a namespace"
        yield wrong(_TEAMS, fact, example.line(_TEAMS))
    if teams and settings.capabilities.get("team_access") is False:
        fact = "names teams, and a line switches team_access off: they would get neither namespace nor rights"
        yield wrong(_TEAMS, fact, "capabilities without the line team_access: false, or no teams")


@needs("services")
def teams_have_names_of_their_own(settings: Settings) -> Iterator[Mistake]:
    """A team's name is its namespace: given once, and not one of the platform's."""
    counted = Counter(team.name for team in settings.services.teams)
    for index, team in enumerate(settings.services.teams):
        if counted[team.name] > 1:
            yield wrong((*_TEAMS, index, "name"), f'"{team.name}" is given twice', "name: fraud")
        if team.name in TAKEN or team.name.startswith("kube-"):
            fact = f'"{team.name}" is a namespace of the platform; its people would rule over it'
            yield wrong((*_TEAMS, index, "name"), fact, "name: fraud")


@needs("services", "cluster")
def principals_enter_the_cluster_once(settings: Settings) -> Iterator[Mistake]:
    """EKS has one access entry for a principal: who administers is no member of a team."""
    entered = {entry.principal_arn for entry in settings.cluster.access}
    for index, team in enumerate(settings.services.teams):
        for part, principals in (("developers", team.developers), ("viewers", team.viewers)):
            for found in sorted(entered.intersection(principals)):
                fact = f"{found} has an access entry in ferry:cluster.access already, and EKS allows one"
                yield wrong((*_TEAMS, index, part), fact, f"{part}: [another role]")


@needs("services", "karpenter")
def quotas_can_be_met(settings: Settings) -> Iterator[Mistake]:
    """A team is promised no more GPUs than all pools together may have."""
    limits = [pool.gpu_limit for pool in settings.karpenter.pools if pool.kind == "gpu"]
    if not limits or 0 in limits:
        return  # other rules ask for the pool and its limit
    most = sum(limits)
    for index, team in enumerate(settings.services.teams):
        if team.quota.gpus > most:
            fact = f"is {team.quota.gpus}, and all GPU pools together end at {most}: its pods would wait"
            yield wrong((*_TEAMS, index, "quota", "gpus"), fact, f"gpus: {most}")


RULES = (
    teams_are_named_where_their_rights_are_on,
    teams_have_names_of_their_own,
    principals_enter_the_cluster_once,
    quotas_can_be_met,
)
