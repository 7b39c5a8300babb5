"""Central logs."""

from __future__ import annotations

from infra.specs.base import Spec
from infra.specs.domain import RetentionDays


class LogsSpec(Spec):
    """What pods and nodes write.

    Attributes:
        retention_days: how long CloudWatch keeps it; not every number is possible. Default 30, the shortest
            in which a monthly pipeline's last run is still there.
    """

    retention_days: RetentionDays = 30
