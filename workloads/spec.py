"""What a workload is. Pure; where it stands on its way is configuration (:mod:`workloads.state`)."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from infra.specs.base import Spec
from infra.specs.domain import MisfitError
from workloads.search import SearchSpec


class Pattern(StrEnum):
    """How a workload moves; the three differ in what they provision (requirements C1 to C3)."""

    LIFT_AND_SHIFT = "lift-and-shift"
    """The code as it is, packaged; new monitoring, gradual switch. One to two weeks, low risk."""
    REFACTOR_AND_OPTIMIZE = "refactor-and-optimize"
    """Triton, features in Redis, pipelines in Kubeflow, MLflow. Three to four weeks, medium risk."""
    REBUILD_AND_ENHANCE = "rebuild-and-enhance"
    """A refactoring plus explanations, drift monitoring, search, scheduled retraining. Six to eight weeks."""
    RETIRE = "retire"
    """Nothing moves: the old system is locked, archived and taken down (priority 3, "retire only")."""

    @property
    def moves(self) -> bool:
        """Whether anything will run on the platform."""
        return self is not Pattern.RETIRE

    @property
    def comparison(self) -> Comparison:
        """What its evidence has to show against the old system."""
        same_code = self is Pattern.LIFT_AND_SHIFT
        return Comparison.EQUIVALENCE if same_code else Comparison.NON_INFERIORITY


class Comparison(StrEnum):
    """The claim of a parity test."""

    EQUIVALENCE = "equivalence"
    """Neither worse nor better by the tolerance: the same code has no reason to be better either."""
    NON_INFERIORITY = "non-inferiority"
    """Not worse by the tolerance. Better is welcome."""


class Wave(StrEnum):
    """Part of the calendar (requirement C10)."""

    PILOT = "pilot"
    HIGH_IMPACT = "high-impact"
    MEDIUM_IMPACT = "medium-impact"
    REST = "rest"

    @property
    def weeks(self) -> tuple[int, int]:
        """First and last week of the programme, both included."""
        return _WEEKS[self]


_WEEKS = {Wave.PILOT: (1, 8), Wave.HIGH_IMPACT: (9, 20), Wave.MEDIUM_IMPACT: (21, 32), Wave.REST: (33, 44)}
"""Requirement C10: pilot, high impact, medium, rest and decommission."""


class Serving(StrEnum):
    """How its predictions reach those who need them."""

    ONLINE = "online"
    """On request, through the gateway."""
    BATCH = "batch"
    """By the clock, as files; there is no traffic to split, and one publisher at a time."""
    BOTH = "both"
    """Both, from the same model."""

    @property
    def online(self) -> bool:
        """Whether requests are answered."""
        return self is not Serving.BATCH

    @property
    def batch(self) -> bool:
        """Whether files are published."""
        return self is not Serving.ONLINE


TOLERANCES = {"accuracy": 0.01, "f1": 0.02, "auc": 0.01}
"""The widest that C7 allows, in each metric's own unit."""


class MetricSpec(Spec):
    """One quality metric that both sides must agree on.

    Attributes:
        name: which.
        tolerance: how much worse the platform may be, in the metric's own unit; at most C7's figure.
        planned_sd: standard deviation that one paired row adds to the difference, from a pilot. The rows that
            the gate asks for follow from it: a share of 4% of rows on which exactly one side is right makes
            0.2 for accuracy.
    """

    name: Literal["accuracy", "f1", "auc"]
    tolerance: float = Field(gt=0)
    planned_sd: float = Field(gt=0, le=2, default=0.2)

    @model_validator(mode="after")
    def _is_no_wider_than_allowed(self) -> Self:
        widest = TOLERANCES[self.name]
        if self.tolerance > widest:
            raise MisfitError(
                f"{self.name} may differ by {widest} at most (C7), not by {self.tolerance}", str(widest)
            )
        return self


TRAINING_TIME = 0.20
"""How much longer a training run may take, as a share of the old system's (C7; the target is no slower)."""


