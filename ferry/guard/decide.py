"""One step of the guard: from what it sees to what it does. Pure (C6, C7, C8).

The guard remembers little: detector scores and when the weight last moved. Weight, latch and whose turn it is
are read anew at each step from the objects themselves, so that a restart, a second guard or a half-applied
update cannot make it believe in something that is not so. Rules, in this order:

1. without a lease that is surely its own, it does nothing but ask for it;
2. what it cannot see it does not change; blind to metrics for :data:`BLIND`, it goes back to 0;
3. a weight above what configuration allows is lowered at once;
4. an alarm, or a latch of this epoch, means 0; the latch is written in the same patch as the weight;
5. it goes up one step, and only healthy, after :data:`DWELL`, on passing evidence, with warm capacity.

Every write carries the resourceVersion that was read: of two guards that both believe to be alone, one is
refused by the API server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ferry.guard.detectors import DETECTORS
from workloads.evidence import Finding, Verdict
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
    """

    weight: int
    version: str
    latched_epoch: int | None = None
    warming: bool = False


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
    """

    lease: Lease | None
    route: Route | None
    policy: Policy | None
    window: Window | None
    evidence: Finding
    warm: bool
    known: bool = False


@dataclass(frozen=True)
class Memory:
    """What one guard remembers between steps.

    Attributes:
        scores: points of each detector.
        rate: requests per second, smoothed over about a minute.
        blind_since: when it last lost sight of metrics; None while it sees.
        moved_at: when it last saw the weight change.
        weight, epoch: what it last saw; scores begin anew with an epoch, as its latch does.
    """

    scores: Mapping[str, float] = field(default_factory=lambda: {item.name: 0.0 for item in DETECTORS})
    rate: float = 0.0
    blind_since: float | None = None
    moved_at: float | None = None
    weight: int | None = None
    epoch: int | None = None


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
    """

    weight: int
    version: str
    latch: int | None
    reason: str
    opens: bool = False


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
    lowered = _lowered(memory, route, policy, None if latched else cause, now)
    if lowered or latched or cause or memory.blind_since is not None:
        return lowered or _back_to_floor(route, policy, latched=latched)
    return _raised(memory, route, allowed(policy.stage, policy.ceiling), seen, now)


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
