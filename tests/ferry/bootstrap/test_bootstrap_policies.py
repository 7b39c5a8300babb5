"""Bootstrap's policies judged by what they refuse (E7): the apply role cannot edit itself, the preview role
cannot change anything, a fork gets nothing.

This tier proves it with the evaluator that follows AWS's published logic (and knows no operator it cannot
judge). It cannot prove AWS's own verdict, nor that the allowed actions are enough for a real ``up``.
"""

from __future__ import annotations

import json

import pytest

from ferry.bootstrap import policies
from ferry.bootstrap.jobs import JOBS
from ferry.bootstrap.policies import GITHUB, Document, Place
from sandbox.aws.policy import Context, Request, evaluate, trusts

PLACE = Place("prod", "123456789012", "us-east-1", "acme/ferry")
IAM = "arn:aws:iam::123456789012"
BOUNDED: Context = {"iam:PermissionsBoundary": [PLACE.boundary_arn]}
STATE_KEY: Context = {"kms:ResourceAliases": [PLACE.alias]}
STATE = f"arn:aws:s3:::{PLACE.bucket}"
EVIDENCE = "arn:aws:s3:::ferry-prod-evidence-123456789012-us-east-1"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234"

Row = tuple[str, str, Context]

APPLY_REFUSED: list[Row] = [
    # itself and its neighbours
    ("iam:PutRolePolicy", f"{IAM}:role/ferry-prod-apply", BOUNDED),
    ("iam:AttachRolePolicy", f"{IAM}:role/ferry-prod-apply", BOUNDED),
    ("iam:UpdateAssumeRolePolicy", f"{IAM}:role/ferry-prod-apply", {}),
    ("iam:DeleteRole", f"{IAM}:role/ferry-prod-apply", {}),
    ("iam:PassRole", f"{IAM}:role/ferry-prod-apply", {"iam:PassedToService": ["ec2.amazonaws.com"]}),
    ("iam:PutRolePolicy", f"{IAM}:role/ferry-prod-preview", BOUNDED),
    ("iam:UpdateAssumeRolePolicy", f"{IAM}:role/ferry-prod-preview", {}),
    ("iam:UpdateAssumeRolePolicy", f"{IAM}:role/ferry-dev-apply", {}),
    ("iam:PutRolePolicy", f"{IAM}:role/ferry-prod-publish", BOUNDED),
    ("iam:UpdateAssumeRolePolicy", f"{IAM}:role/ferry-prod-evidence", {}),
    # the ceiling
    ("iam:CreatePolicyVersion", f"{IAM}:policy/ferry-prod-boundary", {}),
    ("iam:DeletePolicy", f"{IAM}:policy/ferry-prod-boundary", {}),
    ("iam:SetDefaultPolicyVersion", f"{IAM}:policy/ferry-prod-boundary", {}),
    ("iam:DeleteRolePermissionsBoundary", f"{IAM}:role/ferry-prod-nodes", BOUNDED),
    ("iam:PutRolePermissionsBoundary", f"{IAM}:role/ferry-prod-nodes", {}),
    # roles above the ceiling
    ("iam:CreateRole", f"{IAM}:role/ferry-prod-x", {}),
    ("iam:CreateRole", f"{IAM}:role/ferry-prod-x", {"iam:PermissionsBoundary": [f"{IAM}:policy/other"]}),
    ("iam:CreateRole", f"{IAM}:role/someone-elses", BOUNDED),
    ("iam:AttachRolePolicy", f"{IAM}:role/ferry-prod-x", {}),
    ("iam:PutRolePolicy", f"{IAM}:role/administrators", {}),
    ("iam:PassRole", f"{IAM}:role/administrators", {"iam:PassedToService": ["ec2.amazonaws.com"]}),
    ("iam:PassRole", f"{IAM}:role/ferry-prod-x", {"iam:PassedToService": ["lambda.amazonaws.com"]}),
    # long-lived keys and other people's identities
    ("iam:CreateUser", f"{IAM}:user/ferry-prod-x", {}),
    ("iam:CreateAccessKey", f"{IAM}:user/someone", {}),
    ("sts:AssumeRole", f"{IAM}:role/administrators", {}),
    # GitHub's identity provider
    ("iam:UpdateOpenIDConnectProviderThumbprint", PLACE.provider_arn, {}),
    ("iam:AddClientIDToOpenIDConnectProvider", PLACE.provider_arn, {}),
    ("iam:DeleteOpenIDConnectProvider", PLACE.provider_arn, {}),
    ("iam:CreateOpenIDConnectProvider", f"{IAM}:oidc-provider/evil.example.com", {}),
    # the record of what exists
    ("s3:DeleteBucket", STATE, {}),
    ("s3:PutBucketPolicy", STATE, {}),
    ("s3:PutBucketVersioning", STATE, {}),
    ("s3:PutLifecycleConfiguration", STATE, {}),
    ("s3:DeleteObjectVersion", f"{STATE}/.pulumi/stacks/ferry/prod.json", {}),
    ("s3:PutObject", "arn:aws:s3:::ferry-dev-state-123456789012/x", {}),
    ("s3:GetObject", "arn:aws:s3:::someone-elses/x", {}),
    # the key that opens it
    ("kms:ScheduleKeyDeletion", KEY, STATE_KEY),
    ("kms:PutKeyPolicy", KEY, STATE_KEY),
    ("kms:DisableKey", KEY, STATE_KEY),
    ("kms:UpdateAlias", f"arn:aws:kms:us-east-1:123456789012:{PLACE.alias}", {}),
    ("kms:DeleteAlias", f"arn:aws:kms:us-east-1:123456789012:{PLACE.alias}", {}),
    # what the platform does not use
    ("organizations:LeaveOrganization", "*", {}),
    ("lambda:CreateFunction", "*", {}),
]

