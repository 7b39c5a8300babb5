"""The shape of an estimate."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Component(StrEnum):
    """What the money is for; the rows of the migration plan's small production set, and what it left out."""

    CLUSTER = "cluster"
    SERVING = "serving"
    REDIS = "Redis"
    MLFLOW = "MLflow"
    PIPELINES = "pipelines"
    STORAGE = "S3"
    BALANCER = "load balancer"
    MONITORING = "monitoring"
    NETWORK = "network"
    SECURITY = "keys and secrets"
    BACKUP = "backup and audit"


@dataclass(frozen=True)
class Line:
    """One resource's part.

    Attributes:
        component: the row that it belongs to.
        resource: its name in the program.
        what: how the figure comes about, in words.
        low: USD a month at least.
        high: USD a month at most; more than ``low`` where autoscaling decides.
    """

    component: Component
    resource: str
    what: str
    low: float
    high: float


@dataclass(frozen=True)
class Usage:
    """What no resource says and somebody has to assume, for an environment and a month.

    Attributes:
        stored_gb: in the stores together: the plan's 500 GB of models and artifacts (requirement A5).
        images_gb: in the registry.
        logs_gb: taken in by CloudWatch.
        nat_gb: through the NAT gateways.
        balancer_units: capacity units of the load balancer, on average.
        data_events: of CloudTrail.
        synced_gb: copied by DataSync.
    """

    stored_gb: float = 500
    images_gb: float = 20
    logs_gb: float = 20
    nat_gb: float = 100
    balancer_units: float = 1
    data_events: float = 1_000_000
    synced_gb: float = 0


@dataclass(frozen=True)
class Estimate:
    """A month of an environment in USD.

    Attributes:
        lines: every priced part.
        unpriced: types of AWS that no rule prices and that are not known to be free.
        as_of: day of the price table.
        usage: what was assumed.
    """

    lines: Sequence[Line]
    unpriced: Sequence[str]
    as_of: datetime.date
    usage: Usage

    @property
    def low(self) -> float:
        """With every pool of nodes empty."""
        return sum(line.low for line in self.lines)

    @property
    def high(self) -> float:
        """With every pool at its limit."""
        return sum(line.high for line in self.lines)

    def by_component(self) -> dict[Component, tuple[float, float]]:
        """Lowest and highest figure of each row, in the plan's order."""
        sums: dict[Component, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
        for line in self.lines:
            low, high = sums[line.component]
            sums[line.component] = (low + line.low, high + line.high)
        return {component: sums[component] for component in Component if component in sums}
