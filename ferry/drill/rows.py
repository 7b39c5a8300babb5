"""The rows of the drill's table, by the name that ``--only`` takes, in the order in which they run."""

from __future__ import annotations

from collections.abc import Mapping

from ferry.drill import batches, beside, detecting, moving, safe
from ferry.drill.drill import Row

ROWS: Mapping[str, Row] = {
    "arrival": moving.arrivals,
    "switches": moving.switches,
    "kill": moving.kills,
    "detect": detecting.failures,
    "healthy": detecting.healthy,
    "added": beside.added,
    "copies": beside.copies,
    "safe": safe.states,
    "batch": batches.crossed,
}
TITLES: Mapping[str, str] = {
    "arrival": "the guard's route appears under load",
    "switches": "the weight moves under load",
    "kill": "the platform is killed",
    "detect": "the model gets worse",
    "healthy": "healthy hours, simulated",
    "added": "what gateway and adapter add",
    "copies": "copies to the shadow",
    "safe": "safe states",
    "batch": "batch: a cron pipeline and a notebook",
}
RUNS = 20
"""Each failure is tried so often where a time is claimed (issue: the crossing)."""
