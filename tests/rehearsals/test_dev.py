"""The rehearsal of dev; what it proves and cannot prove stands in claims.py."""

from __future__ import annotations

import pytest

from ferry.report.model import Report
from tests.rehearsals.claims import REDIS, Rehearsed

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1600)]


class TestDev(Rehearsed):
    """What is true of every rehearsal, and of this one only."""

    @pytest.fixture
    def report(self, dev: Report) -> Report:
        """Run once for all."""
        return dev

    def test_two_gpu_jobs_get_one_small_node_each(self, report: Report) -> None:
        """A3: the smallest fitting size, never one large node for several."""
        gpu = [check for check in report.checks if check.id.startswith("gpu.")]
        assert gpu
        assert all(check.passed for check in gpu)
        assert report.cluster is not None
        bought = [node.instance_type for node in report.cluster.nodes if node.nodepool == "gpu"]
        assert bought
        assert set(bought) == {"g4dn.xlarge"}

    def test_dev_shares_what_production_does_not(self, report: Report) -> None:
        """A1, A6: one NAT gateway for all zones; Redis in a pod."""
        assert report.resources["aws:ec2/natGateway:NatGateway"] == 1
        assert REDIS not in report.resources
