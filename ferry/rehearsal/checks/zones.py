"""A zone's outage, judged on the objects that the stack made: what serves keeps enough pods."""

from __future__ import annotations

from ferry.availability.zones import shortfalls, without_a_zone
from ferry.rehearsal.checks.context import CheckContext, Note
from ferry.rehearsal.checks.graph import manifest
from ferry.report.model import Check, Claim

ZONES = Claim(
    "zones.one-gone",
    "E5",
    "without any one zone, everything of the stack's own that serves keeps enough pods",
)


def run(context: CheckContext, note: Note) -> list[Check]:
    """Judge what the stack itself wrote; where data is not kept, one of everything is what was asked for."""
    if not context.settings.environment.keeps_data:
        note("one of everything is what this environment asks for, so no zone's outage is judged")
        return []
    made = [found for item in context.resources if (found := manifest(item))]
    zones = len(context.settings.network.zones)
    lost = shortfalls(made, zones)
    judged = f"{len(without_a_zone(made, zones))} serving controllers over {zones} zones judged"
    return [ZONES.equal(0, len(lost), "controllers lost", lost or [judged])]