APPLY_ALLOWED: list[Row] = [
    ("iam:CreateRole", f"{IAM}:role/ferry-prod-nodes", BOUNDED),
    ("iam:AttachRolePolicy", f"{IAM}:role/ferry-prod-nodes", BOUNDED),
    ("iam:DeleteRole", f"{IAM}:role/ferry-prod-nodes", {}),
    ("iam:PassRole", f"{IAM}:role/ferry-prod-nodes", {"iam:PassedToService": ["ec2.amazonaws.com"]}),
    ("iam:GetRole", f"{IAM}:role/ferry-prod-apply", {}),
    (
        "iam:CreateOpenIDConnectProvider",
        f"{IAM}:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/ABC",
        {},
    ),
    ("iam:CreateServiceLinkedRole", f"{IAM}:role/aws-service-role/eks.amazonaws.com/X", {}),
    ("ec2:CreateVpc", "arn:aws:ec2:us-east-1:123456789012:vpc/*", {}),
    ("eks:CreateCluster", "arn:aws:eks:us-east-1:123456789012:cluster/ferry-prod", {}),
    ("s3:CreateBucket", "arn:aws:s3:::ferry-prod-models-123456789012", {}),
    ("s3:PutObject", f"{STATE}/.pulumi/stacks/ferry/prod.json", {}),
    ("s3:DeleteObject", f"{STATE}/.pulumi/locks/x.json", {}),
    ("kms:CreateKey", "*", {}),
    ("kms:Decrypt", KEY, STATE_KEY),
    ("kms:ScheduleKeyDeletion", KEY, {"kms:ResourceAliases": ["alias/ferry-prod-data"]}),
    ("secretsmanager:CreateSecret", "*", {}),
]

PREVIEW_REFUSED: list[Row] = [
    ("s3:PutObject", f"{EVIDENCE}/gates/churn/0.json", {}),
    ("kms:Sign", KEY, {"kms:ResourceAliases": ["alias/ferry-prod-evidence"]}),
    ("kms:Verify", KEY, {"kms:ResourceAliases": ["alias/ferry-dev-evidence"]}),
    ("s3:PutObject", f"{STATE}/.pulumi/stacks/ferry/prod.json", {}),
    ("s3:DeleteObject", f"{STATE}/.pulumi/stacks/ferry/prod.json", {}),
    ("s3:GetObject", "arn:aws:s3:::ferry-prod-training-data/transactions.csv", {}),
    ("s3:GetObject", "arn:aws:s3:::ferry-dev-state-123456789012/x", {}),
    ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:123456789012:secret:x", {}),
    ("kms:Decrypt", KEY, {"kms:ResourceAliases": ["alias/ferry-prod-data"]}),
    ("kms:Decrypt", KEY, {}),
    ("kms:Encrypt", KEY, STATE_KEY),
    ("ssm:GetParameter", "arn:aws:ssm:us-east-1:123456789012:parameter/own", {}),
    ("ec2:CreateVpc", "*", {}),
    ("ec2:RunInstances", "*", {}),
    ("eks:UpdateClusterConfig", "*", {}),
    ("iam:CreateRole", f"{IAM}:role/ferry-prod-x", BOUNDED),
    ("iam:PassRole", f"{IAM}:role/ferry-prod-nodes", {"iam:PassedToService": ["ec2.amazonaws.com"]}),
    ("sts:AssumeRole", f"{IAM}:role/ferry-prod-apply", {}),
    ("logs:GetLogEvents", "*", {}),
    ("rds:ModifyDBInstance", "*", {}),
]

