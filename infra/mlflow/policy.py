"""What MLflow's two service accounts may do on AWS; pure.

The server reads two secrets and uses one bucket. Only what prepares its database can read the master's
password, and it cannot touch the bucket.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from infra.iam import Statement
from infra.stores.policy import use_bucket


@dataclass(frozen=True)
class Reach:
    """ARNs and names that MLflow's rights are about.

    Attributes:
        bucket: name of its store.
        master: secret of Postgres' master.
        database: secret of its own database user.
        server: secret of its first user.
        key: key of all of them.
        region: where they are.
    """

    bucket: str
    master: str
    database: str
    server: str
    key: str
    region: str


Rights = Callable[[Reach], list[Statement]]
"""What an account may, given what it is about."""


def serving(reach: Reach) -> list[Statement]:
    """What the server may: its store, and its own two secrets."""
    own = [reach.database, reach.server]
    return [*use_bucket(reach.bucket, reach.key, reach.region), *_read(own, reach, ["kms:Decrypt"])]


def preparing(reach: Reach) -> list[Statement]:
    """What brings the database may: read the master's password, write MLflow's own."""
    own = [reach.database, reach.server]
    return [
        *_read([reach.master, *own], reach, ["kms:Decrypt", "kms:GenerateDataKey"]),
        Statement(sid="WriteOwnSecrets", actions=["secretsmanager:PutSecretValue"], resources=own),
        Statement(
            sid="MakePasswords",
            actions=["secretsmanager:GetRandomPassword"],
            resources=["*"],
            reason="it is about no resource: AWS knows no narrower form",
        ),
    ]


def _read(secrets: Sequence[str], reach: Reach, key_actions: Sequence[str]) -> list[Statement]:
    via = {"StringEquals": {"kms:ViaService": f"secretsmanager.{reach.region}.amazonaws.com"}}
    return [
        Statement(sid="ReadSecrets", actions=["secretsmanager:GetSecretValue"], resources=secrets),
        Statement(sid="UseTheirKey", actions=key_actions, resources=[reach.key], conditions=via),
    ]
