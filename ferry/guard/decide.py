"""One step of the guard: from what it sees to what it does. Pure (C6, C7, C8).

The guard remembers little: detector scores and when the weight last moved. Weight, latch and whose turn it is
are read anew at each step from the objects themselves, so that a restart, a second guard or a half-applied
update cannot make it believe in something that is not so. Rules, in this order:

1. without a lease that is surely its own, it does nothing but ask for it;
2. what it cannot see it does not change; blind to metrics for :data:`BLIND`, it goes back to 0;
3. a weight above what configuration allows is lowered at once;
4. an alarm, or a latch of this epoch, means 0; the latch is written in the same patch as the weight;
5. a new version in the idle slot gets copies, then the platform's requests step by step, as carefully;
6. it goes up one step, and only healthy, after :data:`DWELL`, on passing evidence, with warm capacity.

Every write carries the resourceVersion that was read: of two guards that both believe to be alone, one is
refused by the API server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from ferry.guard.detectors import DETECTORS
from workloads.evidence import Finding, Verdict
from workloads.slots import Slots, back, release, shift
from workloads.stages import Refusal
from workloads.state import Slot, Stage
from workloads.traffic import STEPS, allowed, traffic

LEASE = 15.0
"""Seconds that a lease is good for; renewed at every step, a guard that is gone is replaced after this."""

MARGIN = 5.0
"""Seconds before its end at which a holder no longer trusts its lease: clocks differ, requests are slow."""

BLIND = 10.0
"""Seconds without any metrics after which the platform's traffic goes back. No data is not healthy."""

DWELL = 60.0
"""Seconds at a step before the next one: 1,200 requests at 20 a second."""


@dataclass(frozen=True)
class Lease:
    """Who may act, until when (seconds on the clock that guards share, the API server's)."""

    holder: str
    until: float


@dataclass(frozen=True)
class Route:
    """The overlay route as it was read: percent for the platform, the latch, and what a write must match.

    Attributes:
        warming: it takes no request yet.
        within: percent of the platform's requests for each slot.
    """

    weight: int
    version: str
    latched_epoch: int | None = None
    warming: bool = False
    within: Mapping[Slot, int] | None = None


@dataclass(frozen=True)
class Policy:
    """What configuration says, from the migration ConfigMap that Pulumi writes."""

    stage: Stage
    ceiling: int | None
    epoch: int
    active: Slot | None = None


@dataclass(frozen=True)
class Window:
    """Requests to the platform since the last step.

    Attributes:
        seconds: how long that was.
        requests: answered or failed; ``errors``: 5xx, those hidden by a retry to the old system included.
        slow: slower than the SLO.
        compared: copied requests with both answers; ``different``: those on which the sides disagree.
    """

    seconds: float
    requests: int = 0
    errors: int = 0
    slow: int = 0
    compared: int = 0
    different: int = 0

    def counts(self, signal: str) -> tuple[int, int]:
        """Seen and bad of one detector."""
        return {
            "errors": (self.requests, self.errors),
            "latency": (self.requests, self.slow),
            "disagreement": (self.compared, self.different),
        }[signal]


@dataclass(frozen=True)
class Seen:
    """One look; None is what could not be read.

    Attributes:
        warm: the slot that answers has room.
        known: every proxy has what the overlay leads to.
        slots: who answers within the platform; None while that cannot be read.
        idle_warm: the other slot has room too.
        evidence: about the version that :attr:`workloads.slots.Slots.asked` names.
    """

    lease: Lease | None
    route: Route | None
    policy: Policy | None
    window: Window | None
    evidence: Finding
    warm: bool
    known: bool = False
    slots: Slots | None = None
    idle_warm: bool = False


@dataclass(frozen=True)
class Memory:
    """What one guard remembers between steps.

    Attributes:
        scores: points of each detector.
        rate: requests per second, smoothed over about a minute.
        blind_since: when it last lost sight of metrics; None while it sees.
        moved_at: when it last saw a weight change; ``share`` is who had how much of the platform's then.
        weight, epoch: what it last saw; scores begin anew with an epoch, as its latch does.
    """

    scores: Mapping[str, float] = field(default_factory=lambda: {item.name: 0.0 for item in DETECTORS})
    rate: float = 0.0
    blind_since: float | None = None
    moved_at: float | None = None
    weight: int | None = None
    epoch: int | None = None
    share: tuple[Slot, int] | None = None


