"""What MLflow's two service accounts may do on AWS; pure.

The server reads two secrets and uses one bucket. Only what prepares its database can read the master's
password, and it cannot touch the bucket.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from infra import vault
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
    own = vault.reading([reach.database, reach.server], reach.key, reach.region)
    return [*use_bucket(reach.bucket, reach.key, reach.region), *own]


def preparing(reach: Reach) -> list[Statement]:
    """What brings the database may: read the master's password, write MLflow's own."""
    return vault.preparing(reach.master, [reach.database, reach.server], reach.key, reach.region)
