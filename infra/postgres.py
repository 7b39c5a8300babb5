"""Postgres for MLflow (A7), and for Katib's observations."""

from __future__ import annotations

import pulumi

from infra.rds import Database, DatabaseArgs, Engine

PORT = 5432
DATABASE = "mlflow"
ENGINE = Engine(
    name="postgres",
    title="Postgres",
    port=PORT,
    database=DATABASE,
    family="postgres{major}",
    says="TLS only; statements that took longer than a second are logged",
    parameters={"rds.force_ssl": "1", "log_min_duration_statement": "1000"},
    logs=("postgresql",),
)


class Postgres(Database):
    """See :class:`infra.rds.Database`."""

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, ENGINE, args, opts)
