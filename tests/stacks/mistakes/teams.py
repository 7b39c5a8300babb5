"""Teams, their people and their quotas (B10)."""

from __future__ import annotations

from tests.stacks.mistakes.row import Row

TEAM = "services.teams[0]"

ROWS = [
    Row(
        "rights per team without a team",
        "prod",
        {"services.teams": []},
        "ferry:services.teams",
        "nobody would have a namespace",
        "name: fraud",
    ),
    Row(
        "teams without their capability",
        "prod",
        {"capabilities.team_access": False},
        "ferry:services.teams",
        "neither namespace nor rights",
        "team_access: false",
    ),
    Row(
        "team that is named as the platform's namespace",
        "dev",
        {f"{TEAM}.name": "kubeflow"},
        f"ferry:{TEAM}.name",
        "its people would rule over it",
        "name: fraud",
    ),
    Row(
        "team's role that has an access entry already",
        "dev",
        {f"{TEAM}.developers": ["arn:aws:iam::123456789012:role/ferry-dev-apply"]},
        f"ferry:{TEAM}.developers",
        "EKS allows one",
        "developers: [another role]",
    ),
    Row(
        "more GPUs than the pools may have",
        "dev",
        {f"{TEAM}.quota.gpus": 5},
        f"ferry:{TEAM}.quota.gpus",
        "all GPU pools together end at 4",
        "gpus: 4",
    ),
    Row(
        "quota without memory",
        "dev",
        {f"{TEAM}.quota.memory_gib": 0},
        f"ferry:{TEAM}.quota.memory_gib",
        "it must be at least 1",
        "memory_gib: 128",
    ),
]
