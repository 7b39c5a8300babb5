"""Where data comes from that has to move into the artifact stores."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from infra.specs.base import Spec
from infra.specs.domain import AgentArn, AwsSchedule, BucketName, KeyArn, ServerName, SourceName, StorePath


class DataSource(Spec):
    """One place whose data move into one store, by a task that can be repeated.

    Attributes:
        name: of the task.
        kind: ``nfs`` (a file server on premise, read by an agent) or ``s3`` (a bucket of this account or of
            one that allows it).
        server: of ``nfs``.
        agents: of ``nfs``: one to four, DataSync's own bounds for a location.
        bucket: of ``s3``.
        key_arn: of ``s3``: what its objects are encrypted with, if with KMS.
        path: what of it moves.
        into: the store that it moves into.
        prefix: where in the store.
        schedule: repeats the task; None runs it when somebody starts it.
        verify: ``all`` compares everything at both ends after each run, right for a move that ends once;
            ``transferred`` only what this run has moved, right for one that repeats beside other writers.
        megabytes_per_second: the most that it takes of the line; None takes what there is.
    """

    name: SourceName
    kind: Literal["nfs", "s3"]
    server: ServerName | None = None
    agents: list[AgentArn] = Field(default_factory=list, max_length=4)
    bucket: BucketName | None = None
    key_arn: KeyArn | None = None
    path: StorePath = "/"
    into: Literal["models", "pipelines", "mlflow", "training-data"]
    prefix: StorePath
    schedule: AwsSchedule | None = None
    verify: Literal["all", "transferred"] = "all"
    megabytes_per_second: int | None = Field(ge=1, default=None)
