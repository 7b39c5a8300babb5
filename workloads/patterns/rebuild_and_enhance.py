"""C3: a refactoring plus explanations, drift monitoring, search, scheduled retraining."""

from __future__ import annotations

import pulumi_kubernetes as kubernetes

from workloads.patterns import pods, rights, training
from workloads.patterns.refactor_and_optimize import RefactorAndOptimize

BY_THE_CLOCK = frozenset({"pipelines", "scheduled_runs", "automated_retraining"})
"""What the environment needs for a model that trains itself anew."""


class RebuildAndEnhance(RefactorAndOptimize):
    """Looks every hour for drift, searches and retrains where the environment has what that needs.

    Explanations have no part of their own: each run of the pipeline writes what every feature adds to the
    scores (exact TreeSHAP, by the library that trained the trees) beside the model that it judged.
    """

    def provide(self) -> None:
        """What a refactoring has, and what watches and renews the model."""
        super().provide()
        has, names, space = self.ground.enabled, self.names, self.ground.pipelines
        if "drift_detection" in has:
            self._drift()
        trained = self.ground.images.trained.get(names.workload)
        if "hyperparameter_search" in has and trained is not None and self.spec.search is not None:
            experiment = training.experiment(names, self.spec.search, trained)
            self.custom("Experiment", names.training, experiment, self.training, namespace=space)
        if has >= BY_THE_CLOCK:
            self._retraining()

    def _drift(self) -> None:
        names, account = self.names, f"{self.names.workload}-drift"
        own = self.role(account, lambda reach: rights.drift(reach, names))
        self.add(
            kubernetes.batch.v1.CronJob(
                self.part("drift"),
                metadata=self.metadata(account, "drift"),
                spec=pods.looking(self.place, account),
                opts=self.inside(own),
            )
        )

    def _retraining(self) -> None:
        """A run of its pipeline by its schedule, one at a time; it starts in the namespace of pipelines."""
        names, schedule = self.names, self.spec.schedule
        if schedule is None:
            return
        self.add(
            kubernetes.batch.v1.CronJob(
                self.part("retraining"),
                metadata=self.metadata(names.training, "run", self.ground.pipelines),
                spec=pods.starting(self.place, names.training, schedule),
                opts=self.inside(self.training),
            )
        )
