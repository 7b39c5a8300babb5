"""C2: Triton on GPU, features in Redis, pipelines in Kubeflow, versions in MLflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from infra.iam import Statement
from infra.mlflow.pods import CLIENT as MLFLOW
from infra.redis.pod import CLIENT as REDIS
from infra.triton.pod import SCRIPT
from workloads.patterns import deploying, rights
from workloads.patterns.crossing import Crossing


class RefactorAndOptimize(Crossing):
    """Slots hold Triton with the workload's model; steps of its pipeline have an account of their own."""

    SPACE: ClassVar[Mapping[str, str]] = {**REDIS, **MLFLOW}
    FEATURES: ClassVar[bool] = True

    def provide(self) -> None:
        """What a model server and a pipeline need."""
        names = self.names
        self.config_map(names.fetch, "fetch", {"fetch.py": SCRIPT})
        self.training = self.role(
            names.training,
            lambda reach: rights.training(reach, names),
            namespace=self.ground.pipelines,
        )
        deploying.application(self)

    def slot_rights(self, reach: rights.Reach, password: str) -> list[Statement]:
        """The feature store's password."""
        return rights.read_password(password, reach.key, reach.region)