@dataclass(frozen=True)
class Beat:
    """Tell the watchdog that a whole step was made."""


@dataclass(frozen=True)
class Claim:
    """Take or renew the lease."""

    until: float


@dataclass(frozen=True)
class SetWeight:
    """Write the overlay route: all backends stay in it, only weights change.

    Attributes:
        weight: percent for the platform.
        version: the write is refused if the route is no longer this one.
        latch: epoch that is latched by the same patch; None leaves the latch as it is.
        reason: for the event and the metric.
        opens: a route that warmed up takes requests from now on.
        slots: who answers within the platform from now on; None leaves that as it is.
    """

    weight: int
    version: str
    latch: int | None
    reason: str
    opens: bool = False
    slots: Slots | None = None


Action = Beat | Claim | SetWeight


def step(me: str, memory: Memory, seen: Seen, now: float) -> tuple[Memory, list[Action]]:
    """What the guard ``me`` does at ``now``, and what it remembers."""
    lease = seen.lease
    if lease is not None and lease.holder != me and now < lease.until:
        return Memory(), []
    memory = _watched(memory, seen, now)
    actions: list[Action] = [Claim(now + LEASE)]
    if lease is None or lease.holder != me or now > lease.until - MARGIN:
        return memory, actions
    if seen.route is None or seen.policy is None:
        return memory, actions
    change = _change(memory, seen.route, seen.policy, seen, now)
    if change is not None:
        actions.append(change)
    return memory, [*actions, Beat()]


def _watched(memory: Memory, seen: Seen, now: float) -> Memory:
    """Scores and clocks after this look."""
    if seen.route is not None and seen.route.weight != memory.weight:
        memory = replace(memory, weight=seen.route.weight, moved_at=now)
    within = (seen.slots.active, seen.slots.step) if seen.slots else memory.share
    if within != memory.share:
        memory = replace(memory, share=within, moved_at=now)
    if seen.policy is not None and seen.policy.epoch != memory.epoch:
        memory = replace(memory, epoch=seen.policy.epoch, scores=Memory().scores)
    window = seen.window
    if window is None:
        since = now if memory.blind_since is None else memory.blind_since
        return replace(memory, blind_since=since)
    share = min(1.0, window.seconds / 60)
    rate = memory.rate + share * (window.requests / max(window.seconds, 0.001) - memory.rate)
    scores = {
        item.name: float(item.step(memory.scores[item.name], *window.counts(item.name))) for item in DETECTORS
    }
    return replace(memory, blind_since=None, rate=rate, scores=scores)


def alarm(memory: Memory) -> str | None:
    """The first detector that is over its limit."""
    for item in DETECTORS:
        if memory.scores[item.name] >= item.limit(memory.rate):
            return item.name
    return None


def _change(memory: Memory, route: Route, policy: Policy, seen: Seen, now: float) -> SetWeight | None:
    """The one write of this step, if any. A route that warms up is opened once it is known, nothing else."""
    if route.warming:
        reason = "every proxy knows it"
        return SetWeight(route.weight, route.version, None, reason, opens=True) if seen.known else None
    latched = route.latched_epoch is not None and route.latched_epoch >= policy.epoch
    cause = alarm(memory)
    fresh = None if latched else cause
    lowered = _lowered(memory, route, policy, fresh, now)
    if fresh:
        lowered = _taken_back(lowered, route, policy, seen.slots, fresh)
    lowered = lowered or _as_configured(route, seen.slots)
    if lowered or latched or cause or memory.blind_since is not None:
        return lowered or _back_to_floor(route, policy, latched=latched)
    moved = _between_slots(memory, route, seen, now)
    if moved or (seen.slots and seen.slots.candidate):
        return moved
    return _raised(memory, route, allowed(policy.stage, policy.ceiling), seen, now)


