"""IAM's verdict on one request. Pure: policies and a request in, a verdict out.

Semantics: IAM user guide, "Policy evaluation logic" for requests within one account. What this evaluator does
not know raises :class:`UnsupportedPolicyError`; it never allows by not understanding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.aws.conditions import (
    Context,
    UnsupportedPolicyError,
    hold,
    like,
    many,
    matches,
    tag_context,
)

__all__ = [
    "Context",
    "Policy",
    "Request",
    "UnsupportedPolicyError",
    "Verdict",
    "evaluate",
    "statements",
    "tag_context",
    "trusts",
]

Policy = Mapping[str, Any]
Statement = Mapping[str, Any]

_KNOWN = {
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}
_ACCOUNT = re.compile(r"(?:arn:aws[a-z-]*:iam::)?(\d{12})(?::root)?")
_DIRECT, _DELEGATED = "direct", "delegated"


@dataclass(frozen=True)
class Request:
    """One question to IAM.

    Attributes:
        principal: ARN of who asks: a user, a role session (``arn:aws:sts::…:assumed-role/…``) or a service
            (``ec2.amazonaws.com``) or a federated provider's ARN.
        action: ``s3:PutObject``.
        resource: ARN, or ``*`` where the action has none.
        context: condition key → values; keys compare without regard to case.
        role: ARN of the role behind an assumed-role session; policies name either.
    """

    principal: str
    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)
    role: str = ""


@dataclass(frozen=True)
class Verdict:
    """Whether it is allowed, and the reason in AWS's words."""

    allowed: bool
    reason: str


def evaluate(
    request: Request,
    identity: Sequence[Policy],
    resource: Policy | None = None,
    *,
    limits: Mapping[str, Policy] | None = None,
    gated: bool = False,
) -> Verdict:
    """The verdict of all policies together, within one account.

    Args:
        identity: the principal's own policies.
        resource: the resource's policy, if it has one.
        limits: policies that only narrow, by kind: ``permissions boundary``, ``session policy``.
        gated: the resource's policy must allow too, itself or by leaving it to the account: KMS keys and
            trust policies of roles.

    Raises:
        UnsupportedPolicyError: a policy that bears on the request is not understood.
    """
    limits = limits or {}
    kinds = {"identity-based policy": list(identity), **{kind: [one] for kind, one in limits.items()}}
    for kind, found in kinds.items():
        if any(_says("Deny", policy, request) for policy in found):
            return Verdict(False, f"with an explicit deny in {_a(kind)}")
    theirs = statements(resource) if resource else []
    if any(s["Effect"] == "Deny" and _about(s, request) and _whom(s, request) for s in theirs):
        return Verdict(False, "with an explicit deny in a resource-based policy")
    granted = {_whom(s, request) for s in theirs if s["Effect"] == "Allow" and _about(s, request)} - {""}
    if gated and not granted:
        return _missing("resource-based policy", request)
    if _DIRECT not in granted and not any(_says("Allow", policy, request) for policy in identity):
        return _missing("identity-based policy", request)
    for kind, limit in limits.items():
        if not _says("Allow", limit, request):
            return _missing(kind, request)
    return Verdict(True, "allowed")


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _missing(kind: str, request: Request) -> Verdict:
    return Verdict(False, f"because no {kind} allows the {request.action} action")


def trusts(policy: Policy, request: Request) -> bool:
    """Whether a role's trust policy lets ``request.principal`` assume it."""
    found = [one for one in statements(policy) if _about(one, request, resource=False)]
    whom = {one["Effect"] for one in found if _whom(one, request)}
    return whom == {"Allow"}


def statements(policy: Policy) -> list[Statement]:
    """The policy's statements, each with only elements that are known.

    Raises:
        UnsupportedPolicyError: an element or an effect is not known.
    """
    found = policy.get("Statement", [])
    listed = [found] if isinstance(found, Mapping) else list(found)
    for statement in listed:
        if unknown := set(statement) - _KNOWN:
            raise UnsupportedPolicyError(
                f"a statement has {', '.join(sorted(unknown))}, which IAM does not know"
            )
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise UnsupportedPolicyError(f"a statement's effect is {statement.get('Effect')!r}")
    return listed


def _says(effect: str, policy: Policy, request: Request) -> bool:
    """Whether an identity policy has such a statement about the request."""
    return any(one["Effect"] == effect and _about(one, request) for one in statements(policy))


def _about(statement: Statement, request: Request, *, resource: bool = True) -> bool:
    """Whether the statement speaks of this action, this resource and this situation."""
    return (
        _listed(statement, "Action", lambda pattern: like(pattern.lower(), request.action.lower()))
        and (not resource or _resource(statement, request))
        and hold(statement.get("Condition", {}), request.context)
    )


def _resource(statement: Statement, request: Request) -> bool:
    if "Resource" not in statement and "NotResource" not in statement:
        return True
    return _listed(statement, "Resource", lambda pattern: matches(pattern, request.resource, request.context))


def _listed(statement: Statement, key: str, fits: Callable[[str], bool]) -> bool:
    if key in statement:
        return any(map(fits, many(statement[key])))
    return f"Not{key}" in statement and not any(map(fits, many(statement[f"Not{key}"])))


# --- principals --------------------------------------------------------------------------------------------


def _whom(statement: Statement, request: Request) -> str:
    """How a resource's statement means the principal: directly, by its account, or (empty) not at all.

    A Deny that names the account means everybody in it.
    """
    if "NotPrincipal" in statement:
        return "" if _named(statement["NotPrincipal"], request) else _DIRECT
    return _named(statement.get("Principal", {}), request)


def _named(principal: Any, request: Request) -> str:
    if principal == "*":
        return _DIRECT
    if not isinstance(principal, Mapping):
        raise UnsupportedPolicyError(f"a principal is {principal!r}")
    who = {request.principal, request.role} - {""}
    kind = _kind(request.principal)
    names = [name for given, listed in principal.items() if given == kind for name in many(listed)]
    if who & set(names) or (kind == "AWS" and "*" in names):
        return _DIRECT
    return _DELEGATED if kind == "AWS" and any(_is_account(name, who) for name in names) else ""


def _kind(principal: str) -> str:
    """The word under which policies name such a principal."""
    if ":oidc-provider/" in principal or ":saml-provider/" in principal:
        return "Federated"
    return "AWS" if principal.startswith("arn:") else "Service"


def _is_account(name: str, who: set[str]) -> bool:
    """``arn:aws:iam::123456789012:root`` and the bare number stand for everybody in the account."""
    found = _ACCOUNT.fullmatch(name)
    return found is not None and any(one.split(":")[4:5] == [found[1]] for one in who)
