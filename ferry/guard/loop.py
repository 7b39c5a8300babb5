"""The guard's loop: look, decide, do; twice a second. Decisions are :mod:`ferry.guard.decide`'s."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ferry.guard.cluster import FAILURES, LOST, Cluster, Held, slots_of
from ferry.guard.counting import Ledger, counted
from ferry.guard.decide import Beat, Claim, Memory, Policy, Route, Seen, SetWeight, Window, step
from ferry.guard.listening import Ears
from ferry.guard.proof import Look as Evidence
from ferry.guard.reporting import Report, say
from workloads.evidence import NOTHING, Finding
from workloads.patterns import routes
from workloads.patterns.migration import Migration
from workloads.slots import Slots
from workloads.state import Slot, Stage
from workloads.traffic import TABLE, Up

EVERY_S = 0.5
HOLDS_S = 10.0
"""Seconds for which what a slot holds is used again: versions change by the day."""
PROXIES = "gateway.envoyproxy.io/owning-gateway-name"
"""Label of the proxies' endpoint slices, in the Gateway's namespace; its value is the Gateway's name."""
_SERVICE = "kubernetes.io/service-name"


@dataclass
class Look:
    """One look, with what was read on the way."""

    seen: Seen
    held: Held | None
    told: Migration | None
    read: routes.Read | None
    missing: bool
    slots: Slots | None = None


