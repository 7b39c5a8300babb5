"""MLflow: experiments, runs, and the registry of models."""

from __future__ import annotations

from pydantic import Field

from infra.specs.base import Spec
from infra.specs.domain import CronLine, Digest, Quantity


class MlflowSpec(Spec):
    """The tracking server.

    Attributes:
        digest: of the image in the environment's own repository ``mlflow``; ``docs/operate/mlflow.md`` says
            how it gets there.
        replicas: pods; by default 2 with the capability ``high_availability`` and 1 without.
        cpu: of each pod, requested and at most. One server process fills one CPU: for more, take more pods.
        memory: of each pod, requested and at most.
        rotate: when the database password is made anew, as a cron line in UTC; monthly by default.
    """

    digest: Digest
    replicas: int | None = Field(ge=1, le=10, default=None)
    cpu: Quantity = "1"
    memory: Quantity = "2Gi"
    rotate: CronLine = "23 4 1 * *"
