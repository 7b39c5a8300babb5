"""The way back without a guard: by hand (`ferry rollback`), and by the watchdog when the guard is silent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from kubernetes.client.exceptions import ApiException

from ferry.guard.cluster import FAILURES, LOST, Cluster
from ferry.guard.reporting import SILENCE_S, say
from workloads.patterns import routes
from workloads.patterns.migration import Migration
from workloads.traffic import WHOLE, traffic

TRIES = 10
"""A guard that writes at the same time may be first a few times, not ten."""


class RollbackError(Exception):
    """It was not rolled back; fact, consequence, way out."""


@dataclass(frozen=True)
class Rolled:
    """What a rollback did.

    Attributes:
        before, after: percent for the platform.
        epoch: that is latched now; None if none is.
    """

    before: int
    after: int
    epoch: int | None


def safe_weight(told: Migration) -> int:
    """The least that the platform may have: nothing while the old system is awake."""
    return traffic(told.stage, told.ceiling, 0).platform


def roll_back(cluster: Cluster, *, latch: bool = True) -> Rolled:
    """The platform's weight to the least, and the latch, in one patch.

    Args:
        latch: whether it stays there until a reviewed change raises the epoch.

    Raises:
        RollbackError: the old system sleeps, or somebody always wrote first.
        ApiException: refused.
    """
    told = cluster.told()
    weight = safe_weight(told)
    if weight == WHOLE:
        raise RollbackError(
            f"{told.workload} stands at {told.stage}, where the old system is not awake, so its traffic "
            "stays on the platform. Set `stage` one back and `pulumi up` wakes it; a bad version of the "
            "model goes back with `pulumi config set --path "
            f"'ferry:workloads.{told.workload}.active' <the other slot>`."
        )
    for _ in range(TRIES):
        item = cluster.overlay()
        epoch = told.epoch if latch else None
        try:
            if item is None:
                cluster.create(told, latched=epoch)
                return Rolled(0, weight, epoch)
            read = routes.read(cluster.names, item)
            cluster.write(told, read, weight, max(filter(None, (epoch, read.latched)), default=None))
        except ApiException as error:
            if error.status != LOST:
                raise
            continue
        return Rolled(read.weight, weight, epoch)
    raise RollbackError(
        f"{told.workload}: somebody else changed the route {TRIES} times in a row, so it was not rolled "
        f"back. Find who writes it (`kubectl -n {cluster.names.namespace} get httproute "
        f"{cluster.names.overlay} -o yaml --show-managed-fields`), stop that, then try again."
    )


@dataclass
class Watchdog:
    """A second pair of eyes on the guard's heartbeat; it knows nothing but silence.

    Attributes:
        clock: seconds since 1970.
    """

    cluster: Cluster
    clock: Callable[[], float] = time.time
    silence_s: float = SILENCE_S
    _since: float = field(init=False)
    _last: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._since = self.clock()

    def run(self, over: threading.Event, every_s: float = 2.0) -> None:
        """Look until told to stop."""
        while not over.is_set():
            self.step()
            over.wait(every_s)

    def step(self) -> Rolled | None:
        """Lower the weight if the guard has been silent for too long; what was done, if anything."""
        now = self.clock()
        try:
            stepped = self.cluster.held().stepped
            if stepped is not None and stepped != self._last:
                self._last, self._since = stepped, now
            if now - self._since < self.silence_s:
                return None
            return self._lower()
        except (*FAILURES, RollbackError) as error:
            say("watchdog", workload=self.cluster.names.workload, failed=str(error).splitlines()[0][:200])
            return None

    def _lower(self) -> Rolled | None:
        """Not latched: that the guard is gone says nothing about the platform."""
        told, item = self.cluster.told(), self.cluster.overlay()
        if item is None or routes.read(self.cluster.names, item).weight <= safe_weight(told):
            return None
        rolled = roll_back(self.cluster, latch=False)
        say(
            "watchdog",
            workload=told.workload,
            before=rolled.before,
            after=rolled.after,
            reason="silent guard",
        )
        return rolled
