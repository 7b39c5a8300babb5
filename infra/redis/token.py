"""The password of Redis: made by AWS, written to Secrets Manager, plain in no state and in no file."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from infra.iam import Statement
from infra.scope import Component, Scope

LENGTH = 64
"""Characters; ElastiCache takes 16 to 128."""


def new_token(parent: Component) -> pulumi.Output[str]:
    """Random text from AWS, another at each call: letters and digits, which ElastiCache and shells take."""
    made = aws.secretsmanager.get_random_password_output(
        password_length=LENGTH,
        exclude_punctuation=True,
        include_space=False,
        require_each_included_type=True,
        opts=pulumi.InvokeOutputOptions(parent=parent),
    )
    return pulumi.Output.secret(made.random_password)


def keep_token(
    parent: Component,
    scope: Scope,
    token: pulumi.Output[str],
    version: int,
    *,
    key: pulumi.Input[str],
    after: Sequence[pulumi.Resource] = (),
) -> pulumi.Output[str]:
    """Writes the token where its users read it; gives the secret's ARN, once the token is in it.

    It is a write-only value: AWS is given it when ``version`` changes and never asked for it. ``after`` is
    whoever must have accepted it before: if an ``up`` ends between the two, raising ``version`` repairs both.
    """
    secret = aws.secretsmanager.Secret(
        parent.part("secret"),
        name=f"{scope.name}-redis",
        description="Password of the feature store",
        kms_key_id=key,
        recovery_window_in_days=0 if scope.teardown else 30,
        opts=parent.child(protect=scope.protected),
    )
    written = aws.secretsmanager.SecretVersion(
        parent.part("secret-value"),
        secret_id=secret.id,
        secret_string_wo=token,
        secret_string_wo_version=version,
        opts=parent.child(depends_on=[*after]),
    )
    return pulumi.Output.all(secret.arn, written.id).apply(lambda known: str(known[0]))


def read_token(secret_arn: str, key_arn: str, region: str) -> list[Statement]:
    """Read this one secret, and decrypt it by way of Secrets Manager."""
    return [
        Statement(sid="ReadToken", actions=["secretsmanager:GetSecretValue"], resources=[secret_arn]),
        Statement(
            sid="DecryptToken",
            actions=["kms:Decrypt"],
            resources=[key_arn],
            conditions={"StringEquals": {"kms:ViaService": f"secretsmanager.{region}.amazonaws.com"}},
        ),
    ]
