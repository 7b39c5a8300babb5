"""Crosses for real, in small and in a network of its own, and writes down what was seen.

``python -m ferry.drill.small OUT STATE`` decides nothing: ``tests/crossing`` judges what stands in OUT.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from ferry.adapter.recording import EVERY
from ferry.drill.estate import WORKLOAD, told
from ferry.drill.field import Field, note, opened, until, written
from ferry.drill.moving import switched
from ferry.guard.safety import Watchdog
from workloads.state import Stage

REQUESTS, SWITCHES = 3_000, 10
"""The drill's row `switches` asks a hundred thousand times."""
AT_KILL = 10
"""Percent that the platform has when it is killed."""
RATE, KILLED = 200, 1_000
"""Requests a second, and in all, around the kill."""
FIRST = 200
"""So many requests are answered before the guard comes."""
ANSWERED = 20
"""So many of them are answered by the platform before it dies."""


class Crossing:
    """Act by act; ``seen`` is what was seen."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.seen: dict[str, Any] = {}

    def build(self) -> None:
        """What `pulumi up` makes, and what pods run, but for the guard."""
        self.field.build(told(Stage.SHADOW, None), guarded=False)
        self.seen["answers_s"] = until(self.field.arrived)

    def switch(self) -> None:
        """Many requests; under them the guard comes, makes its route, and its weight moves many times."""
        field = self.field
        arriving = field.load("arriving", f"--rate={RATE / 2:.0f}")
        until(lambda: field.live("legacy") > FIRST)
        field.start("guard")
        self.seen["overlay_s"] = until(field.by_overlay)
        self.seen["opened_at"] = time.monotonic()
        field.tell(told(Stage.CANARY, 50))
        before = field.answered()
        load = field.load("many", count=REQUESTS)
        asked = arriving.end()
        self.seen["switches"] = switched(field, load, REQUESTS, SWITCHES, before=before)
        self.seen["many"] = [*asked, *load.answers()]
        with contextlib.suppress(TimeoutError):  # copies are not waited for by anybody else
            until(lambda: field.live("blue", "mirror") >= self.copied(), 10.0)
        self.seen["counts"] = {part: field.counts(part) for part in ("legacy", "blue")}
        self.seen["after_switches"] = field.read()
        time.sleep(EVERY + 1.0)  # a killed adapter takes with it what it has not written yet

    def copied(self) -> int:
        """Requests of which there has to be a copy: those that came after the route did."""
        return sum(answer.began > self.seen["opened_at"] for answer in self.seen["many"])

    def kill(self) -> None:
        """The platform dies while it has a tenth of the requests."""
        field = self.field
        field.weigh(AT_KILL, by_hand=True)
        before = field.live("blue")
        load = field.load("killed", f"--rate={RATE}", count=KILLED)
        until(lambda: field.live("blue") >= before + ANSWERED)
        self.seen["before_kill"] = field.read()
        field.kill("blue", "model-blue")
        self.seen["killed_at"] = time.monotonic()
        self.seen["lowered_s"] = until(lambda: field.read()["weight"] == 0)
        self.seen["after_kill"] = field.read()
        self.seen["killed"] = load.answers()
        self.seen["statistics"] = [line for line in field.statistics().splitlines() if "endpoint" in line]

    def mend(self) -> None:
        """The platform comes back; its weight does not, until a reviewed change raises the epoch."""
        field = self.field
        for name in ("model-blue", "blue"):
            field.start(name)
        until(lambda: field.ready("blue"))
        field.weigh(25, latched=1)
        self.seen["relowered_s"] = until(lambda: field.read()["weight"] == 0)

    def roll_back(self) -> None:
        """By hand, with the guard dead; then the watchdog alone."""
        field = self.field
        self.seen["guard_mib"] = psutil.Process(field.running["guard"].pid).memory_info().rss >> 20
        field.kill("guard")
        field.tell(told(Stage.CANARY, 50, epoch=2))
        field.weigh(25, latched=None)
        own = ("-m", "ferry.guard", "rollback", WORKLOAD, "--json", "--kubeconfig", field.kubeconfig)
        ran = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, *own], capture_output=True, text=True, check=False, timeout=60
        )
        self.seen["rollback"] = {"code": ran.returncode, "said": ran.stdout, "errors": ran.stderr}
        self.seen["after_rollback"] = field.read()
        before = field.overlay()
        field.weigh(25, latched=2)
        self.seen["stale_write"] = field.stale_write(before)
        Watchdog(field.cluster, silence_s=0.0).step()
        self.seen["after_watchdog"] = field.read()

    def gather(self) -> None:
        """What Envoy was told, and what both sides wrote down."""
        self.seen["cpu"] = self.field.cpu()
        self.seen["dump"] = self.field.dump()
        self.field.stop("legacy", "blue")  # they write what waits
        self.seen["recorded"] = written(self.field)


def main(out: Path, state: Path) -> int:
    """All acts, in order; what was seen is written even if one fails."""
    with opened(state) as (field, _):
        crossing = Crossing(field)
        began = time.monotonic()
        try:
            for act in ("build", "switch", "kill", "mend", "roll_back", "gather"):
                getattr(crossing, act)()
                crossing.seen.setdefault("acts", {})[act] = round(time.monotonic() - began, 2)
        finally:
            log = state / "logs" / "guard.log"
            crossing.seen["guard"] = log.read_text().splitlines() if log.exists() else []
            crossing.seen.setdefault("statistics", field.statistics().splitlines())
            note(crossing.seen, out)
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
