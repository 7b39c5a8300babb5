"""What a rule is, and how Prometheus' operator wants it written."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

RUNBOOKS = "docs/operate/alerts.md"
"""Where each alert has its paragraph."""


class Severity(StrEnum):
    """Who is told, and when; the words are those of the chart's own rules."""

    CRITICAL = "critical"
    """Somebody is woken: users are hurt, or will be within hours."""
    WARNING = "warning"
    """A message for the working day."""


@dataclass(frozen=True)
class Recording:
    """A query that is evaluated all the time and kept under a name, ``level:metric:operation``."""

    record: str
    expr: str

    def written(self) -> dict[str, Any]:
        """As Prometheus reads it."""
        return {"record": self.record, "expr": self.expr}


@dataclass(frozen=True)
class Alert:
    """A question whose answer somebody has to act on.

    Attributes:
        name: in words; the heading of its paragraph in the runbook.
        expr: fires for each series that it returns.
        severity: who is told.
        summary: one sentence with the series' labels and value filled in.
        lasting: how long it must hold before it fires, ``10m``; ``0m`` at once.
    """

    name: str
    expr: str
    severity: Severity
    summary: str
    lasting: str = "0m"

    @property
    def runbook(self) -> str:
        """Where its paragraph stands."""
        return f"{RUNBOOKS}#{self.name.lower()}"

    def written(self) -> dict[str, Any]:
        """As Prometheus reads it."""
        return {
            "alert": self.name,
            "expr": self.expr,
            "for": self.lasting,
            "labels": {"severity": str(self.severity)},
            "annotations": {"summary": self.summary, "runbook": self.runbook},
        }


@dataclass(frozen=True)
class Group:
    """Rules about one thing, evaluated together in this order.

    Attributes:
        name: of the thing.
        capability: without it the group is not there: its metrics would be missing.
        interval: between two evaluations.
    """

    name: str
    capability: str
    alerts: tuple[Alert, ...]
    recordings: tuple[Recording, ...] = field(default=())
    interval: str = "30s"

    def written(self) -> dict[str, Any]:
        """As Prometheus reads it; recordings first, since alerts use them."""
        kept = [item.written() for item in self.recordings]
        rules = [*kept, *(item.written() for item in self.alerts)]
        return {"name": self.name, "interval": self.interval, "rules": rules}
