"""Who a token of ``aws eks get-token`` is, and what EKS's access policies let them do. Pure.

The token is a signed address of STS's GetCallerIdentity; whoever asks that address learns who signed it.
Sources: the EKS user guide ("access entries", "review access policy permissions"); the format is
aws-iam-authenticator's.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.controlplane.client import MANAGER, Object

PREFIX = "k8s-aws-v1."
CLUSTER_HEADER = "x-k8s-aws-id"
_LIFE = datetime.timedelta(minutes=15)
_STAMP = "%Y%m%dT%H%M%SZ"
_GROUP = "rehearsal.ferry"
_READ = ["get", "list", "watch"]

# AWS's policy → the upstream cluster role that it copies, or the rules of one that upstream lacks.
_ROLES = {
    "AmazonEKSClusterAdminPolicy": "cluster-admin",
    "AmazonEKSAdminPolicy": "admin",
    "AmazonEKSEditPolicy": "edit",
    "AmazonEKSViewPolicy": "view",
}
_RULES = {
    "AmazonEKSAdminViewPolicy": [{"apiGroups": ["*"], "resources": ["*"], "verbs": _READ}],
    "AmazonEKSSecretReaderPolicy": [{"apiGroups": [""], "resources": ["secrets"], "verbs": _READ}],
}


class TokenError(Exception):
    """The token proves nothing; the message says why."""


@dataclass(frozen=True)
class Caller:
    """Who STS says asked: the IAM principal, and the session of a role (empty for a user)."""

    principal: str
    session: str = ""


@dataclass(frozen=True)
class Grant:
    """An access policy in its scope; no namespaces means the whole cluster."""

    policy: str
    namespaces: tuple[str, ...] = ()

    def group(self, namespace: str | None) -> str:
        """The group by which RBAC knows this grant, in a namespace or everywhere."""
        return ":".join([_GROUP, self.policy, *([namespace] if namespace else [])])


@dataclass(frozen=True)
class User:
    """A person or machine as the API server is told."""

    name: str
    groups: list[str] = field(default_factory=list)


def signed_query(token: str, now: datetime.datetime) -> str:
    """The query that STS is to be asked, out of a token.

    Raises:
        TokenError: it is no such token, asks for something else, names no cluster, or has expired.
    """
    text = token.removeprefix(PREFIX)
    try:
        url = urlsplit(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
    except (ValueError, binascii.Error) as error:
        raise TokenError("the token is not a signed address") from error
    query = {key: values[0] for key, values in parse_qs(url.query).items()}
    if query.get("Action") != "GetCallerIdentity":
        raise TokenError("the token asks STS for something other than who signed it")
    if CLUSTER_HEADER not in query.get("X-Amz-SignedHeaders", "").split(";"):
        raise TokenError("the token was not signed for a cluster")
    signed = datetime.datetime.strptime(query.get("X-Amz-Date", "19700101T000000Z"), _STAMP)
    if not abs(now - signed.replace(tzinfo=datetime.UTC)) <= _LIFE:
        raise TokenError("the token has expired")
    return url.query


def authorization(query: str) -> str:
    """A signature in a query as the header that it stands for: the emulator looks only there."""
    values = {key.removeprefix("X-Amz-"): found[0] for key, found in parse_qs(query).items()}
    parts = (f"{key}={values.get(key, '')}" for key in ("Credential", "SignedHeaders", "Signature"))
    return f"{values.get('Algorithm', '')} {', '.join(parts)}"


def caller(arn: str) -> Caller:
    """The principal behind an ARN of STS's: a role's session stands for the role."""
    _, _, _, _, account, resource = arn.split(":", 5)
    kind, _, rest = resource.partition("/")
    if kind != "assumed-role":
        return Caller(arn)
    name, _, session = rest.rpartition("/")
    return Caller(f"arn:aws:iam::{account}:role/{name}", session)


def grants(associated: Sequence[Mapping[str, Any]]) -> list[Grant]:
    """EKS's associated access policies."""
    return [
        Grant(item["policyArn"].rsplit("/", 1)[-1], tuple(item["accessScope"].get("namespaces") or ()))
        for item in associated
    ]


def user(entry: Mapping[str, Any], who: Caller, given: Sequence[Grant], namespaces: Sequence[str]) -> User:
    """What an access entry makes of its principal.

    Args:
        namespaces: those that exist; a grant's scope may be a pattern.
    """
    account = who.principal.split(":")[4]
    name = entry["username"].replace("{{SessionName}}", who.session).replace("{{AccountID}}", account)
    groups = [*entry.get("kubernetesGroups", [])]
    for grant in given:
        scope = matching(grant, namespaces) if grant.namespaces else [None]
        groups += [grant.group(namespace) for namespace in scope]
    return User(name, groups)


def matching(grant: Grant, namespaces: Sequence[str]) -> list[str]:
    """The existing namespaces that a grant covers."""
    return [
        namespace
        for namespace in namespaces
        if any(fnmatch.fnmatchcase(namespace, pattern) for pattern in grant.namespaces)
    ]


def objects(grant: Grant, namespaces: Sequence[str]) -> list[Object]:
    """The RBAC objects that give a grant's groups what the policy gives."""
    own = f"{_GROUP}:{grant.policy}"
    made: list[Object] = []
    if grant.policy in _RULES:
        made.append(_object("ClusterRole", own, None, rules=_RULES[grant.policy]))
    elif grant.policy not in _ROLES:
        return []
    reference = {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": _ROLES.get(grant.policy, own),
    }
    scope = matching(grant, namespaces) if grant.namespaces else [None]
    for namespace in scope:
        kind = "RoleBinding" if namespace else "ClusterRoleBinding"
        subject = {"apiGroup": reference["apiGroup"], "kind": "Group", "name": grant.group(namespace)}
        made.append(_object(kind, own, namespace, roleRef=reference, subjects=[subject]))
    return made


def _object(kind: str, name: str, namespace: str | None, **content: Any) -> Object:
    meta: dict[str, Any] = {"name": name, "labels": {"rehearsal.ferry/made-by": MANAGER}}
    if namespace:
        meta["namespace"] = namespace
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": meta, **content}
