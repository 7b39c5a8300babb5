"""A drill under way: a field, how often things are tried, and what every row of the table needs."""

from __future__ import annotations

import dataclasses
import json
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ferry.drill.estate import PATIENT, WORKLOAD, told
from ferry.drill.field import Field, until
from ferry.drill.programs import Answer
from ferry.rehearsal.show import Phase
from ferry.report.model import Check
from sandbox.world import World
from workloads.patterns.migration import Migration
from workloads.spec import Slo
from workloads.state import Stage
from workloads.traffic import STEPS

RATE = 200
"""Requests a second wherever a time is claimed (issue: the crossing)."""
SETTLES_S = 1.2
"""Two steps of the guard, and a weight's way to Envoy."""


@dataclass
class Drill:
    """What rows share.

    Attributes:
        runs: how often each failure is tried.
        epoch: raised before every try, as a reviewed change would.
        counted: requests, lost ones, switches and copies of the whole drill.
    """

    field: Field
    world: World
    runs: int
    epoch: int = 1
    counted: Counter[str] = dataclasses.field(default_factory=Counter)
    times: dict[str, list[float]] = dataclasses.field(default_factory=dict)

    def stand(self, stage: Stage, ceiling: int | None, weight: int, slo: Slo = PATIENT) -> Migration:
        """Everything that runs is well, the workload stands there, and the platform has so much."""
        self.revive()
        self.feel("well", pace_s=0.0)
        self.epoch += 1
        now = told(stage, ceiling, self.epoch, slo)
        self.field.tell(now)
        until(self.field.cluster.overlay)
        self.field.weigh(weight if weight in STEPS else 0)
        if weight not in STEPS:
            self.field.weigh(weight, by_hand=True)
        until(lambda: not self.field.warming(), 30.0)
        time.sleep(SETTLES_S)
        return now

    def revive(self) -> None:
        """Start again what was killed."""
        field = self.field
        dead = [name for name, child in field.running.items() if not child.running]
        for name in dead:
            field.start(name)
        until(lambda: all(field.ready(part) for part in ("legacy", *field.slots)))

    def feel(self, kind: str, slot: str = "blue", **more: float) -> None:
        """How a slot's model feels from now on."""
        port = self.field.ports[slot]
        body = {"kind": kind, **more}
        self.field.http.post(f"http://127.0.0.1:{port}/illness", json=body).raise_for_status()

    def practise(self) -> None:
        """Give the guard its ten healthy minutes."""
        self.field.running["guard"].process.send_signal(signal.SIGUSR1)
        time.sleep(SETTLES_S)

    def lowered(self, seconds: float = 90.0) -> float:
        """Seconds until the platform has nothing."""
        return until(lambda: self.field.read()["weight"] == 0, seconds)

    def note(self, answers: Sequence[Answer], lost: int) -> None:
        """Count what callers were told."""
        self.counted["requests"] += len(answers)
        self.counted["lost"] += lost

    def changes(self, name: str = "guard", since: int = 0) -> list[dict[str, Any]]:
        """Weights that a guard has written, from its log."""
        lines = (self.field.spec.state / "logs" / f"{name}.log").read_text().splitlines()
        events = [json.loads(line) for line in lines if line.startswith("{")]
        moved = [item for item in events if item["event"] == "weight" and item["before"] != item["after"]]
        return moved[since:]


Row = Callable[[Drill, Phase], list[Check]]
"""One row of the table: tries it, and holds what was seen to its bar."""

PATH = f"/v2/models/{WORKLOAD}/infer"
