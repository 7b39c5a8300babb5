"""What a status says. A figure that nobody measured is None and shown as "no data": it is never 0."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from workloads.spec import Wave


class Mark(StrEnum):
    """How a line is to be read."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    NO_DATA = "no data"


@dataclass(frozen=True)
class Crossing:
    """One workload on its way.

    Attributes:
        name, owner, wave, impact_usd: from its definition; USD a year.
        place: stage, and at canary the ceiling.
        moved: share of its way that lies behind it, from 0 to 1.
        since: day of its last step; empty where no `up` has recorded one.
        weight: percent of live traffic that the platform answers now; None where nobody looked.
        incident: what stopped it; empty where nothing did.
        decision: what has to be decided next, and on which evidence.
        gates: what its last evidence measured; "no data" where nobody looked or none is named.
    """

    name: str
    owner: str
    wave: Wave
    impact_usd: int
    place: str
    moved: float
    since: str
    weight: int | None
    incident: str
    decision: str
    gates: str = "no data"


@dataclass(frozen=True)
class Progress:
    """One wave: its weeks, how many workloads it has, how many are through, and the share of the way."""

    wave: Wave
    first_week: int
    last_week: int
    workloads: int
    through: int
    moved: float


@dataclass(frozen=True)
class Measure:
    """One measure of success: what was promised, what was seen, and where it was seen."""

    name: str
    target: str
    seen: str
    mark: Mark
    source: str


@dataclass(frozen=True)
class Money:
    """USD a month: the range of the estimate, the budget, the old estate and the share saved at least."""

    low: float
    high: float
    budget: float | None
    legacy: float | None
    saved: float | None


@dataclass(frozen=True)
class Control:
    """One control of the compliance report and the evidence for it."""

    id: str
    source: str
    claim: str
    mark: Mark
    evidence: str


@dataclass(frozen=True)
class Status:
    """All of it, at one moment."""

    environment: str
    as_of: str
    waves: tuple[Progress, ...]
    crossings: tuple[Crossing, ...]
    measures: tuple[Measure, ...]
    money: Money
    controls: tuple[Control, ...]

    @property
    def incidents(self) -> tuple[Crossing, ...]:
        """Workloads that something has stopped."""
        return tuple(item for item in self.crossings if item.incident)

    @property
    def value_moved(self) -> tuple[int, int]:
        """USD a year of the workloads that the platform answers for, and of all."""
        through = [item.impact_usd for item in self.crossings if item.moved >= _ANSWERS]
        return sum(through), sum(item.impact_usd for item in self.crossings)


_ANSWERS = 4 / 6
"""Share of the way at stage ``platform``, from which on the platform answers everything."""
