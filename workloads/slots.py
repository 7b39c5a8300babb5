"""Blue and green: how a new version of a model comes to answer, and how long the old one stays (C6).

Three hands: Argo CD puts a version into the idle slot, the guard moves the weight within policy, and a pin in
configuration (``active: blue``) overrides both. Each is a pure function from slots to slots, or a refusal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from workloads.evidence import Finding, Verdict
from workloads.stages import Refusal
from workloads.state import Slot
from workloads.traffic import STEPS, WHOLE


@dataclass(frozen=True)
class Slots:
    """What both slots hold, and who answers.

    Attributes:
        active: the slot whose version is the known good one; it is kept until released.
        step: percent that the other slot has of the platform's traffic; the active one has the rest.
        versions: digest of the model in each slot; None in an empty one.
        released: whether the slot that is not active may be filled anew.
        pin: all traffic goes here, whatever the step.
        before: digest that is not new when it lies in the idle slot: it answered before, or was taken back.
        judged: digest in the idle slot that gets copies of requests, so that it can be gated.
        since: when the active version came to answer everything (ISO 8601); None if it was the first.
    """

    active: Slot
    versions: Mapping[Slot, str | None]
    step: int = 0
    released: bool = True
    pin: Slot | None = None
    before: str | None = None
    judged: str | None = None
    since: str | None = None

    @property
    def candidate(self) -> str | None:
        """Digest of a new version in the idle slot; None where there is none, or a pin overrides it."""
        found = self.versions[self.idle]
        old = found in {None, self.before, self.versions[self.active]}
        return None if self.pin or old or not self.released else found

    @property
    def asked(self) -> str | None:
        """Digest that evidence has to be about: the new version's if there is one, else the active one's."""
        return self.candidate or self.versions[self.active]

    @property
    def idle(self) -> Slot:
        """The slot that is not active."""
        return self.active.other

    @property
    def weights(self) -> dict[Slot, int]:
        """Percent of the platform's traffic for each slot; they sum to 100."""
        if self.pin is not None:
            return {self.pin: WHOLE, self.pin.other: 0}
        return {self.active: WHOLE - self.step, self.idle: self.step}


def noted(slots: Slots) -> str:
    """What the guard has to remember of it, as a text that stands in its route. Versions are read anew."""
    keys = ("active", "step", "released", "before", "judged", "since")
    return json.dumps({key: getattr(slots, key) for key in keys}, separators=(",", ":"))


def recalled(text: str, versions: Mapping[Slot, str | None], wanted: Slot | None) -> Slots:
    """What :func:`noted` wrote, with what the slots hold and which one is pinned now.

    Raises:
        ValueError: it is something else.
    """
    try:
        found = json.loads(text)
        step = int(found.pop("step"))
        if step not in STEPS[:-1]:
            raise ValueError(f"{step} is no step")
        slots = Slots(Slot(found.pop("active")), versions, step, pin=wanted, **found)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a note about slots: {error!r}") from None
    return slots


def pin(slots: Slots, wanted: Slot | None) -> Slots | Refusal:
    """Pulumi's hand: ``active:`` in configuration, or its absence."""
    if wanted is not None and slots.versions[wanted] is None:
        return Refusal(
            f"{wanted} holds no model",
            "a pin to it would answer nothing; the pin stays as it was",
            f"Pin {wanted.other}, or let Argo CD fill {wanted} first.",
        )
    return replace(slots, pin=wanted)


def fill(slots: Slots, version: str) -> Slots | Refusal:
    """Argo CD's hand: a version into the idle slot."""
    if slots.versions[slots.idle] == version:
        return slots
    if slots.weights[slots.idle] > 0:
        return Refusal(
            f"{slots.idle} answers {slots.weights[slots.idle]}% of the requests",
            "its model is not exchanged under them",
            "Let the guard finish or take the weight back first.",
        )
    if not slots.released:
        return Refusal(
            f"{slots.idle} holds the version before, which is the way back and not released",
            "it stays",
            "Release it when the new version has soaked.",
        )
    return replace(slots, versions={**slots.versions, slots.idle: version}, step=0)


def shift(slots: Slots, evidence: Finding, *, warm: bool) -> Slots | Refusal:
    """The guard's hand, one step up; at 100 the slots change names and the old one is kept."""
    if slots.pin is not None:
        return Refusal(f"configuration pins {slots.pin}", "no weight moves", "Remove `active:` first.")
    new = slots.versions[slots.idle] not in {None, slots.before}
    if not new or (slots.step == 0 and not slots.released):
        return Refusal(f"{slots.idle} holds nothing new", "no weight moves", "Let Argo CD fill it first.")
    if evidence.verdict is not Verdict.PASS:
        fact = f"the version in {slots.idle} is {evidence.verdict} ({evidence.why})"
        return Refusal(fact, f"it stays at {slots.step}%", "Run `ferry gate` again when it is better.")
    if not warm:
        fact = f"{slots.idle} has not enough warm replicas for the next step"
        return Refusal(fact, f"it stays at {slots.step}%", "Wait until its pods are ready.")
    step = STEPS[STEPS.index(slots.step) + 1]
    if step < WHOLE:
        return replace(slots, step=step)
    old = slots.versions[slots.active]
    return replace(slots, active=slots.idle, step=0, released=False, before=old, judged=None)


def back(slots: Slots) -> Slots:
    """The guard's hand, in trouble: the version before answers everything again, at once.

    While weight moves that is the active slot. After the change of names it is the slot that is kept; once
    that is released there is nothing older, and nothing changes.
    """
    if slots.pin is not None:
        return slots
    if slots.step > 0:
        return replace(slots, step=0, before=slots.versions[slots.idle], judged=None)
    if not slots.released:
        bad = slots.versions[slots.active]
        return replace(slots, active=slots.idle, released=True, before=bad, judged=None, since=None)
    return slots


def release(slots: Slots, evidence: Finding) -> Slots | Refusal:
    """The version before may go: the idle slot may be filled anew."""
    if evidence.verdict is not Verdict.PASS:
        fact = f"the version in {slots.active} is {evidence.verdict} ({evidence.why})"
        return Refusal(fact, f"{slots.idle} is kept as the way back", "Run `ferry gate` when it has soaked.")
    return replace(slots, released=True)
