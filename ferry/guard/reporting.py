"""What a guard says of itself: metrics, and whether its heart still beats. Thin."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

from prometheus_client import Counter, Gauge, make_wsgi_app

from ferry.guard.decide import Memory, Policy, Route, Window
from workloads.spec import Slo
from workloads.state import Stage
from workloads.traffic import allowed

SILENCE_S = 20.0
"""Seconds without a whole step after which a guard counts as dead: longer than a lease, so that another one
may have taken over before."""

WEIGHT = Gauge("ferry_guard_weight", "Percent of live traffic that the platform has", ["workload"])
CEILING = Gauge("ferry_guard_ceiling", "Percent that configuration allows", ["workload"])
LATCHED = Gauge("ferry_guard_latched", "1 while a rollback holds", ["workload"])
BEAT = Gauge("ferry_guard_heartbeat_timestamp_seconds", "When the last whole step was made", ["workload"])
STAGE = Gauge("ferry_workload_stage", "1 at the workload's stage", ["workload", "stage"])
OBJECTIVE = Gauge("ferry_workload_latency_objective_seconds", "The objective's 99th percentile", ["workload"])
COMPARED = Counter("ferry_shadow_compared", "Requests that both sides answered", ["workload"])
DISAGREED = Counter("ferry_shadow_disagreements", "Those on which they disagree", ["workload"])
SCORE = Gauge("ferry_guard_detector_points", "Points of a change detector", ["workload", "detector"])
CHANGES = Counter("ferry_guard_changes", "Weights that were written", ["workload", "direction"])


@dataclass
class Report:
    """One workload's guard, as others see it.

    Attributes:
        slo: what callers may count on; alerts compare with it.
        clock: seconds since 1970.
    """

    workload: str
    slo: Slo | None = None
    clock: Callable[[], float] = time.time
    began: float = field(init=False)
    beat: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()
        COMPARED.labels(self.workload)
        DISAGREED.labels(self.workload)
        if self.slo is not None and self.slo.online is not None:
            OBJECTIVE.labels(self.workload).set(self.slo.online.p99_ms / 1000)

    def saw(self, route: Route | None, policy: Policy | None, window: Window | None) -> None:
        """What it looks at."""
        if policy is not None:
            CEILING.labels(self.workload).set(allowed(policy.stage, policy.ceiling))
            for stage in Stage:
                STAGE.labels(self.workload, stage).set(int(stage is policy.stage))
        if route is not None:
            epoch = policy.epoch if policy else 1
            WEIGHT.labels(self.workload).set(route.weight)
            LATCHED.labels(self.workload).set(
                int(route.latched_epoch is not None and route.latched_epoch >= epoch)
            )
        if window is not None:
            COMPARED.labels(self.workload).inc(window.compared)
            DISAGREED.labels(self.workload).inc(window.different)

    def remembers(self, memory: Memory) -> None:
        """Its detectors' scores."""
        for name, score in memory.scores.items():
            SCORE.labels(self.workload, name).set(score)

    def changed(self, before: int, after: int, reason: str) -> None:
        """A weight that was written, or only shares of slots; one line for the log."""
        way = "between" if after == before else "up" if after > before else "down"
        CHANGES.labels(self.workload, way).inc()
        say("weight", workload=self.workload, before=before, after=after, reason=reason)

    def waits(self) -> None:
        """It is another guard's turn, which is no silence."""
        self.began = self.clock()

    def beats(self) -> None:
        """A whole step was made."""
        self.beat = self.clock()
        BEAT.labels(self.workload).set(self.beat)

    @property
    def alive(self) -> bool:
        """Whether a whole step was made lately, or nothing could be expected yet."""
        return self.clock() - max(self.beat or 0.0, self.began) < SILENCE_S

    def serve(self, host: str, port: int) -> None:
        """``/metrics`` and ``/healthz``, in a thread of their own."""
        server = make_server(host, port, self._answer, handler_class=_Quiet)
        threading.Thread(target=server.serve_forever, name="report", daemon=True).start()

    def _answer(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == "/healthz":
            start("200 OK" if self.alive else "503 Service Unavailable", [("Content-Type", "text/plain")])
            return [b"alive\n" if self.alive else b"no whole step lately\n"]
        found: Iterable[bytes] = make_wsgi_app()(environ, start)
        return found


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Probes are no news."""


def say(what: str, **facts: Any) -> None:
    """One line of JSON on standard error."""
    sys.stderr.write(json.dumps({"at": datetime.now(UTC).isoformat(), "event": what, **facts}) + "\n")
    sys.stderr.flush()
