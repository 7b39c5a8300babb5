"""Encryption keys, one for each purpose, so that who may read logs cannot read data."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra import iam
from infra.iam import Statement
from infra.scope import Component, Scope

WAIT_DAYS = 30
"""Days that AWS keeps a deleted key, so that a mistake can be undone: the most it offers."""
TEARDOWN_WAIT_DAYS = 7
"""The fewest it offers, for a reviewed teardown."""


def account_decides(account: str) -> Statement:
    """IAM of the account decides who uses the key; without it nobody could ever change the key again."""
    return Statement(
        sid="AccountDecides",
        principals={"AWS": f"arn:aws:iam::{account}:root"},
        actions=["kms:*"],
        resources=["*"],
        reason="in a key's policy the resource is the key itself, and its administration is left to IAM",
    )


def logs_may_encrypt(account: str, region: str) -> Statement:
    """CloudWatch Logs may use the key for log groups of this account and region, and for no others."""
    return Statement(
        sid="LogGroupsOfThisAccount",
        principals={"Service": f"logs.{region}.amazonaws.com"},
        actions=[
            "kms:Encrypt",
            "kms:Decrypt",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
            "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:DescribeKey",
        ],
        resources=["*"],
        conditions={
            "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{region}:{account}:log-group:*"}
        },
        reason="in a key's policy the resource is the key; the encryption context names the log groups",
    )


class Keys(Component):
    """KMS keys with an alias each; those that encrypt rotate yearly.

    Attributes:
        cluster: ARN of the key for Secrets in the cluster.
        data: ARN of the key for stores, databases, images and volumes.
        logs: ARN of the key for log groups.
        evidence: ARN of the key that signs evidence; what it signed can be verified by whoever may read it.
    """

    def __init__(self, name: str, scope: Scope, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Keys", name, opts)
        own = [account_decides(scope.account)]
        self.cluster = self._key("cluster", "Secrets of the cluster", scope, own)
        self.data = self._key("data", "Stores, databases, images and volumes", scope, own)
        self.logs = self._key(
            "logs", "Log groups", scope, [*own, logs_may_encrypt(scope.account, scope.region)]
        )
        self.evidence = make_key(self, "evidence", "Signatures of evidence", scope, own, signs=True)
        self.register_outputs(
            {"cluster": self.cluster, "data": self.data, "logs": self.logs, "evidence": self.evidence}
        )

    def _key(self, purpose: str, what: str, scope: Scope, statements: list[Statement]) -> pulumi.Output[str]:
        return make_key(self, purpose, what, scope, statements)


def make_key(
    parent: Component,
    purpose: str,
    what: str,
    scope: Scope,
    statements: list[Statement],
    *,
    provider: pulumi.ProviderResource | None = None,
    signs: bool = False,
) -> pulumi.Output[str]:
    """A key with its alias as children of ``parent``; gives the key's ARN.

    Args:
        signs: it signs (ECDSA on NIST P-256) instead of encrypting. AWS rotates no such key, and a rotated
            one could not verify what was signed before.
    """
    key = aws.kms.Key(
        parent.part(purpose),
        description=f"{scope.name}: {what}",
        enable_key_rotation=not signs,
        key_usage="SIGN_VERIFY" if signs else "ENCRYPT_DECRYPT",
        customer_master_key_spec="ECC_NIST_P256" if signs else "SYMMETRIC_DEFAULT",
        deletion_window_in_days=TEARDOWN_WAIT_DAYS if scope.teardown else WAIT_DAYS,
        policy=iam.document(statements),
        tags={"Name": f"{scope.name}-{purpose}"},
        opts=parent.child(protect=scope.protected, provider=provider),
    )
    aws.kms.Alias(
        parent.part(f"{purpose}-alias"),
        name=f"alias/{scope.name}-{purpose}",
        target_key_id=key.key_id,
        opts=parent.child(provider=provider),
    )
    arn: pulumi.Output[str] = key.arn
    return arn
