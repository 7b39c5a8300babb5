"""What watches the platform: metrics, alerts, dashboards."""

from __future__ import annotations

from pydantic import Field

from infra.specs.base import Spec
from infra.specs.domain import HostName, SlackChannel

LONGEST_WINDOW_DAYS = 8
"""The longest window of a rule is a week; a day more, so that its beginning is still there."""


class WatchingSpec(Spec):
    """Prometheus, Alertmanager and Grafana.

    Attributes:
        domain: host name under which people reach Grafana.
        slack_channel: where alerts are said, ``#ml-platform``. The webhook itself is a secret, and stands in
            Secrets Manager only.
        retention_days: how long measurements are kept. Default 15, which is Prometheus' own.
        storage_gib: volume of each Prometheus. Default 20: 15,000 series (assumed), a sample of each every
            30 s at 2 bytes (the upper end of Prometheus' own figure) take 1.3 GB in 15 days; the rest is for
            series to come.
    """

    domain: HostName
    slack_channel: SlackChannel
    retention_days: int = Field(ge=LONGEST_WINDOW_DAYS, le=400, default=15)
    storage_gib: int = Field(ge=5, le=2000, default=20)
