"""What a run does next about one logical date. Pure.

One object, the pointer, says what readers get. It is claimed with ``If-None-Match`` and published with
``If-Match``; published is its last state, so whoever comes late, comes twice or comes back from a crash finds
that there is nothing left to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from workloads.stages import Recorded
from workloads.state import Stage
from workloads.traffic import TABLE, Old, Side, publisher

CLAIM = timedelta(minutes=10)
"""How long a claim is respected; a holder that did not publish by then has died."""


@dataclass(frozen=True)
class Plan:
    """What is wanted for a logical date.

    Attributes:
        chosen: whose output readers should get.
        compared: whether the platform's output has to agree with the old one, because that still runs.
        trusted: whether the platform's output may stand alone if the old one never came.
        deadline: when something must be published; then the old output stands in.
    """

    chosen: Side
    compared: bool
    trusted: bool
    deadline: datetime


def plan(stood: Recorded, logical: datetime, deadline: timedelta) -> Plan:
    """The plan at a stage."""
    runs = TABLE[stood.stage].old in (Old.LIVE, Old.HOT)
    late = stood.stage in (Stage.PLATFORM, Stage.STANDBY, Stage.RETIRED)
    chosen = publisher(stood.stage, stood.ceiling, logical)
    return Plan(chosen, compared=runs, trusted=late, deadline=logical + deadline)


@dataclass(frozen=True)
class Pointer:
    """What lies where readers look.

    Attributes:
        run: who claimed or published; a claim of one's own is recognised after a lost answer.
        at: when.
        tag: the object's ETag, which the next write must match.
        published: whose output, or None while it is only claimed.
    """

    run: str
    at: datetime
    tag: str
    published: Side | None = None


@dataclass(frozen=True)
class Look:
    """What lies in the store: the pointer, and digests of the outputs that are complete."""

    pointer: Pointer | None
    outputs: Mapping[Side, str]
    agree: bool | None = None
    """Whether both outputs agree within tolerance; None while one is missing."""


@dataclass(frozen=True)
class Produce:
    """Run, and store the output under the side's own name; only the first one counts."""


@dataclass(frozen=True)
class Claim:
    """Take the pointer: a new one (``tag`` None), or one whose holder has died."""

    tag: str | None


@dataclass(frozen=True)
class Publish:
    """Turn one's claim into what readers get."""

    side: Side
    output: str
    tag: str
    reason: str


@dataclass(frozen=True)
class Wait:
    """Look again at this time."""

    until: datetime


@dataclass(frozen=True)
class Done:
    """Nothing is left to do."""

    reason: str


Action = Produce | Claim | Publish | Wait | Done


def decide(me: Side, run: str, look: Look, wanted: Plan, now: datetime) -> Action:
    """What the run ``run`` of side ``me`` does next."""
    pointer = look.pointer
    if pointer is not None and pointer.published is not None:
        return Done(f"published by {pointer.published}")
    if me not in look.outputs:
        return Produce()
    choice = _choice(look, wanted, now)
    if choice is None:
        return Wait(wanted.deadline) if now < wanted.deadline else Done("nothing that may be published")
    if pointer is None:
        return Claim(None)
    if pointer.run == run:
        side, reason = choice
        return Publish(side, look.outputs[side], pointer.tag, reason)
    return Claim(pointer.tag) if now >= pointer.at + CLAIM else Wait(pointer.at + CLAIM)


def _choice(look: Look, wanted: Plan, now: datetime) -> tuple[Side, str] | None:
    """Whose output is published now, and why; None if nobody's yet."""
    old, new = Side.LEGACY in look.outputs, Side.PLATFORM in look.outputs
    if wanted.chosen is Side.LEGACY:
        return (Side.LEGACY, "the stage says so") if old else None
    if new and not wanted.compared:
        return Side.PLATFORM, "the old system no longer runs"
    if new and old:
        differ = (Side.LEGACY, "the outputs differ by more than the tolerance")
        return (Side.PLATFORM, "both outputs agree") if look.agree else differ
    return _at_the_deadline(wanted, old=old, new=new) if now >= wanted.deadline else None


def _at_the_deadline(wanted: Plan, *, old: bool, new: bool) -> tuple[Side, str] | None:
    """One output is there, or none: the old one stands in, the platform's only where it is trusted."""
    if old:
        return Side.LEGACY, "the platform's output was not there at the deadline"
    return (Side.PLATFORM, "the old output was not there at the deadline") if wanted.trusted and new else None
