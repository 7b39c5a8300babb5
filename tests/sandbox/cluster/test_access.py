"""Proves who a token is taken for, what of it is refused, and what an access policy gives where. Pure.

With real tokens, a real API server and RBAC: ``test_stand_ins.py``.
"""

from __future__ import annotations

import base64
import datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from sandbox.cluster.access import (
    PREFIX,
    Caller,
    Grant,
    TokenError,
    authorization,
    caller,
    objects,
    signed_query,
    user,
)

NOW = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
POLICY = "AmazonEKSViewPolicy"
ENTRY = {
    "username": "arn:aws:sts::123456789012:assumed-role/dev/{{SessionName}}",
    "kubernetesGroups": ["data-science"],
}


def token(**changes: str) -> str:
    """A token as the AWS CLI makes it, signed at noon."""
    query = {
        "Action": "GetCallerIdentity",
        "Version": "2011-06-15",
        "X-Amz-Date": "20260101T120000Z",
        "X-Amz-SignedHeaders": "host;x-k8s-aws-id",
        **changes,
    }
    url = f"https://sts.us-east-1.amazonaws.com/?{urlencode(query)}"
    return PREFIX + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def test_query_of_a_good_token_is_passed_on_whole() -> None:
    assert "Action=GetCallerIdentity" in signed_query(token(), NOW)
    assert "X-Amz-Date=20260101T120000Z" in signed_query(token(), NOW + datetime.timedelta(minutes=14))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"Action": "AssumeRole"}, "something other"),
        ({"X-Amz-SignedHeaders": "host"}, "not signed for a cluster"),
        ({"X-Amz-Date": "20260101T110000Z"}, "expired"),
        ({"X-Amz-Date": "20260101T130000Z"}, "expired"),
    ],
)
def test_token_that_proves_nothing_is_refused(wrong: dict[str, str], why: str) -> None:
    with pytest.raises(TokenError, match=why):
        signed_query(token(**wrong), NOW)


def test_token_of_rubbish_is_refused() -> None:
    with pytest.raises(TokenError, match="not a signed address"):
        signed_query(PREFIX + "\xff", NOW)


def test_signature_moves_from_the_query_into_the_header_unchanged() -> None:
    query = urlencode(
        {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": "AKIA/20260101/us-east-1/sts/aws4_request",
            "X-Amz-SignedHeaders": "host;x-k8s-aws-id",
            "X-Amz-Signature": "ab12",
        }
    )
    assert authorization(query) == (
        "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/sts/aws4_request, "
        "SignedHeaders=host;x-k8s-aws-id, Signature=ab12"
    )


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        (
            "arn:aws:sts::123456789012:assumed-role/dev/anna",
            Caller("arn:aws:iam::123456789012:role/dev", "anna"),
        ),
        ("arn:aws:iam::123456789012:user/anna", Caller("arn:aws:iam::123456789012:user/anna")),
    ],
)
def test_session_of_a_role_stands_for_the_role(arn: str, expected: Caller) -> None:
    assert caller(arn) == expected


def test_user_has_the_entrys_name_and_groups_and_those_of_the_policies() -> None:
    found = user(ENTRY, Caller("arn:aws:iam::123456789012:role/dev", "anna"), [Grant(POLICY)], [])
    assert found.name == "arn:aws:sts::123456789012:assumed-role/dev/anna"
    assert found.groups == ["data-science", Grant(POLICY).group(None)]


def test_grant_in_a_namespace_is_bound_there_and_nowhere_else() -> None:
    """B10."""
    grant, existing = Grant(POLICY, ("team-*",)), ["default", "team-a", "team-b"]
    bound = objects(grant, existing)
    assert {body["kind"] for body in bound} == {"RoleBinding"}
    assert [body["metadata"]["namespace"] for body in bound] == ["team-a", "team-b"]
    found = user(ENTRY, Caller("arn:aws:iam::1:role/dev"), [grant], existing)
    assert found.groups[1:] == [grant.group("team-a"), grant.group("team-b")]


@pytest.mark.parametrize(
    ("policy", "role"),
    [
        ("AmazonEKSClusterAdminPolicy", "cluster-admin"),
        ("AmazonEKSAdminPolicy", "admin"),
        ("AmazonEKSEditPolicy", "edit"),
        ("AmazonEKSViewPolicy", "view"),
    ],
)
def test_policy_gives_the_role_it_copies(policy: str, role: str) -> None:
    [binding] = objects(Grant(policy), [])
    assert binding["roleRef"]["name"] == role


def test_reading_secrets_needs_its_own_policy() -> None:
    role, binding = objects(Grant("AmazonEKSSecretReaderPolicy"), [])
    rules: list[dict[str, Any]] = role["rules"]
    assert rules[0]["resources"] == ["secrets"]
    assert "create" not in rules[0]["verbs"]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]


def test_unknown_policy_gives_nothing() -> None:
    assert objects(Grant("AmazonEKSSomethingNewPolicy"), []) == []
