"""Rights of the roles that acted, held against what they did: none too few, none too many (A4).

The emulated AWS evaluates each session's policies and writes down every call, so a right that is missing is a
refusal in its log. A right that was not used is too much, unless a line of ``unused_rights.yaml`` says why.
Roles whose pods are only simulated make no call; of them this says nothing.
"""

from __future__ import annotations

import fnmatch
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from ferry.rehearsal.checks.context import CheckContext, Note, Object
from ferry.rehearsal.checks.graph import plain
from ferry.report.model import Check, Claim
from policy.reading import allows, many

ENOUGH = Claim("rights.enough", "A4", "no controller was refused what it asked AWS for")
USED = Claim(
    "rights.used", "A4", "every right of a role that acted was used, or somebody said why it was not"
)

REASONS = Path(__file__).with_name("unused_rights.yaml")
PROBED = frozenset({"pipeline-runner"})
"""Roles that another check makes ask for what they must be refused."""
_REFUSALS = ("AccessDenied", "UnauthorizedOperation", "Forbidden", "403")
_ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"

Call = Mapping[str, Any]
Actions = Mapping[str, Collection[str]]
"""Role → actions."""


def run(context: CheckContext, note: Note) -> list[Check]:
    """Read the log and the stack's own policies."""
    note("the log of every call")
    prefix = f"{context.settings.cluster_name}-"
    calls = [json.loads(line) for line in context.spec.calls.read_text().splitlines()]
    asked, turned_down = sorted_out(calls, prefix)
    if not asked:
        return [ENOUGH.failed("no role of the stack has called AWS"), USED.failed("see above")]
    reasons = yaml.safe_load(REASONS.read_text())
    return [
        ENOUGH.none_of(turned_down, "refusals"),
        USED.none_of(too_much(granted(context.resources, prefix), asked, reasons), "rights"),
    ]


def sorted_out(calls: Iterable[Call], prefix: str) -> tuple[dict[str, set[str]], list[str]]:
    """What each role asked for, and what a controller was refused; roles without the stack's name."""
    asked: dict[str, set[str]] = defaultdict(set)
    refused = set()
    for call in calls:
        role = _role(str(call["principal"]), prefix)
        if role:
            asked[role].add(call["action"])
            if role not in PROBED and any(word in str(call["error"]) for word in _REFUSALS):
                refused.add(f"{role} was refused {call['action']} on {call['resource']}")
    return dict(asked), sorted(refused)


def _role(principal: str, prefix: str) -> str:
    kind, _, rest = principal.rpartition(":")[2].partition("/")
    name = rest.partition("/")[0]
    return name.removeprefix(prefix) if kind == "assumed-role" and name.startswith(prefix) else ""


def granted(resources: Iterable[Object], prefix: str) -> dict[str, set[str]]:
    """Actions that each role of the stack is allowed by its own policies."""
    found: dict[str, set[str]] = defaultdict(set)
    for item in resources:
        if item["type"] == _ROLE_POLICY:
            inputs = plain(item.get("inputs") or {})
            role = str(inputs.get("role")).removeprefix(prefix)
            for statement in allows(inputs.get("policy")):
                found[role].update(str(action) for action in many(statement.get("Action")))
    return dict(found)


def too_much(rights: Actions, asked: Actions, reasons: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Rights of roles that acted which they neither used nor have a reason for."""
    return sorted(
        f"{role} may {right} and never did"
        for role in asked
        for right in rights.get(role, ())
        if not any(fnmatch.fnmatchcase(action, right) for action in asked[role])
        and right not in reasons.get(role, {})
    )