PREVIEW_ALLOWED: list[Row] = [
    ("s3:GetObject", f"{STATE}/.pulumi/stacks/ferry/prod.json", {}),
    ("s3:ListBucket", STATE, {}),
    ("kms:Decrypt", KEY, STATE_KEY),
    ("s3:GetObject", f"{EVIDENCE}/gates/churn/0.json", {}),
    ("kms:Verify", KEY, {"kms:ResourceAliases": ["alias/ferry-prod-evidence"]}),
    ("ec2:DescribeVpcs", "*", {}),
    ("eks:DescribeCluster", "*", {}),
    ("iam:GetRole", f"{IAM}:role/ferry-prod-nodes", {}),
    ("ssm:GetParameter", "arn:aws:ssm:us-east-1::parameter/aws/service/eks/optimized-ami/1.35/x", {}),
]


REPOSITORY = "arn:aws:ecr:us-east-1:123456789012:repository/ferry-prod/mlflow"
NARROW_REFUSED: dict[str, list[Row]] = {
    "publish": [
        ("ecr:PutImage", REPOSITORY.replace("prod", "dev"), {}),
        ("ecr:BatchDeleteImage", REPOSITORY, {}),
        ("ecr:PutImageTagMutability", REPOSITORY, {}),
        ("ecr:SetRepositoryPolicy", REPOSITORY, {}),
        ("ecr:DeleteRepository", REPOSITORY, {}),
        ("s3:GetObject", f"{STATE}/.pulumi/stacks/ferry/prod.json", {}),
        ("kms:Decrypt", KEY, STATE_KEY),
        ("kms:Sign", KEY, {"kms:ResourceAliases": ["alias/ferry-prod-evidence"]}),
        ("eks:DescribeCluster", "*", {}),
        ("iam:CreateRole", f"{IAM}:role/ferry-prod-x", BOUNDED),
    ],
    "evidence": [
        ("s3:PutObject", f"{EVIDENCE}/predictions/churn/legacy/0.jsonl", {}),
        ("s3:PutObject", f"{EVIDENCE}/labels/churn/0.jsonl", {}),
        ("s3:DeleteObject", f"{EVIDENCE}/gates/churn/0.json", {}),
        ("s3:GetObject", "arn:aws:s3:::ferry-prod-training-data/transactions.csv", {}),
        ("s3:GetObject", f"{STATE}/.pulumi/stacks/ferry/prod.json", {}),
        ("kms:Decrypt", KEY, {"kms:ResourceAliases": ["alias/ferry-prod-data"]}),  # not by way of S3
        ("kms:Sign", KEY, {"kms:ResourceAliases": ["alias/ferry-dev-evidence"]}),
        ("ecr:PutImage", REPOSITORY, {}),
        ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:123456789012:secret:x", {}),
    ],
}
BY_S3: Context = {
    "kms:ResourceAliases": ["alias/ferry-prod-data"],
    "kms:ViaService": ["s3.us-east-1.amazonaws.com"],
}
NARROW_ALLOWED: dict[str, list[Row]] = {
    "publish": [
        ("ecr:GetAuthorizationToken", "*", {}),
        ("ecr:PutImage", REPOSITORY, {}),
        ("ecr:UploadLayerPart", REPOSITORY, {}),
        ("ecr:DescribeImages", REPOSITORY, {}),
    ],
    "evidence": [
        ("s3:ListBucket", EVIDENCE, {}),
        ("s3:GetObject", f"{EVIDENCE}/predictions/churn/legacy/0.jsonl", {}),
        ("s3:GetObject", f"{EVIDENCE}/features/churn/0.json", {}),
        ("s3:PutObject", f"{EVIDENCE}/gates/churn/0.json", {}),
        ("kms:Decrypt", KEY, BY_S3),
        ("kms:Sign", KEY, {"kms:ResourceAliases": ["alias/ferry-prod-evidence"]}),
    ],
}


def may(policy: Document, row: Row) -> bool:
    """Whether a role with ``policy`` under the boundary may: both have to allow."""
    request = Request(f"{IAM}:role/x", row[0], row[1], row[2])
    boundary = policies.boundary(PLACE)
    return evaluate(request, [policy]).allowed and evaluate(request, [boundary]).allowed


def name(row: Row) -> str:
    return f"{row[0]} {row[1].rpartition(':')[2]}"


@pytest.mark.parametrize("row", APPLY_REFUSED, ids=name)
def test_apply_role_is_refused(row: Row) -> None:
    assert not may(policies.apply_policy(PLACE), row)


@pytest.mark.parametrize("row", APPLY_REFUSED, ids=name)
def test_nothing_attached_by_hand_lifts_the_apply_role_over_its_boundary(row: Row) -> None:
    """An administrator's policy on the role changes nothing that touches bootstrap or identities."""
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    elsewhere = {"s3:PutObject", "s3:GetObject"}  # other buckets: the role's own policy refuses these
    assert may(everything, row) is (row[0] in elsewhere)


