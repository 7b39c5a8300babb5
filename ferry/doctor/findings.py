"""What the doctor says of one thing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a line of the report is to be read."""

    OK = "ok"
    """Enough."""
    NOTE = "note"
    """Enough; something will be done differently or take longer."""
    FAIL = "fail"
    """A rehearsal would fail."""


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, how it stands, what was found, what to do (empty where all is well)."""

    name: str
    status: Status
    found: str
    way_out: str = ""
