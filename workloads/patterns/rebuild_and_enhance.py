"""C3: a refactoring plus explanations, drift monitoring, search, scheduled retraining."""

from __future__ import annotations

import pulumi_kubernetes as kubernetes

from workloads.patterns import pods, rights, training
from workloads.patterns.refactor_and_optimize import RefactorAndOptimize


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
        if {"automated_retraining", "pipelines"} <= has and self.spec.schedule is not None:
            recurring = training.recurring(names, self.spec.schedule)
            self.custom("ScheduledWorkflow", names.training, recurring, self.training, namespace=space)

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
