"""Everything that a comment says, decided from what the engine showed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ferry.preview.difference import changes, later
from ferry.preview.money import Money, money, signed
from ferry.preview.moves import Found, Move, moves
from ferry.preview.reach import Shift, shifts, unexplained
from ferry.preview.seen import Kind, Seen, Step
from ferry.preview.stakes import at_stake
from ferry.preview.words import count

PAST = {
    Kind.DELETE: "deleted",
    Kind.REPLACE: "replaced",
    Kind.CREATE: "created",
    Kind.UPDATE: "updated",
    Kind.IMPORT: "imported",
}
"""How each kind is said, the worst first."""


class Level(StrEnum):
    """How carefully a person should look."""

    REFUSED = "refused"
    """The `up` would not start."""
    DANGER = "danger"
    """Something that cannot be made again goes."""
    CARE = "care"
    """Traffic moves, somebody may reach more or less, or something goes that can be made again."""
    HARMLESS = "harmless"
    """Things are added or changed in place."""
    NOTHING = "nothing"
    """Nothing changes."""


@dataclass(frozen=True)
class Change:
    """A change of one environment.

    Attributes:
        base: what it is compared with, by name; empty where it is compared with the state alone.
        ours: what this change brings.
        waiting: what the base would change as well: it comes with the next `up`, whatever is merged.
        stake: what holds data and goes, of ours and of what waits.
        unclear: guards that change in a way that no sentence tells.
        unknown: resource and input that only the `up` will know.
    """

    environment: str
    base: str
    seen: Seen
    ours: Sequence[Step]
    waiting: Sequence[Step]
    stake: Sequence[Step]
    moves: Sequence[Move]
    shifts: Sequence[Shift]
    unclear: Sequence[Step]
    money: Money
    unknown: Sequence[tuple[Step, str]]
    base_errors: Sequence[str] = ()

    @property
    def level(self) -> Level:
        """The worst that is in it."""
        if self.seen.errors or any(ruling.mandatory for ruling in self.seen.rulings):
            return Level.REFUSED
        if self.stake:
            return Level.DANGER
        gone = any(step.kind in (Kind.REPLACE, Kind.DELETE) for step in self.ours)
        if self.moves or self.shifts or self.unclear or gone:
            return Level.CARE
        return Level.HARMLESS if self.ours else Level.NOTHING

    @property
    def verdict(self) -> str:
        """One line, without names that anybody chose."""
        words = [self._headline()]
        counts = Counter(step.kind for step in self.ours)
        words += [f"{counts[kind]} {past}" for kind, past in PAST.items() if counts[kind]]
        words.append(f"{self.seen.unchanged} unchanged")
        if not self.money.why_not:
            words.append(f"a month: {signed(self.money.more)}")
        return " · ".join(words)

    def _headline(self) -> str:
        wide = sum(shift.wide and shift.given for shift in self.shifts)
        parts = {
            Level.REFUSED: "refused, nothing would be applied",
            Level.DANGER: f"data of {count(len(self.stake), 'resource')} would be lost or made anew",
            Level.CARE: _join(
                f"traffic of {count(len(self.moves), 'workload')} moves" if self.moves else "",
                f"{count(len(self.shifts), 'change')} of who may reach what" if self.shifts else "",
                f"{count(wide, 'wildcard')} given" if wide else "",
            )
            or "look before you approve",
            Level.HARMLESS: "nothing is lost, no traffic moves, nobody may reach more",
            Level.NOTHING: "nothing changes",
        }
        return parts[self.level]


def _join(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def judge(
    environment: str,
    region: str,
    seen: Seen,
    base: tuple[str, Seen] | None = None,
    found: Found | None = None,
) -> Change:
    """What a change does.

    Args:
        region: whose prices are taken.
        seen: the preview of the change.
        base: name and preview of what it is compared with, against the same state.
        found: evidence that it names.
    """
    waits = {_signature(step) for step in base[1].changes} if base else set()
    ours = [step for step in seen.changes if _signature(step) not in waits]
    waiting = [step for step in seen.changes if _signature(step) in waits]
    return Change(
        environment=environment,
        base=base[0] if base else "",
        seen=seen,
        ours=ours,
        waiting=waiting,
        stake=at_stake(seen.changes),
        moves=moves(seen, found or {}),
        shifts=shifts(ours),
        unclear=unexplained(ours),
        money=money(seen.steps, region),
        unknown=[(step, path) for step in ours for path in later(step)],
        base_errors=base[1].errors if base else (),
    )


def _signature(step: Step) -> tuple[object, ...]:
    return step.urn, step.kind, tuple(changes(step))
