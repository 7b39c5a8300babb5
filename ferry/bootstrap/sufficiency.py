"""Whether the apply role may do what the program did: a policy too narrow shows in a rehearsal, not at 2 a.m.

Judged from the emulated AWS's call log. What the log cannot show stays open: ``iam:PassRole`` is no call, and
AWS checks some actions under names that differ from the call's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ferry.bootstrap import policies
from ferry.bootstrap.actions import BOUNDED_WRITES
from ferry.bootstrap.policies import Place
from sandbox.aws.policy import Request, evaluate

Call = Mapping[str, Any]
"""One line of the call log."""

UNSIGNED = frozenset({"sts:AssumeRoleWithWebIdentity"})
"""Calls that nobody signs: the role's trust policy judges the token, and no caller's policy is asked."""


def refused(calls: Iterable[Call], place: Place) -> list[str]:
    """Calls of the program that its apply role would be refused: ``action on resource``, each once, sorted.

    Args:
        calls: lines of the call log that the program made and that succeeded; those of pods and of
            Karpenter are not for this role.
        place: whose apply role.
    """
    return _refused(calls, place, [policies.apply_policy(place), policies.boundary(place)])


def over_the_ceiling(calls: Iterable[Call], place: Place) -> list[str]:
    """Calls of role sessions that the permissions boundary would refuse on AWS, named in the same way."""
    sessions = [call for call in calls if ":assumed-role/" in call["principal"]]
    return _refused(sessions, place, [policies.boundary(place)])


def _refused(calls: Iterable[Call], place: Place, documents: list[policies.Document]) -> list[str]:
    asked = {
        (str(call["action"]), resource)
        for call in calls
        if call["action"] not in UNSIGNED
        for resource in _resources(call)
    }
    return sorted(
        f"{action} on {resource}"
        for action, resource in asked
        if not all(_may(action, resource, place, document) for document in documents)
    )


def _resources(call: Call) -> list[str]:
    named = call.get("resource", "*")
    return [str(one) for one in named] if isinstance(named, list) else [str(named)]


def _may(action: str, resource: str, place: Place, document: policies.Document) -> bool:
    # The log has no condition keys; that every role carries the boundary is claimed by infra's own tests.
    context = {"iam:PermissionsBoundary": [place.boundary_arn]} if action in BOUNDED_WRITES else {}
    role = f"arn:aws:iam::{place.account}:role/{place.role('apply')}"
    return evaluate(Request(role, action, resource, context), [document]).allowed
