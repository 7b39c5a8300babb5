"""When each moves: waves, dependencies, and no more at once than there are teams (requirement C10). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ferry.assess.model import Calendar, Proposal, Slot
from workloads.spec import Wave

LAST_WEEK = max(last for _, last in (wave.weeks for wave in Wave))
"""44: the end of the programme (C10)."""


def draw(proposals: Sequence[Proposal], teams: int) -> Calendar:
    """The calendar for so many teams, and how many it would take for all.

    A workload begins in its wave's weeks, when a team is free and everything that it reads from has moved.
    Where its wave is full it moves later, never sooner; where the programme ends before, it is left over.
    """
    slots, left = _placed(proposals, teams)
    needed = teams if not left else _fewest(proposals, teams)
    return Calendar(tuple(slots), teams, tuple(left), needed)


def _fewest(proposals: Sequence[Proposal], too_few: int) -> int:
    """Teams for which there is room for all; with one for each workload only dependencies are in the way."""
    low, high = too_few, max(len(proposals), too_few + 1)
    while high - low > 1:
        middle = (low + high) // 2
        if _placed(proposals, middle)[1]:
            low = middle
        else:
            high = middle
    return high


def _placed(proposals: Sequence[Proposal], teams: int) -> tuple[list[Slot], list[str]]:
    moving = {item.name for item in proposals if item.pattern.moves}
    free = [1] * teams
    ended: dict[str, int] = {}
    slots: list[Slot] = []
    left: list[str] = []
    waiting = list(proposals)
    while waiting:
        ready = next(item for item in waiting if not _open(item, moving, ended, left))
        waiting.remove(ready)
        slot = _slot(ready, free, ended)
        if slot is None or any(need in left for need in ready.workload.needs if need in moving):
            left.append(ready.name)
            continue
        free[slot.team - 1] = slot.last + 1
        ended[ready.name] = slot.last
        slots.append(slot)
    return sorted(slots, key=lambda slot: (slot.first, slot.team)), sorted(left)


def _open(item: Proposal, moving: set[str], ended: dict[str, int], left: list[str]) -> list[str]:
    """What it reads from and what has no place yet."""
    return [need for need in item.workload.needs if need in moving and need not in ended and need not in left]


def _slot(item: Proposal, free: list[int], ended: dict[str, int]) -> Slot | None:
    """The first weeks that suit it: of the team that is free soonest without leaving another one idle."""
    earliest = max([item.wave.weeks[0], *(ended[need] + 1 for need in item.workload.needs if need in ended)])
    idle = [week for week in free if week <= earliest]
    week = max(idle) if idle else min(free)
    team = free.index(week)
    first = max(earliest, week)
    last = first + item.weeks - 1
    return Slot(item.name, first, last, _of(first), team + 1) if last <= LAST_WEEK else None


def _of(week: int) -> Wave:
    """The wave in whose weeks a week falls."""
    return next(wave for wave in Wave if wave.weeks[0] <= week <= wave.weeks[1])
