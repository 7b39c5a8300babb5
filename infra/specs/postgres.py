"""Postgres for MLflow."""

from __future__ import annotations

from pydantic import Field

from infra.specs.base import Spec
from infra.specs.domain import DbInstanceClass, EngineVersion


class PostgresSpec(Spec):
    """One RDS instance.

    Attributes:
        instance_class: for example ``db.t4g.medium``.
        version: major.minor, ``17.6``.
        storage_gib: allocated storage in GiB, gp3; 20 at least.
        max_storage_gib: up to where it grows by itself.
        multi_az: a standby in another zone.
        backup_retention_days: days of point-in-time recovery, 0 to 35; 0 takes none.
        deletion_protection: RDS itself refuses to delete it.
    """

    instance_class: DbInstanceClass
    version: EngineVersion
    storage_gib: int = Field(ge=20)
    max_storage_gib: int = Field(ge=20)
    multi_az: bool
    backup_retention_days: int = Field(ge=0, le=35)
    deletion_protection: bool
