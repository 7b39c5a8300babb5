"""What guard and adapters promise to export (B7) against what the programs really do.

A metric that is declared and never set has no series: the alert over it never fires, and nothing says so.
"""

from __future__ import annotations

from prometheus_client import REGISTRY

from ferry.adapter import server
from ferry.guard.decide import Policy, Route, Window
from ferry.guard.reporting import Report
from infra.watching.exporters import EXPORTERS
from workloads.catalogue import CATALOGUE
from workloads.state import Stage

(CONTRACT,) = [item.metrics for item in EXPORTERS if item.contract]
WORKLOAD = "fraud-detection"


def series() -> set[str]:
    """Names of the series about one workload."""
    return {
        sample.name
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.labels.get("workload") == WORKLOAD
    }


def test_programs_export_every_metric_that_rules_count_on() -> None:
    """One step of a guard, one request of an adapter."""
    report = Report(WORKLOAD, slo=CATALOGUE[WORKLOAD].slo)
    report.saw(Route(5, "1"), Policy(Stage.CANARY, 5, 1), Window(1.0, 20, compared=10, different=1))
    report.beats()
    who = (WORKLOAD, "platform", "blue")
    server.REQUESTS.labels(*who, server.LIVE, 200).inc()
    server.LATENCY.labels(*who, server.LIVE).observe(0.01)
    server.CONFIDENCE.labels(*who).observe(0.9)
    assert set(CONTRACT) - series() == set()


def test_latency_objective_is_the_workloads_own_in_seconds() -> None:
    """Without it no workload would ever be too slow."""
    Report(WORKLOAD, slo=CATALOGUE[WORKLOAD].slo)
    slo = CATALOGUE[WORKLOAD].slo
    assert slo is not None
    assert slo.online is not None
    found = REGISTRY.get_sample_value("ferry_workload_latency_objective_seconds", {"workload": WORKLOAD})
    assert found == slo.online.p99_ms / 1000