@dataclass
class Guard:
    """One guard of one workload.

    Attributes:
        me: unlike any other guard's name.
        clock: seconds since 1970; nodes keep time within a second, and :data:`decide.MARGIN` is five.
    """

    me: str
    cluster: Cluster
    ears: Ears
    proof: Evidence
    report: Report
    clock: Callable[[], float] = time.time
    memory: Memory = field(default_factory=Memory)
    holds: tuple[float, dict[Slot, str | None]] | None = None
    ledger: Ledger = field(default_factory=Ledger)

    def run(self, over: threading.Event, every_s: float = EVERY_S) -> None:
        """Step until told to stop."""
        while not over.is_set():
            began = time.monotonic()
            self.step()
            over.wait(max(0.0, every_s - (time.monotonic() - began)))

    def step(self) -> None:
        """Look, decide, do. A failure ends the step; the next one looks anew."""
        look = self.look()
        now = self.clock()
        self.memory, actions = step(self.me, self.memory, look.seen, now)
        self.report.saw(look.seen.route, look.seen.policy, look.seen.window)
        self.report.remembers(self.memory)
        if not actions:
            self.report.waits()
        try:
            for action in actions:
                self._do(action, look, now)
            if look.missing and look.told and any(isinstance(item, Claim) for item in actions):
                self._begin(look, now)
        except FAILURES as error:
            say("step", workload=self.cluster.names.workload, failed=_short(error))

    def look(self) -> Look:
        """Everything that there is to see; what cannot be read is None."""
        held, told = self._try(self.cluster.held), self._try(self.cluster.told)
        item = self._try(lambda: (self.cluster.overlay(),))
        read = routes.read(self.cluster.names, item[0]) if item and item[0] else None
        finding, window, warm, known = NOTHING, None, (False, False), False
        slots = self._slots(told, read) if told is not None else None
        if told is not None:
            window, warm, known = self._hear(told, read, slots)
            finding = self._found(told, read, slots)
        seen = Seen(
            lease=held.lease if held else None,
            route=Route(read.weight, read.version, read.latched, read.warming, read.within) if read else None,
            policy=Policy(told.stage, told.ceiling, told.epoch, told.active) if told else None,
            window=window,
            evidence=finding,
            warm=warm[0],
            known=known,
            slots=slots,
            idle_warm=warm[1],
        )
        return Look(seen, held, told, read, missing=item is not None and item[0] is None, slots=slots)

    def _slots(self, told: Migration, read: routes.Read | None) -> Slots | None:
        """Who answers within the platform, and what each slot holds; that is asked for now and then only."""
        now = self.clock()
        if self.holds is None or now - self.holds[0] >= HOLDS_S:
            found = self._try(self.cluster.versions)
            self.holds = (now, found) if found is not None else None
        return slots_of(told, read, self.holds[1]) if self.holds and read is not None else None

    def _hear(
        self, told: Migration, read: routes.Read | None, slots: Slots | None
    ) -> tuple[Window | None, tuple[bool, bool], bool]:
        """What happened since the last look; whether the slot that answers is warm, and the other one;
        whether proxies know the route. A slot that only gets copies to be gated blames nobody.
        """
        names, within = self.cluster.names, slots or slots_of(told, read)
        pods = {slot: self._pods({_SERVICE: names.slot(slot)}) for slot in Slot}
        platform = [pod.address for slot in Slot if within.weights[slot] for pod in pods[slot]]
        legacy = [pod.address for pod in self._pods({_SERVICE: names.legacy})]
        gateway = told.way.parent if told.way else {}
        proxies = [
            pod.address for pod in self._pods({PROXIES: gateway.get("name", "")}, gateway.get("namespace"))
        ]
        heard = self.ears.hear(proxies, platform, legacy)
        slow_ms = told.slo.online.p99_ms if told.slo.online else float("inf")
        self.ledger, window = counted(self.ledger, heard, slow_ms, self.clock())
        most = max(Slot, key=lambda slot: within.weights[slot])
        warm = [bool(pods[slot]) and all(pod.ready for pod in pods[slot]) for slot in (most, most.other)]
        return window, (warm[0], warm[1]), heard.known

    def _pods(self, labels: dict[str, str], namespace: str | None = None) -> list[Any]:
        return self._try(lambda: self.cluster.pods(labels, namespace)) or []

    def _found(self, told: Migration, read: routes.Read | None, slots: Slots | None) -> Finding:
        """Evidence, looked for only where it could raise something: S3 and KMS are paid for."""
        most = TABLE[told.stage].most
        can_rise = told.stage is Stage.CANARY or (most or 0) > 0
        if not can_rise or read is None:
            return NOTHING
        if slots is None:
            return self.proof.finding(told)
        since = None if slots.released else slots.since
        return self.proof.finding(told, slots.asked, since)

    def _do(self, action: Claim | SetWeight | Beat, look: Look, now: float) -> None:
        match action:
            case Claim() if look.held is not None:
                self.cluster.claim(self.me, now, look.held, self.report.beat or look.held.stepped)
            case SetWeight() if look.told is not None and look.read is not None:
                latched = look.read.latched if action.latch is None else action.latch
                self.cluster.write(
                    look.told,
                    look.read,
                    action.weight,
                    latched,
                    opens=action.opens,
                    slots=action.slots or look.slots,
                )
                self.report.changed(look.read.weight, action.weight, action.reason)
            case Beat():
                self.report.beats()
            case _:
                pass

    def _begin(self, look: Look, now: float) -> None:
        """Make the overlay where models stand. One that is gone once traffic moved was taken by somebody, and
        its latch with it: it comes back latched.
        """
        told, lease = look.told, look.seen.lease
        if told is None or told.way is None or TABLE[told.stage].up is not Up.MODEL:
            self.report.beats()
            return
        if lease is None or lease.holder != self.me or now > lease.until:
            return
        latched = None if told.stage is Stage.SHADOW else told.epoch
        self.cluster.create(told, latched=latched)
        say("route", workload=told.workload, made=self.cluster.names.overlay, latched=latched)

    def _try(self, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except FAILURES as error:
            say("look", workload=self.cluster.names.workload, failed=_short(error))
            return None


def _short(error: BaseException) -> str:
    """The first line, without the headers that the client prints."""
    status = getattr(error, "status", None)
    if status == LOST:
        return "somebody else wrote first"
    return f"{type(error).__name__}: {status or str(error).splitlines()[0][:200]}"
