"""Policies of the components, judged by what they refuse (A3, A4, A5).

The evaluator is the rehearsal's own and follows AWS's published logic; that AWS asks nothing else is not
proved.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from infra.iam import Statement, document
from infra.karpenter.interruptions import queue_statements
from infra.karpenter.policy import Place, statements
from infra.keys import logs_may_encrypt
from infra.redis.token import read_token
from infra.stores.policy import Copy, copying, logs_may_come, own_key_only, tls_only, use_bucket
from sandbox.aws.policy import Request, evaluate

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/data"
OTHER_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/other"
BUCKET = "ferry-dev-pipelines-123456789012-us-east-1"
OBJECT = f"arn:aws:s3:::{BUCKET}/run/1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/tested"


def written(found: Sequence[Statement]) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(document(found))
    return loaded


def may(found: Sequence[Statement], action: str, resource: str, **context: str) -> bool:
    request = Request(ROLE, action, resource, {key: [value] for key, value in context.items()})
    return evaluate(request, [written(found)]).allowed


ANYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def bucket_lets(found: Sequence[Statement], action: str, resource: str, context: dict[str, str]) -> bool:
    """Whether a bucket's policy lets somebody through whom IAM allows everything."""
    request = Request(ROLE, action, resource, {key: [value] for key, value in context.items()})
    return evaluate(request, [ANYTHING], written(found)).allowed


# --- A4: the pipelines' role ----------------------------------------------------------------------

RUNNER = use_bucket(BUCKET, KEY, "us-east-1")
VIA = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])
def test_runner_uses_its_own_store_and_no_other(action: str) -> None:
    assert may(RUNNER, action, OBJECT)
    assert not may(RUNNER, action, OBJECT.replace("pipelines", "evidence"))


@pytest.mark.parametrize(
    "action", ["s3:PutBucketPolicy", "s3:DeleteBucket", "s3:DeleteObjectVersion", "s3:PutBucketVersioning"]
)
def test_runner_cannot_change_its_store_or_its_history(action: str) -> None:
    assert not may(RUNNER, action, f"arn:aws:s3:::{BUCKET}")
    assert not may(RUNNER, action, OBJECT)


def test_runner_uses_the_key_by_way_of_s3_only() -> None:
    assert may(RUNNER, "kms:Decrypt", KEY, **VIA)
    assert not may(RUNNER, "kms:Decrypt", KEY)
    assert not may(RUNNER, "kms:Decrypt", KEY, **{"kms:ViaService": "ec2.us-east-1.amazonaws.com"})
    assert not may(RUNNER, "kms:Decrypt", OTHER_KEY, **VIA)


# --- A5: buckets ----------------------------------------------------------------------------------

POLICY = [tls_only(BUCKET), *own_key_only(BUCKET, KEY)]
TLS = {"aws:SecureTransport": "true"}


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject", "s3:ListBucket"])
def test_store_refuses_a_connection_without_tls(action: str) -> None:
    resource = f"arn:aws:s3:::{BUCKET}" if action == "s3:ListBucket" else OBJECT
    assert bucket_lets(POLICY, action, resource, TLS)
    assert not bucket_lets(POLICY, action, resource, {"aws:SecureTransport": "false"})


@pytest.mark.parametrize(
    ("headers", "lets"),
    [
        ({}, True),
        ({"s3:x-amz-server-side-encryption": "aws:kms"}, True),
        ({"s3:x-amz-server-side-encryption-aws-kms-key-id": KEY}, True),
        ({"s3:x-amz-server-side-encryption": "AES256"}, False),
        ({"s3:x-amz-server-side-encryption-aws-kms-key-id": OTHER_KEY}, False),
    ],
)
def test_store_refuses_other_encryption_than_its_own(headers: dict[str, str], lets: bool) -> None:
    assert bucket_lets(POLICY, "s3:PutObject", OBJECT, {**TLS, **headers}) is lets


def test_access_logs_come_from_own_stores_only() -> None:
    logs = [logs_may_come("logs", ACCOUNT, "ferry-dev-")]

    def delivered(account: str, bucket: str) -> bool:
        context = {"aws:SourceAccount": [account], "aws:SourceArn": [f"arn:aws:s3:::{bucket}"]}
        request = Request("logging.s3.amazonaws.com", "s3:PutObject", "arn:aws:s3:::logs/models/1", context)
        return evaluate(request, [], written(logs)).allowed

    assert delivered(ACCOUNT, "ferry-dev-models")
    assert not delivered("999999999999", "ferry-dev-models")
    assert not delivered(ACCOUNT, "somebody-elses")


def test_copying_role_cannot_delete_or_reach_a_third_bucket() -> None:
    pair = Copy("source", "target", KEY, OTHER_KEY, "us-east-1", "us-west-2")
    found = copying([pair])
    assert may(found, "s3:ReplicateObject", "arn:aws:s3:::target/a")
    assert may(found, "s3:GetObjectVersionForReplication", "arn:aws:s3:::source/a")
    assert not may(found, "s3:ReplicateObject", "arn:aws:s3:::source/a")
    assert not may(found, "s3:DeleteObject", "arn:aws:s3:::target/a")
    assert not may(found, "s3:GetObjectVersionForReplication", "arn:aws:s3:::third/a")
    assert not may(found, "kms:Decrypt", OTHER_KEY, **{"kms:ViaService": "s3.us-west-2.amazonaws.com"})


# --- A3: Karpenter --------------------------------------------------------------------------------

