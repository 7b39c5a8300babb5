"""IAM documents (A4). Proves what they say and, by the emulation's evaluator, what they refuse; AWS's own
evaluation is rehearsed elsewhere.
"""

from __future__ import annotations

import json

import pytest

from infra.iam import Statement, WildcardError, document, trust_service, trust_service_account
from sandbox.aws.policy import Request, evaluate

PROVIDER = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/A"
HOST = "oidc.eks.us-east-1.amazonaws.com/id/A"
TRUST = json.loads(trust_service_account(PROVIDER, f"https://{HOST}", "kubeflow", "pipeline-runner"))


def assume(subject: str, audience: str, provider: str = PROVIDER) -> bool:
    context = {f"{HOST}:sub": [subject], f"{HOST}:aud": [audience]}
    request = Request(provider, "sts:AssumeRoleWithWebIdentity", "*", context)
    return evaluate(request, [], {**TRUST, "Statement": [{**TRUST["Statement"][0], "Resource": "*"}]}).allowed


def test_role_is_given_to_its_own_service_account() -> None:
    assert assume("system:serviceaccount:kubeflow:pipeline-runner", "sts.amazonaws.com")


@pytest.mark.parametrize(
    ("subject", "audience"),
    [
        ("system:serviceaccount:kubeflow:other", "sts.amazonaws.com"),
        ("system:serviceaccount:default:pipeline-runner", "sts.amazonaws.com"),
        ("system:serviceaccount:kubeflow:pipeline-runner", "vault.example"),
        ("system:serviceaccount:kubeflow:pipeline-runner-2", "sts.amazonaws.com"),
        ("", "sts.amazonaws.com"),
    ],
)
def test_role_refuses_another_account_namespace_and_audience(subject: str, audience: str) -> None:
    assert not assume(subject, audience)


def test_role_refuses_another_clusters_tokens() -> None:
    assert not assume(
        "system:serviceaccount:kubeflow:pipeline-runner", "sts.amazonaws.com", PROVIDER.replace("/A", "/B")
    )


def test_trust_compares_exactly_and_names_no_wildcard() -> None:
    statement = TRUST["Statement"][0]
    assert list(statement["Condition"]) == ["StringEquals"]
    assert set(statement["Condition"]["StringEquals"]) == {f"{HOST}:sub", f"{HOST}:aud"}
    assert "*" not in json.dumps(TRUST)


def test_trust_in_a_service_carries_its_conditions() -> None:
    trust = json.loads(trust_service("s3.amazonaws.com", {"StringEquals": {"aws:SourceAccount": "1"}}))
    assert trust["Statement"][0]["Condition"] == {"StringEquals": {"aws:SourceAccount": "1"}}
    assert trust["Statement"][0]["Principal"] == {"Service": "s3.amazonaws.com"}


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:*", "arn:aws:s3:::a"),
        ("s3:Get*", "arn:aws:s3:::a"),
        ("s3:GetObject", "*"),
        ("s3:GetObject", "arn:aws:s3:::*"),
        ("s3:GetObject", "arn:aws:s3:::*/a"),
        ("sqs:SendMessage", "arn:aws:sqs:us-east-1:1:*"),
    ],
)
def test_wildcard_without_a_reason_is_refused(action: str, resource: str) -> None:
    with pytest.raises(WildcardError, match="Name the action and the resource, or give the reason"):
        Statement(actions=[action], resources=[resource])
    Statement(actions=[action], resources=[resource], reason="because it is a test")
    Statement(actions=[action], resources=[resource], effect="Deny")


def test_objects_of_one_bucket_need_no_reason() -> None:
    written = json.loads(
        document([Statement(actions=["s3:GetObject"], resources=["arn:aws:s3:::one-bucket/*"])])
    )
    assert written["Statement"] == [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::one-bucket/*"}
    ]


def test_reason_is_not_written_into_the_policy() -> None:
    written = document([Statement(actions=["a:B"], resources=["*"], reason="for the reader")])
    assert "for the reader" not in written