@pytest.mark.parametrize("row", APPLY_ALLOWED, ids=name)
def test_apply_role_is_allowed(row: Row) -> None:
    assert may(policies.apply_policy(PLACE), row)


@pytest.mark.parametrize("row", PREVIEW_REFUSED, ids=name)
def test_preview_role_is_refused(row: Row) -> None:
    assert not may(policies.preview_policy(PLACE), row)


@pytest.mark.parametrize("row", PREVIEW_ALLOWED, ids=name)
def test_preview_role_is_allowed(row: Row) -> None:
    assert may(policies.preview_policy(PLACE), row)


@pytest.mark.parametrize("purpose", NARROW_REFUSED)
def test_narrow_role_may_do_its_own_work_and_nothing_beside_it(purpose: str) -> None:
    """E7: who publishes images cannot read the state; who measures gates cannot change what was measured."""
    policy = JOBS[purpose].policy(PLACE)
    assert [name(row) for row in NARROW_REFUSED[purpose] if may(policy, row)] == []
    assert [name(row) for row in NARROW_ALLOWED[purpose] if not may(policy, row)] == []


def token(subject: str, audience: str = "sts.amazonaws.com", provider: str = PLACE.provider_arn) -> Request:
    """GitHub's token as STS shows it to a trust policy."""
    context = {f"{GITHUB}:sub": [subject], f"{GITHUB}:aud": [audience]}
    return Request(provider, "sts:AssumeRoleWithWebIdentity", "*", context)


TRUSTED = {
    "preview": ["repo:acme/ferry:pull_request", "repo:acme/ferry:environment:prod-preview"],
    "apply": ["repo:acme/ferry:environment:prod"],
    "publish": ["repo:acme/ferry:environment:prod-images"],
    "evidence": ["repo:acme/ferry:environment:prod-evidence"],
}
STRANGERS = [
    "repo:stranger/ferry:pull_request",
    "repo:stranger/ferry:environment:prod",
    "repo:acme/other:environment:prod",
    "repo:acme/ferry:ref:refs/heads/main",
    "repo:acme/ferry:environment:dev",
    "repo:acme/ferry:environment:production",
    "repo:acme/ferry-evil:pull_request",
    "repo:acme/ferry:pull_request:x",
    "",
]
TRUST = {purpose: job.trust(PLACE) for purpose, job in JOBS.items()}


@pytest.mark.parametrize("role", TRUST)
def test_a_role_trusts_exactly_its_own_jobs(role: str) -> None:
    everybody = [subject for own in TRUSTED.values() for subject in own] + STRANGERS
    assert [subject for subject in everybody if trusts(TRUST[role], token(subject))] == TRUSTED[role]


@pytest.mark.parametrize("role", TRUST)
def test_a_token_for_another_audience_or_from_another_issuer_is_refused(role: str) -> None:
    subject = TRUSTED[role][0]
    assert not trusts(TRUST[role], token(subject, audience="https://github.com/acme"))
    other = f"{IAM}:oidc-provider/evil.example.com"
    assert not trusts(TRUST[role], token(subject, provider=other))


def test_a_token_without_subject_is_refused() -> None:
    """The commonest hole: a trust policy that asks for the audience alone."""
    request = Request(
        PLACE.provider_arn, "sts:AssumeRoleWithWebIdentity", "*", {f"{GITHUB}:aud": ["sts.amazonaws.com"]}
    )
    assert not any(trusts(trust, request) for trust in TRUST.values())


def test_the_state_refuses_unencrypted_connections_even_to_the_owner() -> None:
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    bucket = policies.bucket_policy(PLACE)

    def get(secure: str) -> bool:
        context = {"aws:SecureTransport": [secure]}
        request = Request(f"{IAM}:role/x", "s3:GetObject", f"{STATE}/x", context)
        return evaluate(request, [allow], bucket).allowed

    assert get("true")
    assert not get("false")


DOCUMENTS = [policies.boundary, *(job.policy for job in JOBS.values())]


@pytest.mark.parametrize("make", DOCUMENTS)
def test_each_policy_fits_into_what_iam_takes(make: object) -> None:
    """6,144 characters for a managed policy, without white space (IAM's quotas)."""
    assert callable(make)
    assert len(json.dumps(make(PLACE), separators=(",", ":"))) < 6144


def test_statements_have_names_that_are_unique() -> None:
    for make in DOCUMENTS:
        names = [statement["Sid"] for statement in make(PLACE)["Statement"]]
        assert len(names) == len(set(names))
