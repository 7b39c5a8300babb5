"""``make bench``: how a guard's step grows with 10, 100 and 1,000 workloads; ``reports/bench-guard.*``.

Each workload has a guard of its own; this is one step of each, in one process, with everything but the
network: the policy is parsed, proxies' and adapters' words are counted, it is decided, and the route written.
Bar: 1,000 workloads reconciled within 1 s of CPU (issue: the crossing).
"""

from __future__ import annotations

import json
import sys
import time
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ferry.guard.cluster import Held, Pod
from ferry.guard.counting import Answered, Heard, tries
from ferry.guard.decide import LEASE, Lease, Memory, Policy, Route, Seen, Window, step
from ferry.guard.loop import Guard
from ferry.guard.reporting import Report
from ferry.rehearsal.chart import Series, growth
from workloads.catalogue import CATALOGUE
from workloads.evidence import NOTHING, Finding
from workloads.patterns import migration, routes
from workloads.patterns.migration import EvidencePlace, Migration, Names, Way
from workloads.patterns.routes import Read, Share
from workloads.slots import Slots
from workloads.stages import Recorded
from workloads.state import Slot, Stage

COUNTS = (10, 100, 1_000)
CPU_S = 1.0
ANSWERS = 10
"""Rows that each side has answered since the last step: 20 a second."""
_REPORTS = Path(__file__).parents[2] / "reports"
_PODS = ("10.0.1.7", "10.0.1.8")


@dataclass(frozen=True)
class Size:
    """What so many workloads take.

    Attributes:
        decision_s, reconcile_s: CPU seconds of one step of all of them; the first only decides.
        memory_mb: what all guards remember.
        routes, routes_mb: HTTPRoutes, base and overlay, and their size as JSON.
    """

    workloads: int
    decision_s: float
    reconcile_s: float
    memory_mb: float
    routes: int
    routes_mb: float


@dataclass
class Kept:
    """The API server's part of one workload, in memory; JSON as it would come over the wire."""

    names: Names
    policy: Mapping[str, str]
    item: str
    lease: Held = field(default_factory=lambda: Held(None, "", None))
    version: int = 1

    def told(self) -> Migration:
        """The policy, parsed anew."""
        return migration.read(self.policy)

    def overlay(self) -> dict[str, Any]:
        """The route, parsed anew."""
        found: dict[str, Any] = json.loads(self.item)
        return found

    def held(self) -> Held:
        """The lease."""
        return self.lease

    def claim(self, me: str, now: float, held: Held, stepped: float | None) -> None:
        """Renew it."""
        self.lease = Held(Lease(me, now + LEASE), f"{held.version}1"[-6:], stepped)

    def pods(self, *_: object) -> list[Pod]:
        """Two of each."""
        return [Pod(address, ready=True) for address in _PODS]

    def versions(self) -> dict[Slot, str | None]:
        """One model."""
        return {Slot.BLUE: "sha256:1", Slot.GREEN: None}

    def write(self, told: Migration, _: Read, weight: int, latched: int | None, **__: object) -> None:
        """Another weight."""
        self.version += 1
        self.item = json.dumps(route(told, weight, latched, self.version))


def route(told: Migration, weight: int, latched: int | None, version: int) -> dict[str, Any]:
    """An overlay as the API server would give it."""
    body = routes.overlay(told, Share(weight, Slots(Slot.BLUE, dict.fromkeys(Slot))), latched=latched)
    body["metadata"]["resourceVersion"] = str(version)
    return body


@dataclass
class Said:
    """Proxies and adapters of one workload; every step they have something new to say."""

    names: Names
    number: int = 0

    def hear(self, *_: object) -> Heard:
        """What one proxy and both sides say, as text and rows."""
        self.number += 1
        cluster = f'envoy_cluster_name="httproute/{self.names.namespace}/{self.names.overlay}/rule/0"'
        lines = [
            f'envoy_cluster_endpoint_{name}{{{cluster},envoy_endpoint_address="{pod}:8080"}} {value}'
            for pod in _PODS
            for name, value in (("rq_success", self.number * ANSWERS), ("rq_error", 0))
        ]
        text = "\n".join([*lines, f"envoy_cluster_warming_state{{{cluster}}} 0", ""])
        begins = [
            f"httproute/{self.names.namespace}/{name}/" for name in (self.names.overlay, self.names.base)
        ]
        rows = [[f"{self.number}-{place}", 0.9, 3.0, 200, False] for place in range(ANSWERS)]
        said = tuple(Answered.of(row) for row in rows)
        return Heard({"proxy": tries(text, begins, _PODS)}, said, said)

    def finding(self, *_: object) -> Finding:
        """No evidence: nothing rises meanwhile."""
        return NOTHING


