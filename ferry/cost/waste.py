"""What GPU nodes cost beyond the work that they do, from the nodes of a rehearsal. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ferry.report.model import Node, Report
from policy.cost.prices import table

_HOUR = 3600.0


@dataclass(frozen=True)
class Waste:
    """GPU hours of a rehearsal.

    Attributes:
        nodes: that had GPUs, and whose times are known.
        paid_hours: GPU hours that AWS would have billed: each node's time, times its GPUs.
        used_hours: GPU hours that pods held.
        paid_usd: what the nodes' time costs at the table's prices.
        idle_s: seconds that a node was there without work, on average: until its pod had begun, and after it
            until the pool let it go.
        idle_usd: what that costs for each node that comes, on average.
    """

    nodes: int
    paid_hours: float
    used_hours: float
    paid_usd: float
    idle_s: float
    idle_usd: float

    @property
    def share(self) -> float:
        """Part of what was paid that nobody used."""
        return 1 - self.used_hours / self.paid_hours if self.paid_hours else 0.0

    def sentence(self) -> str:
        """For a person."""
        return (
            f"GPU nodes of the rehearsal: {self.nodes} nodes, {self.paid_hours:.3f} GPU hours paid "
            f"(${self.paid_usd:.3f}), {self.used_hours:.3f} used, {self.share:.0%} wasted. Each node stood "
            f"{self.idle_s:.0f} s without work (${self.idle_usd:.4f}): short jobs one after the other on one "
            "node waste less than each on its own, and a shorter consolidate_after of the pool ends it "
            "sooner. Real machines take longer to start than the rehearsal's"
        )


def waste(report: Report, region: str) -> Waste | None:
    """What its GPU nodes paid and used; None where none came, or their times were not taken.

    Raises:
        PriceError: the table lacks the region or a size.
    """
    nodes = [node for node in (report.cluster.nodes if report.cluster else []) if node.gpus and node.paid_s]
    if not nodes:
        return None
    paid = sum(node.gpus * (node.paid_s or 0.0) for node in nodes)
    used = sum(node.used_s or 0.0 for node in nodes)
    idle = {node.name: _idle(node) for node in nodes}
    return Waste(
        nodes=len(nodes),
        paid_hours=paid / _HOUR,
        used_hours=used / _HOUR,
        paid_usd=sum((node.paid_s or 0.0) * _usd(node, region) for node in nodes),
        idle_s=sum(idle.values()) / len(nodes),
        idle_usd=sum(idle[node.name] * _usd(node, region) for node in nodes) / len(nodes),
    )


def _idle(node: Node) -> float:
    return max(0.0, (node.paid_s or 0.0) - (node.used_s or 0.0) / node.gpus)


def _usd(node: Node, region: str) -> float:
    """Of a second."""
    found = table()
    hour = found.region(region).of("instance", node.instance_type)
    return hour * (found.spot_share if node.capacity_type == "spot" else 1.0) / _HOUR
