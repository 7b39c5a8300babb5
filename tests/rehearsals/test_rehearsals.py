"""Both rehearsals end to end: real engine, real control plane, real Karpenter, emulated AWS.

Proves that the program as it stands comes up from nothing, stays as it is, keeps its claims, and leaves
nothing. What only AWS itself can show (quotas, propagation delays, real kubelets) stays open. Times are
printed by the rehearsal and are no test: claims named ``speed.…`` and ``memory.…`` are left to it.
"""

from __future__ import annotations

import pytest

from ferry.report.model import Check, Report
from sandbox.providers.aws.table import RECORDED

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(1600)]

ENVIRONMENTS = ["dev", "prod"]
REDIS = "aws:elasticache/replicationGroup:ReplicationGroup"


@pytest.fixture
def report(request: pytest.FixtureRequest, environment: str) -> Report:
    found: Report = request.getfixturevalue(environment)
    return found


def claims(report: Report) -> list[Check]:
    return [check for check in report.checks if not check.id.startswith(("speed.", "memory."))]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_it_runs_to_its_end(report: Report) -> None:
    """E1."""
    assert report.failure == ""


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_claim_holds(report: Report) -> None:
    """A1 to A8, each judged in the run."""
    wrong = [
        f"{check.id}: {check.value}, bar {check.bar}; {check.detail}"
        for check in claims(report)
        if not check.passed
    ]
    assert wrong == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_requirement_of_the_foundation_is_claimed(report: Report) -> None:
    """A rehearsal that silently skips a requirement must not pass."""
    claimed = {check.requirement for check in claims(report)}
    assert {f"A{number}" for number in range(1, 9)} <= claimed


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_second_preview_changes_nothing(report: Report) -> None:
    """E1."""
    assert report.second_preview_changes == 0


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nothing_is_left_but_keys_that_aws_itself_keeps(report: Report) -> None:
    """After destroy; a KMS key waits for its deletion by AWS's own design."""
    assert report.leaks == []
    assert all("kms/key/" in kept.what for kept in report.kept)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_is_only_recorded_is_on_the_committed_list(report: Report) -> None:
    """Nothing slips from backed to recorded unseen."""
    assert set(report.recorded_only) <= RECORDED.keys() | {"kubernetes:helm.sh/v3:Release"}


def test_production_refuses_an_unreviewed_destroy_with_nothing_changed(prod: Report) -> None:
    """A5, A7."""
    (claim,) = [check for check in prod.checks if check.id == "destroy.unreviewed"]
    assert claim.passed, claim.detail


def test_two_gpu_jobs_get_one_small_node_each(dev: Report) -> None:
    """A3: the smallest fitting size, never one large node for several."""
    gpu = [check for check in dev.checks if check.id.startswith("gpu.")]
    assert gpu
    assert all(check.passed for check in gpu)
    assert dev.cluster is not None
    bought = [node.instance_type for node in dev.cluster.nodes if node.nodepool == "gpu"]
    assert bought
    assert set(bought) == {"g4dn.xlarge"}


def test_dev_shares_what_production_does_not(dev: Report) -> None:
    """A1, A6: one NAT gateway for all zones; Redis in a pod."""
    assert dev.resources["aws:ec2/natGateway:NatGateway"] == 1
    assert REDIS not in dev.resources


def test_production_shares_nothing_that_may_fail(prod: Report) -> None:
    """A1, A6: a NAT gateway per zone; managed Redis."""
    assert prod.resources["aws:ec2/natGateway:NatGateway"] == 3
    assert prod.resources[REDIS] == 1