def guards(count: int) -> list[Guard]:
    """So many workloads at a canary of 10 to 25%, each with its guard."""
    way = Way(hostname="ml.example.com", parent={"name": "ferry", "namespace": "gateway"})
    place = EvidencePlace(bucket="b", owner="123456789012", key="alias/k", region="us-east-1")
    stood, made = Recorded(stage=Stage.CANARY, ceiling=25, epoch=1), []
    first = migration.migration(CATALOGUE["churn"], stood, "dev", way, place)
    for number in range(count):
        told = first.model_copy(update={"workload": f"workload-{number:04}"})
        item = json.dumps(route(told, 25, None, 1))
        store: Any = Kept(told.names, migration.data(told), item)
        said: Any = Said(told.names)
        made.append(Guard("bench", store, said, said, Report(told.workload)))
    return made


def cpu(act: Callable[[], object], times: int = 3) -> float:
    """CPU seconds, the least of a few tries: what else runs on the machine only ever adds."""
    found = []
    for _ in range(times):
        began = time.process_time()
        act()
        found.append(time.process_time() - began)
    return min(found)


def decided(count: int) -> None:
    """One decision for each of so many workloads."""
    window, policy = Window(0.5, requests=ANSWERS, compared=ANSWERS), Policy(Stage.CANARY, 25, 1)
    seen = Seen(Lease("bench", 1e9), Route(25, "1"), policy, window, NOTHING, warm=True)
    memory = Memory()
    for _ in range(count):
        step("bench", memory, seen, 1.0)


def stepped(made: list[Guard]) -> None:
    """One step of each."""
    for guard in made:
        guard.step()


def measured(count: int) -> Size:
    """One row."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    made = guards(count)
    stepped(made)
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    stepped(made)
    told = made[0].cluster.told()
    overlay = len(made[0].cluster.item)  # type: ignore[attr-defined] # a Kept, see above
    both = overlay + len(json.dumps(routes.base(told)))
    return Size(
        workloads=count,
        decision_s=cpu(lambda: decided(count)),
        reconcile_s=cpu(lambda: stepped(made)),
        memory_mb=held / 1e6,
        routes=2 * count,
        routes_mb=both * count / 1e6,
    )


def main() -> int:
    """Measure, print, plot; 1 if a thousand take more than a second."""
    rows = [measured(count) for count in COUNTS]
    _REPORTS.mkdir(exist_ok=True)
    (_REPORTS / "bench-guard.json").write_text(json.dumps([asdict(row) for row in rows], indent=1))
    names = ("decision_s", "reconcile_s")
    series = [
        Series(name.removesuffix("_s"), [(row.workloads, getattr(row, name)) for row in rows])
        for name in names
    ]
    (_REPORTS / "bench-guard.svg").write_text(growth(series, "workloads", "CPU seconds of one step of all"))
    for row in rows:
        sys.stdout.write(
            f"{row.workloads:5} workloads: decided {row.decision_s:.3f} s, reconciled {row.reconcile_s:.3f} s"
            f" of CPU, {row.memory_mb:.1f} MB, {row.routes} routes ({row.routes_mb:.1f} MB)\n"
        )
    points = np.log([(row.workloads, row.reconcile_s) for row in rows])
    slope = float(np.polyfit(points[:, 0], points[:, 1], 1)[0])
    sys.stdout.write(f"reconciling grows as workloads^{slope:.2f}; bar for {COUNTS[-1]}: {CPU_S:.1f} s\n")
    return int(rows[-1].reconcile_s > CPU_S)


if __name__ == "__main__":
    sys.exit(main())
