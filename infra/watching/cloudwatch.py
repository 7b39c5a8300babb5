"""What is asked of CloudWatch about the stores (B7, A6, A7), and under which names it comes. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from infra.iam import Statement

EVERY_S = 300
"""Seconds between two questions. Each figure of each store is paid for: $0.01 for 1,000 (GetMetricData)."""
WINDOW_S = 600
"""How far a question looks back: CloudWatch's figures are up to some minutes late."""


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        service: CloudWatch's namespace, ``AWS/RDS``.
        name: CloudWatch's own.
        statistic: of the figures within a window.
    """

    service: str
    name: str
    statistic: str

    @property
    def metric(self) -> str:
        """What the exporter makes of it: ``aws_rds_cpuutilization_average``."""
        words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", self.name)
        return f"aws_{self.service.removeprefix('AWS/')}_{words}_{self.statistic}".lower()


_REDIS, _POSTGRES = "AWS/ElastiCache", "AWS/RDS"
FIGURES = (
    Figure(_REDIS, "DatabaseMemoryUsagePercentage", "Maximum"),
    Figure(_REDIS, "EngineCPUUtilization", "Maximum"),
    Figure(_REDIS, "Evictions", "Sum"),
    Figure(_REDIS, "GetTypeCmdsLatency", "Average"),
    Figure(_REDIS, "ReplicationLag", "Maximum"),
    Figure(_POSTGRES, "CPUUtilization", "Average"),
    Figure(_POSTGRES, "DatabaseConnections", "Maximum"),
    Figure(_POSTGRES, "FreeStorageSpace", "Minimum"),
    Figure(_POSTGRES, "FreeableMemory", "Minimum"),
)


def config(region: str, tags: Mapping[str, str]) -> str:
    """The exporter's configuration.

    Args:
        region: of the stores.
        tags: that a store has to carry: another environment's in the same account is nobody's business here.
    """
    services = dict.fromkeys(figure.service for figure in FIGURES)
    jobs = [
        {
            "type": service,
            "regions": [region],
            "searchTags": [{"key": key, "value": f"^{re.escape(value)}$"} for key, value in tags.items()],
            "metrics": [
                {
                    "name": figure.name,
                    "statistics": [figure.statistic],
                    "period": EVERY_S,
                    "length": WINDOW_S,
                }
                for figure in FIGURES
                if figure.service == service
            ],
        }
        for service in services
    ]
    whole = {"apiVersion": "v1alpha1", "sts-region": region, "discovery": {"jobs": jobs}}
    return yaml.safe_dump(whole, sort_keys=False)


def read_figures() -> list[Statement]:
    """Find stores by their tags and read figures; nothing that is in a store."""
    return [
        Statement(
            sid="ReadFigures",
            actions=["cloudwatch:GetMetricData", "cloudwatch:ListMetrics", "tag:GetResources"],
            resources=["*"],
            reason="none of the three is about a resource: AWS knows no narrower form",
        )
    ]
