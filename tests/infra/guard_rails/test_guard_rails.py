"""Guard rails of teams as data (B9, B10): rights, limits, who enters.

What the fences let through is judged over the rendered objects, in ``tests/manifests/test_flows.py``. That
the API server refuses what a Role does not give is Kubernetes' own promise.
"""

from __future__ import annotations

import itertools

import pytest

from infra.guard_rails import limits, rights
from infra.guard_rails.rights import Part
from infra.specs.guard_rails import QuotaSpec, TeamSpec
from tests.infra.environments import build, made, settings

QUOTA = QuotaSpec(cpu=8, memory_gib=32, gpus=1, storage_gib=100, pods=20)
ANNA, BEN = "arn:aws:iam::123456789012:role/anna", "arn:aws:iam::123456789012:role/ben"
TEAMS = [
    TeamSpec(name="fraud", developers=[ANNA], viewers=[BEN], quota=QUOTA),
    TeamSpec(name="churn", developers=[ANNA, BEN], quota=QUOTA),
]


def allowed(part: Part) -> set[tuple[str, str, str]]:
    """Group, resource and verb of everything that a Role gives."""
    return {
        triple
        for rule in rights.rules(part)
        for triple in itertools.product(rule["apiGroups"], rule["resources"], rule["verbs"])
    }


@pytest.mark.parametrize("part", ["developers", "viewers"])
def test_nobody_in_a_team_reads_secrets_or_moves_its_fences(part: Part) -> None:
    given = allowed(part)
    assert not [item for item in given if item[1] == "secrets" or "*" in item]
    guarded = {"networkpolicies", "resourcequotas", "limitranges", "namespaces", "serviceaccounts"}
    assert {verb for _, resource, verb in given if resource in guarded} <= {"get", "list", "watch"}
    assert not [item for item in given if item[0] == "rbac.authorization.k8s.io"]


def test_viewers_change_nothing_and_look_into_no_container() -> None:
    given = allowed("viewers")
    assert {verb for _, _, verb in given} == {"get", "list", "watch"}
    assert not {"pods/exec", "pods/portforward"} & {resource for _, resource, _ in given}


def test_developers_run_what_the_platform_is_for() -> None:
    wanted = [("apps", "deployments"), ("batch", "jobs"), ("kubeflow.org", "experiments"), ("", "pods")]
    assert {(group, what, "create") for group, what in wanted} <= allowed("developers")
    assert ("", "pods/exec", "create") in allowed("developers")


def test_principal_of_two_teams_enters_once_with_all_its_groups() -> None:
    assert rights.memberships(TEAMS) == {
        ANNA: ["ferry:fraud:developers", "ferry:churn:developers"],
        BEN: ["ferry:fraud:viewers", "ferry:churn:developers"],
    }
    assert rights.memberships(TEAMS[::-1])[BEN] == ["ferry:churn:developers", "ferry:fraud:viewers"]


def test_team_without_gpus_gets_none_and_no_team_gets_a_load_balancer() -> None:
    hard = limits.quota(QuotaSpec(cpu=1, memory_gib=1))["hard"]
    assert hard["requests.nvidia.com/gpu"] == "0"
    assert (hard["services.loadbalancers"], hard["services.nodeports"]) == ("0", "0")
    assert limits.quota(QUOTA)["hard"]["requests.nvidia.com/gpu"] == "1"


def test_container_that_asks_for_nothing_still_counts_against_the_quota() -> None:
    (found,) = limits.limit_range(QUOTA)["limits"]
    assert found["defaultRequest"] == {"cpu": "100m", "memory": "256Mi"}
    assert found["max"] == {"memory": "32Gi"}


def test_teams_groups_have_no_policy_of_aws_so_their_roles_are_all_they_have() -> None:
    known = settings("dev")
    people = known.model_copy(update={"services": known.services.model_copy(update={"teams": TEAMS})})
    found = build(people)
    arns = {ANNA, BEN}
    entries = [
        item for item in found.of("aws:eks/accessEntry:AccessEntry") if item.inputs["principalArn"] in arns
    ]
    assert {item.inputs["principalArn"]: item.inputs["kubernetesGroups"] for item in entries} == (
        rights.memberships(TEAMS)
    )
    associated = found.of("aws:eks/accessPolicyAssociation:AccessPolicyAssociation")
    assert not [item for item in associated if item.inputs["principalArn"] in arns]


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_every_team_has_its_quota_its_limits_and_both_roles_bound(environment: str) -> None:
    def where(kind: str) -> list[str]:
        return sorted(
            item.inputs["metadata"]["namespace"] for item in made(environment).of(f"kubernetes:{kind}")
        )

    teams = sorted(team.name for team in settings(environment).services.teams)
    assert teams
    assert where("core/v1:ResourceQuota") == where("core/v1:LimitRange") == teams
    bindings = [
        item.inputs
        for item in made(environment).of("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding")
        if item.inputs["metadata"]["namespace"] in teams
    ]
    assert {(item["metadata"]["namespace"], item["subjects"][0]["name"]) for item in bindings} == {
        (team, f"ferry:{team}:{part}") for team in teams for part in ("developers", "viewers")
    }
    assert {item["roleRef"]["kind"] for item in bindings} == {"Role"}
