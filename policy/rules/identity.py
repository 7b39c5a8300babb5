"""Identities: who may become what, and how much that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from policy.model import Catalogue, Resource, Rule, Severity
from policy.reading import allows, conditions, everybody, label, many
from policy.rules.making import must_be_given

ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
POLICY = "aws:iam/policy:Policy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
LONG_LIVED = ("aws:iam/user:User", "aws:iam/accessKey:AccessKey", "aws:iam/userLoginProfile:UserLoginProfile")
STS = "sts.amazonaws.com"
_TOO_MUCH = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")
_GIVE_RIGHTS = frozenset(
    # Whoever may do one of these with any resource may give himself every right.
    {
        "iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:CreateAccessKey", "iam:CreatePolicyVersion",
        "iam:PassRole", "iam:PutRolePolicy", "iam:PutUserPolicy", "iam:SetDefaultPolicyVersion",
        "iam:UpdateAssumeRolePolicy", "sts:AssumeRole",
    }
)  # fmt: skip
_READS_DATA = frozenset(
    {"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "kms:Decrypt", "secretsmanager:GetSecretValue"}
)


def _policy(resource: Resource) -> Any:
    return resource.props.get("policy")


def _wild_actions(resource: Resource) -> list[str]:
    """``*`` and ``service:*``; a prefix such as ``ec2:Describe*`` reads and is FSBP's business, not ours."""
    return [
        f"{label(statement)} allows {action}"
        for statement in allows(_policy(resource))
        for action in many(statement.get("Action"))
        if action == "*" or str(action).endswith(":*")
    ]


def _everything(resource: Resource) -> list[str]:
    return [
        f"{label(statement)} allows every action on every resource"
        for statement in allows(_policy(resource))
        if "*" in many(statement.get("Action")) and "*" in many(statement.get("Resource"))
    ]


def _wild_on(actions: frozenset[str], resource: Resource) -> list[str]:
    return [
        f"{label(statement)} allows {action} on every resource"
        for statement in allows(_policy(resource))
        for action in many(statement.get("Action"))
        if action in actions and "*" in many(statement.get("Resource")) and not statement.get("Condition")
    ]


def _trust(resource: Resource) -> list[Mapping[str, Any]]:
    return allows(resource.props.get("assumeRolePolicy"))


def subject(statement: Mapping[str, Any]) -> str:
    """The service account that a trust statement names exactly, or an empty text."""
    for operator, key, values in conditions(statement):
        if operator == "StringEquals" and key.endswith(":sub") and len(values) == 1:
            return str(values[0])
    return ""


def federated(statement: Mapping[str, Any]) -> bool:
    """Whether a trust statement is for tokens of a cluster or another identity provider."""
    return "sts:AssumeRoleWithWebIdentity" in many(statement.get("Action"))


def _no_subject(resource: Resource) -> list[str]:
    return [
        "any service account of the cluster may take it: no exact :sub"
        for statement in _trust(resource)
        if federated(statement) and ("*" in subject(statement) or not subject(statement))
    ]


def _no_audience(resource: Resource) -> list[str]:
    found = []
    for statement in _trust(resource):
        pinned = any(
            operator == "StringEquals" and key.endswith(":aud") and values == [STS]
            for operator, key, values in conditions(statement)
        )
        if federated(statement) and not pinned:
            found.append(f"tokens that were made for somebody else are taken: :aud is not {STS}")
    return found


def _open_trust(resource: Resource) -> list[str]:
    return [
        "everybody may take it"
        for statement in _trust(resource)
        if everybody(statement.get("Principal")) and not statement.get("Condition")
    ]


def _too_much(resource: Resource) -> list[str]:
    arn = str(resource.props.get("policyArn") or "")
    return [f"it gets {name}" for name in _TOO_MUCH if arn.endswith(f"/{name}")]


_F, _OWN, _EKS = Catalogue.FSBP, Catalogue.FERRY, Catalogue.EKS
_CRITICAL, _HIGH = Severity.CRITICAL, Severity.HIGH
_DOCUMENTS = (ROLE_POLICY, POLICY)

# fmt: off
RULES: Sequence[Rule] = (
    Rule(
        "IAM.1", _F, _CRITICAL, _DOCUMENTS,
        "Whoever has the role has the account",
        "Name the actions and the resources",
        _everything,
    ),
    Rule(
        "IAM.21", _F, _HIGH, _DOCUMENTS,
        "It gains every right that AWS adds to the service later",
        "Name the actions",
        _wild_actions,
    ),
    Rule(
        "FERRY.IAM.1", _OWN, _CRITICAL, _DOCUMENTS,
        "Whoever has the role can give himself every other right",
        "Name the roles that it may pass or change",
        lambda resource: _wild_on(_GIVE_RIGHTS, resource),
    ),
    Rule(
        "KMS.2", _F, _HIGH, _DOCUMENTS,
        "It reads every store, key or secret of the account",
        "Name the ARNs, or bind it by a condition",
        lambda resource: _wild_on(_READS_DATA, resource),
    ),
    Rule(
        "EKS.IRSA.1", _EKS, _CRITICAL, [ROLE],
        "The commonest bug of its kind: every pod of the cluster has the role",
        'Pin "<issuer>:sub" to one system:serviceaccount:<namespace>:<name> with StringEquals',
        _no_subject,
    ),
    Rule(
        "EKS.IRSA.2", _EKS, _HIGH, [ROLE],
        "A token that a pod gave to another service opens the role",
        f'Pin "<issuer>:aud" to {STS} with StringEquals',
        _no_audience,
    ),
    Rule(
        "FERRY.IAM.2", _OWN, _CRITICAL, [ROLE],
        "Strangers' accounts can take the role",
        "Name the principal",
        _open_trust,
    ),
    Rule(
        "FERRY.IAM.3", _OWN, _HIGH, [ROLE],
        "A pipeline that may make roles could make one stronger than itself",
        "Give the environment's permissions_boundary",
        must_be_given("permissionsBoundary", "a permissions boundary"),
    ),
    Rule(
        "FERRY.IAM.4", _OWN, _CRITICAL, [ATTACHMENT],
        "Whoever has the role has the account",
        "Write a policy of its own with what it needs",
        _too_much,
    ),
    Rule(
        "IAM.3", _F, _CRITICAL, LONG_LIVED,
        "A long-lived key leaks sooner or later, and nobody notices",
        "Use a role: by OIDC from the pipeline, by IRSA from a pod",
        lambda _resource: ["it is a user or a key of its own"],
    ),
)
# fmt: on
