"""Who may do what in a team's namespace (B10); pure.

IAM principals become members of Kubernetes groups by EKS access entries; Roles in the team's namespace, and
nowhere else, give the groups rights. What decides about safety is in nobody's hands there: quotas, fences,
roles and the namespace itself change by review only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from infra.specs.guard_rails import TeamSpec

Part = Literal["developers", "viewers"]

READ = ["get", "list", "watch"]
WRITE = ["create", "update", "patch", "delete"]

_SEEN = [
    (["", "events.k8s.io"], ["events"]),
    ([""], ["pods", "pods/log", "services", "configmaps", "persistentvolumeclaims", "resourcequotas"]),
    ([""], ["limitranges", "serviceaccounts"]),
    (["apps"], ["deployments", "statefulsets", "daemonsets", "replicasets"]),
    (["batch"], ["jobs", "cronjobs"]),
    (["autoscaling"], ["horizontalpodautoscalers"]),
    (["policy"], ["poddisruptionbudgets"]),
    (["networking.k8s.io"], ["networkpolicies"]),
    (["gateway.networking.k8s.io"], ["httproutes"]),
    (["external-secrets.io"], ["externalsecrets"]),
    (["argoproj.io"], ["workflows"]),
    (["kubeflow.org"], ["experiments", "trials", "suggestions"]),
]
_RUN = [
    ([""], ["pods", "services", "configmaps", "persistentvolumeclaims"]),
    (["apps"], ["deployments", "statefulsets"]),
    (["batch"], ["jobs", "cronjobs"]),
    (["autoscaling"], ["horizontalpodautoscalers"]),
    (["policy"], ["poddisruptionbudgets"]),
    (["argoproj.io"], ["workflows"]),
    (["kubeflow.org"], ["experiments"]),
]


def group(team: str, part: Part) -> str:
    """The Kubernetes group of a part of a team."""
    return f"ferry:{team}:{part}"


def memberships(teams: Sequence[TeamSpec]) -> dict[str, list[str]]:
    """Each principal's groups; all of them, since EKS has one access entry for a principal."""
    found: dict[str, list[str]] = {}
    for team in teams:
        for principal in team.developers:
            found.setdefault(principal, []).append(group(team.name, "developers"))
        for principal in team.viewers:
            found.setdefault(principal, []).append(group(team.name, "viewers"))
    return found


def rules(part: Part) -> list[dict[str, Any]]:
    """Rules of the Role: viewers see everything but secrets; developers run things too."""
    seen = [_rule(groups, resources, READ) for groups, resources in _SEEN]
    if part == "viewers":
        return seen
    run = [_rule(groups, resources, WRITE) for groups, resources in _RUN]
    into = _rule([""], ["pods/exec", "pods/portforward"], ["create"])
    return [*seen, *run, into]


def subjects(team: str, part: Part) -> list[dict[str, str]]:
    """Who gets the Role."""
    return [{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": group(team, part)}]


def _rule(groups: list[str], resources: list[str], verbs: list[str]) -> dict[str, Any]:
    return {"apiGroups": groups, "resources": resources, "verbs": verbs}
