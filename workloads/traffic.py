"""What a stage means for traffic (requirements C6, C8) and for files (C9). Pure.

The same functions tell Pulumi what to write, the guard what it may do, and a test what must be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from workloads.state import CEILINGS, Stage

WHOLE = 100
"""Weights are percent; they always sum to this."""

STEPS = (0, *CEILINGS, WHOLE)
"""Where a guard may stand; it goes up one by one, and down to 0 at once."""


class Side(StrEnum):
    """Who answers."""

    LEGACY = "legacy"
    PLATFORM = "platform"
    PREVIOUS = "previous"
    """The platform's other slot, with the version before."""


class Old(StrEnum):
    """What the old system does at a stage."""

    LIVE = "live"
    """It runs at full size and answers at least a part."""
    HOT = "hot"
    """It runs at full size, gets copies, and answers when the platform does not."""
    ASLEEP = "asleep"
    """Scaled down, protected from deletion; it can be woken."""
    GONE = "gone"


class Up(StrEnum):
    """What stands on the platform at a stage."""

    NOTHING = "nothing"
    GATEWAY = "gateway"
    """Gateway and adapter, no model."""
    MODEL = "model"
    """Both slots, routes, and the guard."""


@dataclass(frozen=True)
class Row:
    """One line of the design's table.

    Attributes:
        up: what stands on the platform.
        most: the largest share that the platform may have there, in percent; None where the ceiling says it.
        least: the smallest that it may have, whatever a guard does: 100 once the old system sleeps.
        mirror: who gets copies of requests, unseen.
        fallback: who answers what the first choice did not.
        old: what the old system does.
        base: where Pulumi's base route goes if no guard ever ran.
    """

    up: Up
    most: int | None
    least: int
    mirror: Side | None
    fallback: Side | None
    old: Old
    base: Side


TABLE: Mapping[Stage, Row] = {
    Stage.LEGACY: Row(Up.NOTHING, 0, 0, None, None, Old.LIVE, Side.LEGACY),
    Stage.FRONTED: Row(Up.GATEWAY, 0, 0, None, None, Old.LIVE, Side.LEGACY),
    Stage.SHADOW: Row(Up.MODEL, 0, 0, Side.PLATFORM, None, Old.LIVE, Side.LEGACY),
    Stage.CANARY: Row(Up.MODEL, None, 0, Side.PLATFORM, Side.LEGACY, Old.LIVE, Side.LEGACY),
    Stage.PLATFORM: Row(Up.MODEL, WHOLE, 0, Side.LEGACY, Side.LEGACY, Old.HOT, Side.LEGACY),
    Stage.STANDBY: Row(Up.MODEL, WHOLE, WHOLE, None, Side.PREVIOUS, Old.ASLEEP, Side.PLATFORM),
    Stage.RETIRED: Row(Up.MODEL, WHOLE, WHOLE, None, Side.PREVIOUS, Old.GONE, Side.PLATFORM),
}
"""The design's stage table, as data."""


@dataclass(frozen=True)
class Traffic:
    """Who gets what.

    Attributes:
        legacy, platform: percent of live requests; they sum to 100.
        mirror: who gets copies.
        fallback: who answers what the first choice did not.
    """

    legacy: int
    platform: int
    mirror: Side | None
    fallback: Side | None


def allowed(stage: Stage, ceiling: int | None) -> int:
    """The most that the platform may get, in percent."""
    most = TABLE[stage].most
    return (ceiling or 0) if most is None else most


def traffic(stage: Stage, ceiling: int | None, step: int) -> Traffic:
    """Who gets what when a guard stands at ``step``: ``min(ceiling, step)``, within what the stage allows.

    Raises:
        ValueError: ``step`` is not one of :data:`STEPS`.
    """
    if step not in STEPS:
        raise ValueError(f"{step} is not a step of a guard ({', '.join(map(str, STEPS))})")
    row = TABLE[stage]
    platform = max(row.least, min(allowed(stage, ceiling), step))
    return Traffic(WHOLE - platform, platform, row.mirror, row.fallback)


def publisher(stage: Stage, ceiling: int | None, logical: datetime) -> Side:
    """Whose files readers get for a logical date: there is no share of a file, so a share of dates it is.

    Until ``shadow`` the old system publishes. At ``canary`` the platform publishes the dates that fall under
    the ceiling, the same ones whoever asks; from ``platform`` on, all of them. The old output stands in at
    the deadline for as long as the old system runs.
    """
    lot = int.from_bytes(hashlib.sha256(logical.isoformat().encode()).digest()[:8]) % WHOLE
    return Side.PLATFORM if lot < allowed(stage, ceiling) else Side.LEGACY
