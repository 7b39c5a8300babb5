"""What a mutant is, and what can become of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

PROJECT = Path(__file__).parents[2]


class Fate(StrEnum):
    """What became of a mutant. Only ``killed`` is good."""

    KILLED = "killed"
    """Its test passes without the mutation and fails with it."""
    SURVIVED = "SURVIVED"
    """Its test passes with the mutation: the requirement is not proven."""
    NOT_APPLICABLE = "NOT APPLICABLE"
    """The line is not there exactly once, or the test cannot be run: the table has to be mended."""


@dataclass(frozen=True)
class Mutant:
    """A mistake that somebody could make, in one line.

    Attributes:
        requirement: id of the requirement that it breaks, e.g. ``A4``.
        file: path in the project.
        old: text inside one line of the file, there exactly once.
        new: what it becomes.
        killer: pytest's node id of the test that must fail.
    """

    requirement: str
    file: str
    old: str
    new: str
    killer: str

    def applied_to(self, text: str) -> str | None:
        """The file's text with the mistake in it; None if the line is not there exactly once."""
        return text.replace(self.old, self.new) if text.count(self.old) == 1 else None

    def __str__(self) -> str:
        return f"{self.requirement} {self.file}: {self.old.strip()} → {self.new.strip() or '(nothing)'}"
