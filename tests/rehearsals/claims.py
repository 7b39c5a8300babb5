"""What both rehearsals prove end to end: real engine, control plane and Karpenter, emulated AWS.

The program as it stands comes up from nothing, stays as it is, keeps its claims, and leaves nothing. What
only AWS itself can show (quotas, propagation delays, real kubelets) stays open. Times are printed by the
rehearsal and are no test: claims named ``speed.…`` and ``memory.…`` are left to it. Each environment has a
file of its own, so that they run beside each other.
"""

from __future__ import annotations

from ferry.report.model import Check, Report
from sandbox.providers.aws.table import RECORDED

REDIS = "aws:elasticache/replicationGroup:ReplicationGroup"


def claims(report: Report) -> list[Check]:
    """The claims that are no times."""
    return [check for check in report.checks if not check.id.startswith(("speed.", "memory."))]


class Rehearsed:
    """True of every environment; a subclass gives the ``report``."""

    def test_it_runs_to_its_end(self, report: Report) -> None:
        """E1."""
        assert report.failure == ""

    def test_every_claim_holds(self, report: Report) -> None:
        """A1 to A8, each judged in the run."""
        wrong = [
            f"{check.id}: {check.value}, bar {check.bar}; {check.detail}"
            for check in claims(report)
            if not check.passed
        ]
        assert wrong == []

    def test_every_requirement_of_the_foundation_is_claimed(self, report: Report) -> None:
        """A rehearsal that silently skips a requirement must not pass."""
        claimed = {check.requirement for check in claims(report)}
        assert {f"A{number}" for number in range(1, 9)} <= claimed

    def test_a_second_preview_changes_nothing(self, report: Report) -> None:
        """E1."""
        assert report.second_preview_changes == 0

    def test_nothing_is_left_but_keys_that_aws_itself_keeps(self, report: Report) -> None:
        """After destroy; a KMS key waits for its deletion by AWS's own design."""
        assert report.leaks == []
        assert all("kms/key/" in kept.what for kept in report.kept)

    def test_what_is_only_recorded_is_on_the_committed_list(self, report: Report) -> None:
        """Nothing slips from backed to recorded unseen."""
        assert set(report.recorded_only) <= RECORDED.keys() | {"kubernetes:helm.sh/v3:Release"}
