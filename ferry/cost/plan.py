"""The migration plan's own figures, and an estimate beside them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from policy.cost.model import Component, Estimate

PLAN: Mapping[Component, float] = {
    Component.CLUSTER: 700,
    Component.SERVING: 200,
    Component.REDIS: 120,
    Component.MLFLOW: 50,
    Component.STORAGE: 15,
    Component.BALANCER: 25,
    Component.MONITORING: 50,
}
"""USD a month of the plan's small production set (requirement E4); $1,160 together."""

REMARKS: Mapping[Component, str] = {
    Component.REDIS: "the plan has 3 nodes; here each of 3 shards has a replica, so that one may fail",
    Component.NETWORK: "the plan has no row for NAT gateways and end points",
    Component.SECURITY: "the plan has no row for keys and secrets",
    Component.BACKUP: "the plan has no row for backups and the audit trail",
}
"""Why a row is not the plan's."""


@dataclass(frozen=True)
class Row:
    """One row of the comparison; ``planned`` is None where the plan has none."""

    component: Component
    low: float
    high: float
    planned: float | None
    remark: str


def rows(found: Estimate) -> list[Row]:
    """Every row of the plan and of the estimate."""
    ours = found.by_component()
    return [
        Row(item, *ours.get(item, (0.0, 0.0)), PLAN.get(item), REMARKS.get(item, ""))
        for item in Component
        if item in ours or item in PLAN
    ]


def saving(found: Estimate, legacy_usd: float) -> tuple[float, float]:
    """What part of the old estate's cost is saved: at least (all pools full) and at most (all empty)."""
    return 1 - found.high / legacy_usd, 1 - found.low / legacy_usd
