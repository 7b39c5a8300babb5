"""Databases at RDS: Postgres for MLflow, MySQL for Kubeflow Pipelines."""

from __future__ import annotations

from pydantic import Field

from infra.specs.base import Spec
from infra.specs.domain import DbInstanceClass, EngineVersion, MysqlVersion


class DatabaseSpec(Spec):
    """One RDS instance.

    Attributes:
        instance_class: for example ``db.t4g.medium``.
        version: of the engine.
        storage_gib: allocated storage in GiB, gp3; 20 at least.
        max_storage_gib: up to where it grows by itself.
        multi_az: a standby in another zone.
        backup_retention_days: days of point-in-time recovery, 0 to 35; 0 takes none.
        deletion_protection: RDS itself refuses to delete it.
    """

    instance_class: DbInstanceClass
    version: str
    storage_gib: int = Field(ge=20)
    max_storage_gib: int = Field(ge=20)
    multi_az: bool
    backup_retention_days: int = Field(ge=0, le=35)
    deletion_protection: bool


class PostgresSpec(DatabaseSpec):
    """Postgres.

    Attributes:
        version: major and minor, ``17.7``.
    """

    version: EngineVersion


class MysqlSpec(DatabaseSpec):
    """MySQL.

    Attributes:
        version: three numbers, ``8.4.7``: the first two are what MySQL calls a major version.
    """

    version: MysqlVersion
