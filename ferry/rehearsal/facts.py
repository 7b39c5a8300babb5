"""What the world says of itself, gathered thinly: versions, waits, nodes and pods, what was simulated."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection
from importlib.metadata import version

from ferry.rehearsal.checks.availability import controllers, pending, shortfalls
from ferry.rehearsal.measure import Interval
from ferry.report.model import Warned
from infra.charts.lock import committed
from infra.contents.lock import locked
from sandbox.controlplane.client import Client
from sandbox.engine import Run
from sandbox.worldspec import WorldError, WorldSpec

_PACKAGES = ("pulumi", "pulumi-aws", "pulumi-eks", "pulumi-kubernetes", "moto")
READY_SECONDS = 120.0
"""How long everything wanted may take to become ready after `up`."""


def versions() -> dict[str, str]:
    """The packages that speak to the engine and to the emulated account."""
    return {name: version(name) for name in _PACKAGES}


def waits(spec: WorldSpec, run: Run) -> dict[str, list[Interval]]:
    """URN → readiness waits that the Kubernetes provider recorded, on the clock of ``run``."""
    path = spec.state / "waits.jsonl"
    found: dict[str, list[Interval]] = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        entry = json.loads(line)
        ended = float(entry["ended"]) - run.began
        if ended >= 0:
            started = max(ended - float(entry["seconds"]), 0.0)
            found.setdefault(str(entry["urn"]), []).append((started, ended))
    return found


def warnings(spec: WorldSpec) -> list[Warned]:
    """What the Kubernetes provider was warned of, each once, in the order in which it came."""
    path = spec.state / "warnings.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    said = [
        (str(entry["urn"]).rpartition("::")[2], str(entry["message"])) for entry in map(json.loads, lines)
    ]
    return [Warned(resource=resource, message=message) for resource, message in dict.fromkeys(said)]


def simulated(spec: WorldSpec) -> list[str]:
    """What stand-ins did in place of a real controller or machine."""
    found = json.loads(spec.simulated.read_text()) if spec.simulated.exists() else []
    charts, loose = committed().charts, committed().unverified
    pinned = f"charts: {len(charts) - len(loose)} of {len(charts)} in the lock are pinned by digest"
    return [*(str(item) for item in found), pinned]


def recorded(contents: Collection[str]) -> list[str]:
    """What others publish as manifests and no registry here has: recorded, as the lock names it."""
    found = (locked(name) for name in sorted(contents))
    return [
        f"{item.name} {item.version}: its {len(item.files)} manifests ({item.repository} {item.commit[:12]}) "
        "are in no registry here: recorded by their digests; what is ours around them is applied"
        for item in found
    ]


def summary(run: Run) -> str:
    """One line for a person: what this run would do."""
    parts = [f"{count} to {op}" for op, count in sorted(run.changes.items()) if count]
    return "  plan: " + (", ".join(parts) or "nothing to do")


def await_ready(kube: Client, note: Callable[[str], None]) -> None:
    """Until every controller has what it wants and no pod pends.

    Raises:
        WorldError: something is still missing after :data:`READY_SECONDS`; all of it is named.
    """
    ends = time.monotonic() + READY_SECONDS
    while missing := shortfalls(controllers(kube)) + pending(kube.list("v1", "Pod")):
        note(missing[0])
        if time.monotonic() > ends:
            raise WorldError(
                f"after {READY_SECONDS:.0f} s not everything is ready, so nothing further was checked: "
                + "; ".join(missing)
                + ". The events of these objects say why: run again with --keep and look at the logs."
            )
        time.sleep(0.2)
