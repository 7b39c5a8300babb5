"""What MLflow's roles are refused (A4, A7, B1)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from infra.iam import Statement, document
from infra.mlflow.policy import Reach, preparing, serving
from sandbox.aws.policy import Request, evaluate

ACCOUNT = "123456789012"
PREFIX = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret"
REACH = Reach(
    bucket="ferry-dev-mlflow",
    master=f"{PREFIX}:rds!db-1",
    database=f"{PREFIX}:ferry-dev-mlflow-database",
    server=f"{PREFIX}:ferry-dev-mlflow-server",
    key=f"arn:aws:kms:us-east-1:{ACCOUNT}:key/data",
    region="us-east-1",
)
READ, WRITE = "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"


def may(found: Sequence[Statement], action: str, resource: str, **context: str) -> bool:
    given = {key: [value] for key, value in context.items()}
    request = Request(f"arn:aws:iam::{ACCOUNT}:role/r", action, resource, given)
    return evaluate(request, [json.loads(document(found))]).allowed


def test_server_reads_its_own_secrets_and_not_the_masters() -> None:
    """A7."""
    assert may(serving(REACH), READ, REACH.database)
    assert may(serving(REACH), READ, REACH.server)
    assert not may(serving(REACH), READ, REACH.master)


def test_server_cannot_change_its_own_password() -> None:
    assert not may(serving(REACH), WRITE, REACH.database)


def test_server_uses_its_own_store_only() -> None:
    """A4."""
    assert may(serving(REACH), "s3:PutObject", "arn:aws:s3:::ferry-dev-mlflow/1/a")
    assert not may(serving(REACH), "s3:PutObject", "arn:aws:s3:::ferry-dev-models/1/a")
    assert not may(serving(REACH), "s3:DeleteBucket", "arn:aws:s3:::ferry-dev-mlflow")


def test_what_prepares_the_database_sees_no_artifact_and_cannot_write_the_masters_secret() -> None:
    """A4."""
    assert may(preparing(REACH), READ, REACH.master)
    assert may(preparing(REACH), WRITE, REACH.database)
    assert not may(preparing(REACH), WRITE, REACH.master)
    assert not may(preparing(REACH), "s3:GetObject", "arn:aws:s3:::ferry-dev-mlflow/1/a")


def test_key_is_used_by_way_of_secrets_manager_and_s3_only() -> None:
    """A4."""
    via = {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}
    for rights in (serving(REACH), preparing(REACH)):
        assert may(rights, "kms:Decrypt", REACH.key, **via)
        assert not may(rights, "kms:Decrypt", REACH.key)
