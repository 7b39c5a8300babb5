"""Recording and alerting rules as data (requirement B7); pure.

Alerts say what a person has to do something about. Each has a paragraph in ``docs/operate/alerts.md`` and a
case in the tests where it fires and where it does not, judged by Prometheus' own ``promtool``.
"""

from __future__ import annotations

from typing import Any

from infra.watching.rules import gpu, migration, objectives, pipelines, stores, upkeep
from infra.watching.rules.model import Alert, Group, Recording, Severity

__all__ = ["GROUPS", "Alert", "Group", "Recording", "Severity", "written"]

GROUPS: tuple[Group, ...] = (
    objectives.GROUP,
    migration.GROUP,
    pipelines.GROUP,
    gpu.GROUP,
    *stores.GROUPS,
    *upkeep.GROUPS,
)
"""Every group that Ferry has."""


def written(capabilities: frozenset[str]) -> dict[str, Any]:
    """The spec of a PrometheusRule: groups whose metrics are there when these capabilities are on."""
    return {"groups": [group.written() for group in GROUPS if group.capability in capabilities]}
