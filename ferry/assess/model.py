"""What an assessment finds and says. Pure data; every list is sorted, so that two runs can be compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from workloads.spec import Pattern, Serving, Wave


class Kind(StrEnum):
    """Where something was found."""

    ENDPOINT = "endpoint"
    PIPELINE = "pipeline"
    TRAINING = "training"
    """Training jobs of one name; the date at the end of their names does not count."""
    TUNING = "tuning"
    NOTEBOOK_INSTANCE = "notebook-instance"
    MODEL_PACKAGES = "model-packages"
    """A group of model packages."""
    CRON = "cron"
    CRONJOB = "cronjob"
    """A CronJob of Kubernetes."""
    NOTEBOOK = "notebook"
    SCRIPT = "script"

    @property
    def scheduled(self) -> bool:
        """Whether it only says when something else runs."""
        return self in {Kind.CRON, Kind.CRONJOB}


@dataclass(frozen=True)
class Secret:
    """A secret in plain sight. What it is stays where it is: only place and kind are kept.

    Attributes:
        where: file and line, or object and variable.
        kind: e.g. ``AWS access key``.
    """

    where: str
    kind: str


@dataclass(frozen=True)
class Skipped:
    """What was seen and not assessed, and why."""

    where: str
    why: str


@dataclass(frozen=True)
class Found:
    """One thing that exists.

    Attributes:
        kind, name: what and by which name of its own.
        where: file, ARN or ``namespace/name``; unique.
        frameworks: e.g. ``torch``, ``xgboost``.
        sources: where data come from or go to, e.g. ``s3://bucket/prefix``, ``snowflake``.
        writes: those of ``sources`` that it writes.
        points_at: names of others that it uses or starts: a script's file name, an ARN, a group of packages.
        secrets: in its code or its environment.
        gpus: GPUs that it asks for; 1 where code asks for "a GPU".
        machines: instances or replicas that serve it, 0 where it is not served.
        requests: a day, over the last two weeks; None where nobody measured it.
        cron: five fields, of what runs by the clock.
        lines: of code.
        steps: of a pipeline.
        custom_image: it runs in an image of its own.
        faults: why a second run would not give the same, one sentence each.
        exposures: what an auditor would ask about, one sentence each.
        personal: words in code that name personal data, e.g. ``email``.
        tags: as AWS or Kubernetes has them.
        off: stopped, suspended, failed.
    """

    kind: Kind
    name: str
    where: str
    frameworks: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    points_at: frozenset[str] = frozenset()
    secrets: tuple[Secret, ...] = ()
    gpus: int = 0
    machines: int = 0
    requests: float | None = None
    cron: str = ""
    lines: int = 0
    steps: int = 0
    custom_image: bool = False
    faults: tuple[str, ...] = ()
    exposures: tuple[str, ...] = ()
    personal: frozenset[str] = frozenset()
    tags: tuple[tuple[str, str], ...] = ()
    off: bool = False


@dataclass
class Inventory:
    """Everything that was read; readers add to it."""

    found: list[Found] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    aside: list[Skipped] = field(default_factory=list)
    """Read, and not machine learning that runs: helpers, housekeeping."""
    loose: list[Secret] = field(default_factory=list)
    """Secrets that belong to no single thing: a variable of a whole crontab."""

    @property
    def secrets(self) -> list[Secret]:
        """All of them."""
        return [*self.loose, *(secret for item in self.found for secret in item.secrets)]


@dataclass(frozen=True)
class Score:
    """How much, from 0 to 10, and the observations that it follows from."""

    value: int
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Workload:
    """Things that are one workload, because one runs or feeds the other.

    Attributes:
        name: as it would stand in configuration.
        parts: at least one; the one that answers or writes comes first.
        needs: names of workloads whose data it reads.
        joined: why the parts belong together.
    """

    name: str
    parts: tuple[Found, ...]
    needs: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()

    @property
    def main(self) -> Found:
        """The part that gives it its name."""
        return self.parts[0]

    @property
    def serving(self) -> Serving:
        """How its predictions reach those who need them."""
        online = any(part.kind is Kind.ENDPOINT for part in self.parts)
        batch = bool(self.cron)
        return Serving.BOTH if online and batch else Serving.ONLINE if online else Serving.BATCH

    @property
    def cron(self) -> str:
        """Its schedule, or empty."""
        return next((part.cron for part in self.parts if part.cron), "")


@dataclass(frozen=True)
class Proposal:
    """What to do with a workload.

    Attributes:
        workload: which.
        criticality, complexity, dependencies, compliance: see :mod:`ferry.assess.scoring`.
        pattern, pattern_reason: how it should move, and why so.
        weeks: effort of one team.
        priority, wave, wave_reason: when it should move, and why then.
    """

    workload: Workload
    criticality: Score
    complexity: Score
    dependencies: Score
    compliance: Score
    pattern: Pattern
    pattern_reason: str
    weeks: int
    priority: int
    wave: Wave
    wave_reason: str

    @property
    def name(self) -> str:
        """The workload's."""
        return self.workload.name


@dataclass(frozen=True)
class Slot:
    """Weeks of the calendar in which one team carries one workload; both included."""

    name: str
    first: int
    last: int
    wave: Wave
    team: int


@dataclass(frozen=True)
class Calendar:
    """When each moves.

    Attributes:
        slots: in the order of their beginning.
        teams: how many work at the same time.
        left_over: names for which there was no room in the programme's weeks.
        teams_needed: the fewest teams for which there is room for all.
    """

    slots: tuple[Slot, ...]
    teams: int
    left_over: tuple[str, ...]
    teams_needed: int


@dataclass(frozen=True)
class Assessment:
    """All of it."""

    inventory: Inventory
    proposals: tuple[Proposal, ...]
    calendar: Calendar
