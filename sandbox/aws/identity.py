"""Who asks: the principal behind an access key, and what the account lets a role do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends


@dataclass(frozen=True)
class Principal:
    """Who signed a request.

    Attributes:
        arn: the session's ARN, or the account's root; ``anonymous`` for an unsigned request.
        role: the ARN behind a session, empty for the account's own keys.
        session_policy: policy given when the role was assumed, as JSON; empty without one.
    """

    arn: str
    role: str = ""
    session_policy: str = ""


ANONYMOUS = Principal("anonymous")


def principal_of(account: str, access_key: str) -> Principal:
    """A role session for keys that STS gave out; other keys are the account's own, whatever they are."""
    if not access_key:
        return ANONYMOUS
    for session in sts_backends[account]["aws"].assumed_roles:
        if session.access_key_id == access_key:
            return Principal(session.arn, session.role_arn, session.policy or "")
    return Principal(f"arn:aws:iam::{account}:root")


def role_of(account: str, arn: str) -> Any:
    """moto's role of that ARN, or None."""
    return next((role for role in iam_backends[account]["aws"].roles.values() if role.arn == arn), None)


def document(text: Any) -> Any:
    """A policy document, which IAM keeps as text, sometimes percent-encoded."""
    return json.loads(unquote(text)) if isinstance(text, str) else text


def policies_of(account: str, role_arn: str) -> list[dict[str, Any]]:
    """A role's inline and attached policies; none for a role that is gone."""
    role = role_of(account, role_arn)
    if role is None:
        return []
    attached = [_default_version(policy) for policy in role.managed_policies.values()]
    return [dict(document(text)) for text in [*role.policies.values(), *attached]]


def _default_version(policy: Any) -> Any:
    """The document in force of a managed policy, AWS's or the account's."""
    return next(one.document for one in policy.versions if one.version_id == policy.default_version_id)


def limits_of(account: str, principal: Principal) -> dict[str, dict[str, Any]]:
    """What only narrows a session: its role's permissions boundary and its own policy."""
    found: dict[str, dict[str, Any]] = {}
    role = role_of(account, principal.role)
    boundary = getattr(role, "permissions_boundary_arn", None)
    if boundary:
        known: Any = iam_backends[account]["aws"].managed_policies.get(boundary)
        found["permissions boundary"] = dict(document(_default_version(known))) if known else {}
    if principal.session_policy:
        found["session policy"] = dict(document(principal.session_policy))
    return found