class Tolerances(Spec):
    """What may differ from the old system.

    Attributes:
        metrics: quality; all of them must hold.
        training_time: how much longer training may take, as a share; None where nothing is trained.
        degradation: how much of any metric may be lost relative to the old value: 5%, in the pilot 10% (C7).
    """

    metrics: tuple[MetricSpec, ...] = Field(min_length=1)
    training_time: float | None = Field(ge=0, le=TRAINING_TIME, default=TRAINING_TIME)
    degradation: float = Field(gt=0, le=0.10, default=0.05)


class OnlineSlo(Spec):
    """What callers may count on.

    Attributes:
        p99_ms: milliseconds within which 99 of 100 requests are answered.
        error_rate: share of requests that may fail, e.g. 0.001.
    """

    p99_ms: float = Field(gt=0)
    error_rate: float = Field(gt=0, lt=0.1)


class BatchSlo(Spec):
    """What readers of files may count on.

    Attributes:
        deadline_minutes: minutes after the scheduled time at which something must be published; at this time
            the old system's output is, if the platform's is not there.
    """

    deadline_minutes: int = Field(gt=0, le=24 * 60)


class Slo(Spec):
    """Objectives; the part that its serving needs must be there."""

    online: OnlineSlo | None = None
    batch: BatchSlo | None = None


class ScheduleSpec(Spec):
    """When it runs by the clock, in UTC, one run at a time.

    Attributes:
        cron: five fields.
        longest_minutes: the longest that a run may take; it is ended then.
    """

    cron: str
    longest_minutes: int = Field(gt=0)


class ModelSpec(Spec):
    """The model that is served.

    Attributes:
        name: in the registry and on the server.
        framework: Triton's backend.
        gpu: whether one GPU is needed to serve it in production.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{1,61}[a-z0-9]$")
    framework: Literal["python", "onnxruntime", "pytorch", "fil"]
    gpu: bool = False


class LegacySpec(Spec):
    """Where it runs today.

    Attributes:
        kind: which adapter talks to it.
        name: endpoint, notebook, script or cron job by its own name.
        timeout_ms: how long an adapter waits for it.
        concurrency: how many requests it is given at once.
    """

    kind: Literal["sagemaker", "http", "notebook", "script", "cron"]
    name: str = Field(min_length=1)
    timeout_ms: int = Field(gt=0, default=2_000)
    concurrency: int = Field(gt=0, default=64)


class Soak(Spec):
    """How long nothing may go wrong before there is no way back to what was.

    Attributes:
        platform_days: days at stage ``platform`` before the old system is scaled down.
        standby_days: days at stage ``standby`` before it may be destroyed.
    """

    platform_days: int = Field(ge=1, default=7)
    standby_days: int = Field(ge=7, default=14)


class WorkloadSpec(Spec):
    """One workload, as it is whatever the environment.

    Attributes:
        name: as in configuration, e.g. ``fraud-detection``.
        what: in one sentence, for people.
        owner: team that answers for it.
        pattern, serving: how it moves, how it answers.
        priority: 1 (first) to 3.
        impact_usd: what it is worth in a year; 0 where nobody measured it. Source: requirement C4.
        wave: when it moves.
        legacy: what it leaves.
        model, tolerances, slo: None only for a workload that is retired without moving.
        schedule: of its batch runs, or of its retraining.
        features: names of feature groups that it reads (:mod:`workloads.features`).
        search: what its hyper-parameter search looks for; None for no search.
        soak: waiting times before steps that cannot be undone quickly.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{1,38}[a-z0-9]$")
    what: str
    owner: str
    pattern: Pattern
    serving: Serving
    priority: Literal[1, 2, 3]
    impact_usd: int = Field(ge=0)
    wave: Wave
    legacy: LegacySpec
    model: ModelSpec | None = None
    tolerances: Tolerances | None = None
    slo: Slo | None = None
    schedule: ScheduleSpec | None = None
    features: tuple[str, ...] = ()
    search: SearchSpec | None = None
    soak: Soak = Soak()
