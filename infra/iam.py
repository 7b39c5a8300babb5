"""IAM documents as data, built by pure functions; a wildcard is not written without its reason (A4)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Conditions = Mapping[str, Mapping[str, str | Sequence[str]]]
"""Operator, key, value(s): ``{"StringEquals": {"aws:SourceAccount": "123456789012"}}``."""

STS = "sts.amazonaws.com"
"""The audience of every service-account token that AWS may accept."""

_ONE_BUCKETS_OBJECTS = re.compile(r"arn:aws:s3:::[^*]+/[^*]*\*")


class WildcardError(ValueError):
    """An Allow that is wider than it says why."""


@dataclass(frozen=True)
class Statement:
    """One statement of a policy.

    Attributes:
        actions: exact actions, ``s3:GetObject``.
        resources: ARNs; every key under one named bucket (``arn:aws:s3:::name/*``) is not a wildcard.
        effect: Allow, or Deny, which may be as wide as it likes.
        conditions: all of them must hold.
        principals: of a resource's policy: ``{"Service": "…"}``; none in a role's policy.
        sid: name of the statement.
        reason: why a wildcard is needed; for the reader of the program, IAM has no place for it.

    Raises:
        WildcardError: an Allow has a wildcard and no reason.
    """

    actions: Sequence[str]
    resources: Sequence[str]
    effect: Literal["Allow", "Deny"] = "Allow"
    conditions: Conditions = field(default_factory=dict)
    principals: str | Mapping[str, str | Sequence[str]] | None = None
    sid: str | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        wild = [action for action in self.actions if "*" in action]
        wild += [item for item in self.resources if "*" in item and not _ONE_BUCKETS_OBJECTS.fullmatch(item)]
        if wild and self.effect == "Allow" and not self.reason:
            raise WildcardError(
                f"{self.sid or 'a statement'} allows {', '.join(wild)}: more than anybody asked for. "
                "Name the action and the resource, or give the reason why that cannot be done."
            )

    def as_dict(self) -> dict[str, Any]:
        """The statement as IAM writes it."""
        written: dict[str, Any] = {"Sid": self.sid} if self.sid else {}
        written["Effect"] = self.effect
        if self.principals is not None:
            written["Principal"] = self.principals
        written["Action"] = _one_or_many(self.actions)
        written["Resource"] = _one_or_many(self.resources)
        if self.conditions:
            written["Condition"] = {operator: dict(keys) for operator, keys in self.conditions.items()}
        return written


def document(statements: Iterable[Statement]) -> str:
    """A policy document as JSON text, the same text for the same statements."""
    return _text([statement.as_dict() for statement in statements])


def trust_service(
    service: str, conditions: Conditions | None = None, actions: Sequence[str] = ("sts:AssumeRole",)
) -> str:
    """Trust in an AWS service, e.g. ``ec2.amazonaws.com``; conditions keep other accounts from using it."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": _one_or_many(actions),
    }
    if conditions:
        statement["Condition"] = {operator: dict(keys) for operator, keys in conditions.items()}
    return _text([statement])


def trust_service_account(provider_arn: str, issuer: str, namespace: str, account: str) -> str:
    """Trust in one service account of one cluster, for tokens that were made for AWS.

    Both the subject and the audience are pinned: without the first any service account of the cluster could
    take the role, without the second a token made for somebody else.

    Args:
        provider_arn: IAM's OIDC provider of the cluster.
        issuer: the cluster's issuer, with or without ``https://``.
        namespace: of the service account.
        account: its name.
    """
    host = issuer.removeprefix("https://")
    exact = {f"{host}:sub": f"system:serviceaccount:{namespace}:{account}", f"{host}:aud": STS}
    return _text(
        [
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider_arn},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": exact},
            }
        ]
    )


def _text(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def _one_or_many(values: Sequence[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)
