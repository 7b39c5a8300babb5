"""The rehearsal of production; what it proves and cannot prove stands in claims.py."""

from __future__ import annotations

import pytest

from ferry.report.model import Report
from tests.rehearsals.claims import REDIS, Rehearsed

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1600)]


class TestProd(Rehearsed):
    """What is true of every rehearsal, and of this one only."""

    @pytest.fixture
    def report(self, prod: Report) -> Report:
        """Run once for all."""
        return prod

    def test_production_refuses_an_unreviewed_destroy_with_nothing_changed(self, report: Report) -> None:
        """A5, A7."""
        (claim,) = [check for check in report.checks if check.id == "destroy.unreviewed"]
        assert claim.passed, claim.detail

    def test_production_shares_nothing_that_may_fail(self, report: Report) -> None:
        """A1, A6: a NAT gateway per zone; managed Redis."""
        assert report.resources["aws:ec2/natGateway:NatGateway"] == 3
        assert report.resources[REDIS] == 1