def _taken_back(
    lowered: SetWeight | None, route: Route, policy: Policy, slots: Slots | None, cause: str
) -> SetWeight | None:
    """In trouble the version before answers again, in the same write; also where the old system sleeps."""
    if slots is None or back(slots) == slots:
        return lowered
    if lowered is not None:
        return replace(lowered, slots=back(slots))
    return SetWeight(route.weight, route.version, policy.epoch, f"{cause} rose", slots=back(slots))


def _as_configured(route: Route, slots: Slots | None) -> SetWeight | None:
    """A pin that came or went since the route was written, at once and whatever else is the case."""
    if slots is None or not route.weight or route.within in (None, slots.weights):
        return None
    reason = f"configuration pins {slots.pin}" if slots.pin else "shares as they were noted"
    return SetWeight(route.weight, route.version, None, reason, slots=slots)


def _between_slots(memory: Memory, route: Route, seen: Seen, now: float) -> SetWeight | None:
    """A new version gets copies first, then step by step the platform's requests; the old one is kept."""
    slots = seen.slots
    if slots is None:
        return None
    if slots.candidate and slots.judged != slots.candidate:
        reason, judged = f"a new version in {slots.idle} gets copies", replace(slots, judged=slots.candidate)
        return SetWeight(route.weight, route.version, None, reason, slots=judged)
    if memory.moved_at is None or now - memory.moved_at < DWELL:
        return None
    if slots.candidate:
        moved = shift(slots, seen.evidence, warm=seen.idle_warm)
    else:
        moved = slots if slots.released else release(slots, seen.evidence)
    if isinstance(moved, Refusal) or moved == slots:
        return None
    return SetWeight(route.weight, route.version, None, _said(slots, moved), slots=_dated(slots, moved, now))


def _dated(slots: Slots, moved: Slots, now: float) -> Slots:
    """With when the active version came to answer everything."""
    if moved.active is slots.active:
        return moved
    return replace(moved, since=datetime.fromtimestamp(now, UTC).isoformat())


def _said(slots: Slots, moved: Slots) -> str:
    """What happens between the slots, for the log."""
    if moved.released and not slots.released:
        return f"{moved.idle} is released"
    return ", ".join(f"{slot} {weight}%" for slot, weight in moved.weights.items())


def _back_to_floor(route: Route, policy: Policy, *, latched: bool) -> SetWeight | None:
    """A latch holds whatever else is seen, also against a weight that somebody set by hand."""
    least = traffic(policy.stage, policy.ceiling, 0).platform
    if latched and route.weight > least:
        return SetWeight(least, route.version, None, f"latched in epoch {policy.epoch}")
    return None


def _lowered(memory: Memory, route: Route, policy: Policy, cause: str | None, now: float) -> SetWeight | None:
    """Down at once: for an alarm, for blindness, for configuration. Or up to where the old system sleeps."""
    least = traffic(policy.stage, policy.ceiling, 0).platform
    most = allowed(policy.stage, policy.ceiling)
    if route.weight < least:
        return SetWeight(least, route.version, None, f"the old system is not awake at {policy.stage}")
    if route.weight == least:
        return None
    if cause:
        return SetWeight(least, route.version, policy.epoch, f"{cause} rose")
    if memory.blind_since is not None and now - memory.blind_since >= BLIND:
        return SetWeight(least, route.version, None, "no metrics")
    if route.weight > most:
        return SetWeight(most, route.version, None, f"above the ceiling of {most}")
    return None


def _raised(memory: Memory, route: Route, most: int, seen: Seen, now: float) -> SetWeight | None:
    """One step up, if everything speaks for it."""
    up = next((item for item in STEPS if item > route.weight), None)
    if up is None or up > most or seen.evidence.verdict is not Verdict.PASS or not seen.warm:
        return None
    if memory.moved_at is None or now - memory.moved_at < DWELL:
        return None
    return SetWeight(up, route.version, None, f"healthy for {DWELL:.0f} s at {route.weight}%")