NODES = f"arn:aws:iam::{ACCOUNT}:role/ferry-dev-karpenter-nodes"
PLACE = Place(
    "ferry-dev",
    "us-east-1",
    ACCOUNT,
    NODES,
    f"arn:aws:iam::{ACCOUNT}:instance-profile/ferry-dev-karpenter-nodes",
    f"arn:aws:sqs:us-east-1:{ACCOUNT}:ferry-dev-interruptions",
)
KARPENTER = statements(PLACE)
INSTANCE = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-1"
OWN = {
    "aws:ResourceTag/kubernetes.io/cluster/ferry-dev": "owned",
    "aws:ResourceTag/karpenter.sh/nodepool": "gpu",
}
ASKED = {
    "aws:RequestTag/kubernetes.io/cluster/ferry-dev": "owned",
    "aws:RequestTag/eks:eks-cluster-name": "ferry-dev",
    "aws:RequestTag/karpenter.sh/nodepool": "gpu",
}


def test_karpenter_ends_its_own_machines() -> None:
    assert may(KARPENTER, "ec2:TerminateInstances", INSTANCE, **OWN)


@pytest.mark.parametrize("missing", list(OWN))
def test_karpenter_cannot_end_a_machine_of_anybody_else(missing: str) -> None:
    left = {key: value for key, value in OWN.items() if key != missing}
    assert not may(KARPENTER, "ec2:TerminateInstances", INSTANCE, **left)


def test_karpenter_cannot_end_another_clusters_machine() -> None:
    other = {key.replace("ferry-dev", "ferry-prod"): value for key, value in OWN.items()}
    assert not may(KARPENTER, "ec2:TerminateInstances", INSTANCE, **other)


def test_karpenter_starts_only_machines_that_carry_its_tags() -> None:
    assert may(KARPENTER, "ec2:RunInstances", INSTANCE, **ASKED)
    for missing in ASKED:
        left = {key: value for key, value in ASKED.items() if key != missing}
        assert not may(KARPENTER, "ec2:RunInstances", INSTANCE, **left), missing


def test_karpenter_gives_machines_the_node_role_and_no_other() -> None:
    ec2 = {"iam:PassedToService": "ec2.amazonaws.com"}
    assert may(KARPENTER, "iam:PassRole", NODES, **ec2)
    assert not may(KARPENTER, "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/ferry-dev-apply", **ec2)
    assert not may(KARPENTER, "iam:PassRole", NODES, **{"iam:PassedToService": "lambda.amazonaws.com"})


@pytest.mark.parametrize(
    "action", ["iam:CreateInstanceProfile", "iam:AttachRolePolicy", "ec2:CreateSecurityGroup", "s3:GetObject"]
)
def test_karpenter_cannot_do_what_the_program_does(action: str) -> None:
    assert not may(KARPENTER, action, "*", **ASKED, **OWN)


def test_karpenter_may_ask_for_a_profile_that_is_not_there_or_a_destroy_never_ends() -> None:
    profiles = f"arn:aws:iam::{ACCOUNT}:instance-profile"
    assert may(KARPENTER, "iam:GetInstanceProfile", f"{profiles}/ferry-dev_4067990795380418201")
    assert not may(KARPENTER, "iam:GetInstanceProfile", f"{profiles}/somebody-elses")


def test_karpenter_looks_at_its_own_region_only() -> None:
    assert may(KARPENTER, "ec2:DescribeSubnets", "*", **{"aws:RequestedRegion": "us-east-1"})
    assert not may(KARPENTER, "ec2:DescribeSubnets", "*", **{"aws:RequestedRegion": "eu-west-1"})


def test_queue_takes_events_of_this_account_and_needs_tls() -> None:
    queue = written(queue_statements("arn:aws:sqs:us-east-1:1:q", ACCOUNT))

    def sent(account: str, secure: str) -> bool:
        context = {"aws:SourceAccount": [account], "aws:SecureTransport": [secure]}
        request = Request("events.amazonaws.com", "sqs:SendMessage", "arn:aws:sqs:us-east-1:1:q", context)
        return evaluate(request, [], queue).allowed

    assert sent(ACCOUNT, "true")
    assert not sent("999999999999", "true")
    assert not sent(ACCOUNT, "false")


# --- keys and secrets -----------------------------------------------------------------------------


def test_logs_key_serves_log_groups_of_this_account_and_region() -> None:
    policy = written([logs_may_encrypt(ACCOUNT, "us-east-1")])

    def used(group: str) -> bool:
        request = Request(
            "logs.us-east-1.amazonaws.com",
            "kms:Encrypt",
            "*",
            {"kms:EncryptionContext:aws:logs:arn": [group]},
        )
        return evaluate(request, [], policy).allowed

    assert used(f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/ferry-dev/flow-logs")
    assert not used("arn:aws:logs:us-east-1:999999999999:log-group:/ferry-dev/flow-logs")
    assert not used(f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/ferry-dev/flow-logs")


def test_redis_role_reads_one_secret_and_writes_none() -> None:
    secret = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:ferry-dev-redis"
    found = read_token(secret, KEY, "us-east-1")
    assert may(found, "secretsmanager:GetSecretValue", secret)
    assert not may(found, "secretsmanager:GetSecretValue", secret.replace("redis", "postgres"))
    assert not may(found, "secretsmanager:PutSecretValue", secret)
    assert not may(found, "kms:Decrypt", KEY)
