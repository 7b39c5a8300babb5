"""The policy evaluator against AWS's documented examples and rules, by tables and by properties (A4).

Pure: no emulation runs. Cannot prove that AWS decides the same; each row follows the IAM user guide.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.aws.policy import Request, UnsupportedPolicyError, evaluate, trusts

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/runner"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/runner/one"
OBJECT = "arn:aws:s3:::models/fraud/1"

Statement = dict[str, Any]


def says(effect: str = "Allow", action: Any = "s3:GetObject", resource: Any = "*", **rest: Any) -> Statement:
    """One statement."""
    return {"Effect": effect, "Action": action, "Resource": resource, **rest}


def document(*statements: Statement) -> dict[str, Any]:
    """A policy."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def ask(resource: str = OBJECT, action: str = "s3:GetObject", **context: Any) -> Request:
    """A session's request; context keys with ``__`` for ``:``."""
    keys = {
        key.replace("__", ":"): [value] if isinstance(value, str) else list(value)
        for key, value in context.items()
    }
    return Request(SESSION, action, resource, keys, ROLE)


def allowed(request: Request, *statements: Statement, **more: Any) -> bool:
    """The verdict on one identity policy."""
    return evaluate(request, [document(*statements)], **more).allowed


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (says(), True),
        (says(action="s3:Get*"), True),
        (says(action="S3:getobject"), True),
        (says(action=["s3:PutObject", "s3:GetObject"]), True),
        (says(action="s3:GetObject?"), False),
        (says(action="s3:PutObject"), False),
        (says(resource="arn:aws:s3:::models/*"), True),
        (says(resource="arn:aws:s3:::models/fraud/?"), True),
        (says(resource="arn:aws:s3:::models"), False),
        (says(resource="arn:aws:s3:::model[s]/fraud/1"), False),
        (says(resource="arn:aws:s3:::Models/*"), False),
        ({"Effect": "Allow", "NotAction": "s3:DeleteObject", "Resource": "*"}, True),
        ({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::models/*"}, False),
        ({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::other/*"}, True),
    ],
)
def test_actions_and_resources_match_as_iam_matches_them(statement: Statement, expected: bool) -> None:
    assert allowed(ask(), statement) is expected


def test_an_explicit_deny_wins_wherever_it_stands() -> None:
    allow, deny = says(), says("Deny", resource="arn:aws:s3:::models/*")
    assert allowed(ask(), allow)
    assert not allowed(ask(), allow, deny)
    assert not allowed(ask(), deny, allow)
    whole = {**deny, "Principal": "*"}
    assert not evaluate(ask(), [document(allow)], document(whole)).allowed


def test_nothing_is_allowed_by_silence() -> None:
    verdict = evaluate(ask(), [])
    assert not verdict.allowed
    assert verdict.reason == "because no identity-based policy allows the s3:GetObject action"


CONDITIONS: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    # operator, wanted, given, holds — IAM user guide, condition operators
    ("StringEquals", {"s3:prefix": "home"}, {"s3__prefix": "home"}, True),
    ("StringEquals", {"S3:Prefix": "home"}, {"s3__prefix": "home"}, True),
    ("StringEquals", {"s3:prefix": "home"}, {"s3__prefix": "Home"}, False),
    ("StringEquals", {"s3:prefix": "ho*"}, {"s3__prefix": "home"}, False),
    ("StringEquals", {"s3:prefix": ["a", "home"]}, {"s3__prefix": "home"}, True),
    ("StringEquals", {"s3:prefix": "home"}, {}, False),
    ("StringEqualsIfExists", {"s3:prefix": "home"}, {}, True),
    ("StringEqualsIfExists", {"s3:prefix": "home"}, {"s3__prefix": "x"}, False),
    ("StringNotEquals", {"s3:prefix": "home"}, {}, True),
    ("StringNotEquals", {"s3:prefix": ["home", "b"]}, {"s3__prefix": "home"}, False),
    ("StringNotEquals", {"s3:prefix": ["a", "b"]}, {"s3__prefix": "home"}, True),
    ("StringEqualsIgnoreCase", {"s3:prefix": "HOME"}, {"s3__prefix": "home"}, True),
    ("StringLike", {"s3:prefix": ["", "home/*"]}, {"s3__prefix": "home/a"}, True),
    ("StringNotLike", {"s3:prefix": "home/*"}, {"s3__prefix": "home/a"}, False),
    ("ArnLike", {"aws:SourceArn": "arn:aws:s3:::a*"}, {"aws__SourceArn": "arn:aws:s3:::abc"}, True),
    ("ArnEquals", {"aws:SourceArn": "arn:aws:*:*:1:a"}, {"aws__SourceArn": "arn:aws:sns:x:1:a"}, True),
    ("ArnLike", {"aws:SourceArn": "arn:aws:s*:a"}, {"aws__SourceArn": "arn:aws:sns:x:1:a"}, False),
    ("ArnNotLike", {"aws:SourceArn": "arn:aws:s3:::a"}, {"aws__SourceArn": "arn:aws:s3:::b"}, True),
    ("Bool", {"aws:SecureTransport": False}, {"aws__SecureTransport": "false"}, True),
    ("Bool", {"aws:SecureTransport": "false"}, {"aws__SecureTransport": "true"}, False),
    ("Null", {"aws:TokenIssueTime": "true"}, {}, True),
    ("Null", {"aws:TokenIssueTime": "false"}, {}, False),
    ("Null", {"aws:TokenIssueTime": "false"}, {"aws__TokenIssueTime": "2026"}, True),
    ("NumericLessThanEquals", {"s3:max-keys": "10"}, {"s3__max-keys": "10"}, True),
    ("NumericLessThanEquals", {"s3:max-keys": "10"}, {"s3__max-keys": "9.5"}, True),
    ("NumericLessThan", {"s3:max-keys": "10"}, {"s3__max-keys": "many"}, False),
    ("NumericGreaterThan", {"s3:max-keys": 9}, {"s3__max-keys": "10"}, True),
    (
        "DateGreaterThan",
        {"aws:CurrentTime": "2026-01-01T00:00Z"},
        {"aws__CurrentTime": "2026-06-01"},
        True,
    ),
    ("DateLessThan", {"aws:CurrentTime": "2026-01-01"}, {"aws__CurrentTime": "1"}, True),
    ("DateLessThan", {"aws:CurrentTime": "2026-01-01"}, {"aws__CurrentTime": "2026-06-01"}, False),
    ("IpAddress", {"aws:SourceIp": "203.0.113.0/24"}, {"aws__SourceIp": "203.0.113.7"}, True),
    ("IpAddress", {"aws:SourceIp": "203.0.113.0/24"}, {"aws__SourceIp": "198.51.100.7"}, False),
    ("NotIpAddress", {"aws:SourceIp": "203.0.113.0/24"}, {"aws__SourceIp": "198.51.100.7"}, True),
    ("ForAllValues:StringEquals", {"aws:TagKeys": ["a", "b"]}, {"aws__TagKeys": ["a"]}, True),
    ("ForAllValues:StringEquals", {"aws:TagKeys": ["a", "b"]}, {"aws__TagKeys": ["a", "c"]}, False),
    ("ForAllValues:StringEquals", {"aws:TagKeys": ["a"]}, {}, True),
    ("ForAnyValue:StringEquals", {"aws:TagKeys": ["a", "b"]}, {"aws__TagKeys": ["c", "a"]}, True),
    ("ForAnyValue:StringEquals", {"aws:TagKeys": ["a"]}, {"aws__TagKeys": ["c"]}, False),
    ("ForAnyValue:StringEquals", {"aws:TagKeys": ["a"]}, {}, False),
    ("ForAnyValue:StringNotEquals", {"aws:TagKeys": ["a"]}, {}, False),
    ("ForAnyValue:StringNotEquals", {"aws:TagKeys": ["a"]}, {"aws__TagKeys": ["a", "b"]}, True),
]


@pytest.mark.parametrize(("operator", "wanted", "context", "holds"), CONDITIONS)
def test_conditions_hold_as_documented(
    operator: str, wanted: dict[str, Any], context: dict[str, Any], holds: bool
) -> None:
    assert allowed(ask(**context), says(Condition={operator: wanted})) is holds


def test_all_conditions_must_hold() -> None:
    both = {"StringEquals": {"s3:prefix": "a"}, "Bool": {"aws:SecureTransport": "true"}}
    assert allowed(ask(s3__prefix="a", aws__SecureTransport="true"), says(Condition=both))
    assert not allowed(ask(s3__prefix="a", aws__SecureTransport="false"), says(Condition=both))


@pytest.mark.parametrize(
    "statement",
    [
        says(Condition={"StringSoundsLike": {"a": "b"}}),
        says(Condition={"ForSomeValues:StringEquals": {"a": "b"}}),
        says(Condition={"NumericEquals": {"s3:prefix": "ten"}}),
        says(Whim="x"),
        {**says(), "Effect": "Perhaps"},
    ],
)
def test_what_is_not_understood_is_an_error_and_never_a_permission(statement: Statement) -> None:
    with pytest.raises(UnsupportedPolicyError):
        allowed(ask(s3__prefix="ten"), statement)


def test_variables_stand_for_the_requester_s_values() -> None:
    own = says(resource="arn:aws:s3:::models/${aws:PrincipalTag/team}/*")
    assert allowed(ask(**{"aws__PrincipalTag/team": "fraud"}), own)
    assert not allowed(ask(**{"aws__PrincipalTag/team": "churn"}), own)
    assert not allowed(ask(), own)
    assert not allowed(ask(**{"aws__PrincipalTag/team": "*"}), own)
    assert allowed(ask(), says(resource="arn:aws:s3:::models/${aws:PrincipalTag/team, 'fraud'}/*"))
    assert allowed(ask("arn:aws:s3:::models/*"), says(resource="arn:aws:s3:::models/${*}"))
    assert not allowed(ask(), says(resource="arn:aws:s3:::models/${*}"))
    wanted = {"StringLike": {"s3:prefix": "${aws:PrincipalTag/team}/*"}}
    assert allowed(ask(s3__prefix="a/b", **{"aws__PrincipalTag/team": "a"}), says(Condition=wanted))


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": ROLE}, True),
        ({"AWS": SESSION}, True),
        ({"AWS": [f"{ROLE}2", ROLE]}, True),
        ({"AWS": f"{ROLE}2"}, False),
        ({"Service": ROLE}, False),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, False),  # leaves it to the account's own policies
        ({"AWS": ACCOUNT}, False),
    ],
)
def test_a_resource_policy_grants_only_to_whom_it_names(principal: Any, expected: bool) -> None:
    assert evaluate(ask(), [], document(says(Principal=principal))).allowed is expected


def test_the_account_in_a_resource_policy_leaves_it_to_identity_policies() -> None:
    account = document(says(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
    assert evaluate(ask(), [document(says())], account).allowed


def test_a_key_needs_its_own_policy_too() -> None:
    mine, empty = [document(says(action="kms:Decrypt"))], document()
    request = ask("arn:aws:kms:us-east-1:123456789012:key/a", "kms:Decrypt")
    account = document(says(action="kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
    assert evaluate(request, mine, account, gated=True).allowed
    assert not evaluate(request, mine, empty, gated=True).allowed
    assert not evaluate(request, [], account, gated=True).allowed
    direct = document(says(action="kms:Decrypt", Principal={"AWS": ROLE}))
    assert evaluate(request, [], direct, gated=True).allowed


def test_a_boundary_narrows_and_never_grants() -> None:
    narrow, wide = document(says(action="s3:List*")), document(says(action="*"))
    limits = {"permissions boundary": narrow}
    assert not evaluate(ask(), [wide], limits=limits).allowed
    assert not evaluate(ask(action="s3:ListBucket"), [], limits=limits).allowed
    assert evaluate(ask(action="s3:ListBucket"), [wide], limits=limits).allowed


def test_trust_names_the_federated_provider_by_its_kind() -> None:
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.example"
    request = Request(provider, "sts:AssumeRoleWithWebIdentity", ROLE)
    action = "sts:AssumeRoleWithWebIdentity"

    def trust(**principal: str) -> dict[str, Any]:
        return document({"Effect": "Allow", "Action": action, "Principal": principal})

    assert trusts(trust(Federated=provider), request)
    assert not trusts(trust(Federated=f"{provider}2"), request)
    assert not trusts(trust(AWS=f"arn:aws:iam::{ACCOUNT}:root"), request)
    assert not trusts(trust(AWS="*"), request)


def test_not_principal_denies_all_but_the_named() -> None:
    but_me = document({**says("Deny"), "NotPrincipal": {"AWS": [ROLE, SESSION]}})
    assert evaluate(ask(), [document(says())], but_me).allowed
    other = Request(f"arn:aws:sts::{ACCOUNT}:assumed-role/other/one", "s3:GetObject", OBJECT)
    assert not evaluate(other, [document(says())], but_me).allowed


# --- properties --------------------------------------------------------------------------------------------

ACTIONS = st.sampled_from(["s3:GetObject", "s3:*", "*", "s3:PutObject", "kms:Decrypt"])
RESOURCES = st.sampled_from(["*", OBJECT, "arn:aws:s3:::models/*", "arn:aws:s3:::other/*"])
BLOCKS = st.sampled_from(
    [{}, {"StringEquals": {"s3:prefix": "a"}}, {"Null": {"s3:prefix": "true"}}, {"Bool": {"x": "true"}}]
)
STATEMENTS = st.builds(
    lambda effect, action, resource, block: says(effect, action, resource, Condition=block),
    st.sampled_from(["Allow", "Deny"]),
    ACTIONS,
    RESOURCES,
    BLOCKS,
)
REQUESTS = st.builds(
    lambda resource, prefix: ask(resource, s3__prefix=prefix) if prefix else ask(resource),
    st.sampled_from([OBJECT, "arn:aws:s3:::other/1"]),
    st.sampled_from(["", "a", "b"]),
)


@given(REQUESTS, st.lists(STATEMENTS, max_size=5), STATEMENTS, st.integers(0, 5))
def test_adding_a_deny_never_widens(
    request: Request, policy: list[Statement], extra: Statement, place: int
) -> None:
    denied = [*policy[:place], {**extra, "Effect": "Deny"}, *policy[place:]]
    assert allowed(request, *policy) or not allowed(request, *denied)


@given(REQUESTS, st.lists(STATEMENTS, max_size=5), STATEMENTS, st.integers(0, 5))
def test_removing_an_allow_never_widens(
    request: Request, policy: list[Statement], extra: Statement, place: int
) -> None:
    with_it = [*policy[:place], {**extra, "Effect": "Allow"}, *policy[place:]]
    assert allowed(request, *with_it) or not allowed(request, *policy)


@given(REQUESTS, st.lists(STATEMENTS, max_size=5), st.randoms())
def test_order_never_matters(request: Request, policy: list[Statement], random: Any) -> None:
    other = list(policy)
    random.shuffle(other)
    assert allowed(request, *policy) is allowed(request, *other)


@given(REQUESTS, st.lists(STATEMENTS, max_size=4), st.lists(STATEMENTS, max_size=4))
def test_a_limit_never_widens(request: Request, policy: list[Statement], limit: list[Statement]) -> None:
    narrowed = allowed(request, *policy, limits={"permissions boundary": document(*limit)})
    assert allowed(request, *policy) or not narrowed
