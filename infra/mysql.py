"""MySQL for Kubeflow Pipelines (B2), which opens Postgres without TLS: ``docs/adr/0007``."""

from __future__ import annotations

import pulumi

from infra.rds import Database, DatabaseArgs, Engine

PORT = 3306
ENGINE = Engine(
    name="mysql",
    title="Mysql",
    port=PORT,
    database=None,  # Ferry's Job makes those of Kubeflow Pipelines, with their user
    family="mysql{version}",
    says="TLS only; statements that took longer than a second are logged",
    parameters={
        "require_secure_transport": "1",
        "slow_query_log": "1",
        "long_query_time": "1",
        "log_output": "FILE",  # CloudWatch gets files, and no table
    },
    logs=("error", "slowquery"),
    # docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PerfInsights.Overview.Engines.html
    without_insights=frozenset({"db.t3.micro", "db.t3.small", "db.t4g.micro", "db.t4g.small"}),
)


class Mysql(Database):
    """See :class:`infra.rds.Database`."""

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, ENGINE, args, opts)
