"""What may be done with secrets of Secrets Manager, as statements of a policy. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from infra.iam import Statement


def reading(
    secrets: Sequence[str], key: str, region: str, key_actions: Sequence[str] = ("kms:Decrypt",)
) -> list[Statement]:
    """Read these secrets.

    Args:
        secrets: ARNs.
        key: ARN of the key of all of them.
        region: where they are.
        key_actions: on the key, by way of Secrets Manager only.
    """
    via = {"StringEquals": {"kms:ViaService": f"secretsmanager.{region}.amazonaws.com"}}
    return [
        Statement(sid="ReadSecrets", actions=["secretsmanager:GetSecretValue"], resources=secrets),
        Statement(sid="UseTheirKey", actions=key_actions, resources=[key], conditions=via),
    ]


def preparing(master: str, own: Sequence[str], key: str, region: str) -> list[Statement]:
    """Bring a database user: read the master's password, make passwords, write the user's own secrets."""
    return [
        *reading([master, *own], key, region, ["kms:Decrypt", "kms:GenerateDataKey"]),
        Statement(sid="WriteOwnSecrets", actions=["secretsmanager:PutSecretValue"], resources=own),
        Statement(
            sid="MakePasswords",
            actions=["secretsmanager:GetRandomPassword"],
            resources=["*"],
            reason="it is about no resource: AWS knows no narrower form",
        ),
    ]
