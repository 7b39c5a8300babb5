"""The estimate of the committed environments, row by row, and what it does not know (E4)."""

from __future__ import annotations

import pytest

from policy.cost.estimating import estimate
from policy.cost.model import Component, Usage
from policy.cost.prices import PriceError, table
from policy.model import Resource
from tests.policy.rendered import ENVIRONMENTS, rendered

POOL = "kubernetes:karpenter.sh/v1:NodePool"


def pool(limits: dict[str, str], capacity: list[str], sizes: list[str]) -> Resource:
    """A pool as the program writes it."""
    requirements = [
        {"key": "karpenter.k8s.aws/instance-family", "operator": "In", "values": ["g4dn"]},
        {"key": "karpenter.k8s.aws/instance-size", "operator": "In", "values": sizes},
        {"key": "karpenter.sh/capacity-type", "operator": "In", "values": capacity},
    ]
    spec = {"limits": limits, "template": {"spec": {"requirements": requirements}}}
    return Resource(POOL, "gpu", {"spec": spec})


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_type_that_is_used_has_a_price_or_is_known_to_be_free(environment: str) -> None:
    """E4: a type that nobody priced would make the estimate too low without a word."""
    assert estimate(rendered(environment), "us-east-1").unpriced == []


def test_redis_of_production_is_priced_node_by_node() -> None:
    """E4, A6: three shards of two nodes, where the plan counts three nodes."""
    lines = estimate(rendered("prod"), "us-east-1").by_component()
    assert lines[Component.REDIS] == pytest.approx((6 * 0.068 * 730,) * 2)


def test_standby_doubles_the_database_and_its_disk() -> None:
    instance = {"instanceClass": "db.m6g.large", "allocatedStorage": 100.0, "maxAllocatedStorage": 500.0}
    [one] = estimate([Resource("aws:rds/instance:Instance", "db", instance)], "us-east-1").lines
    [two] = estimate(
        [Resource("aws:rds/instance:Instance", "db", {**instance, "multiAz": True})], "us-east-1"
    ).lines
    assert one.low == pytest.approx(0.159 * 730 + 100 * 0.115)
    assert (two.low, two.high) == pytest.approx((2 * one.low, 2 * one.high))


def test_pool_costs_nothing_at_best_and_its_limit_at_worst() -> None:
    """E4: a range where autoscaling makes one."""
    [line] = estimate(
        [pool({"cpu": "128", "nvidia.com/gpu": "8"}, ["on-demand"], ["xlarge"])], "us-east-1"
    ).lines
    assert (line.low, line.high) == pytest.approx((0.0, 8 * 0.526 * 730))


def test_spot_saves_seventy_per_cent() -> None:
    """E4."""
    limits = {"cpu": "128", "nvidia.com/gpu": "8"}
    [dear] = estimate([pool(limits, ["on-demand"], ["xlarge"])], "us-east-1").lines
    [cheap] = estimate([pool(limits, ["spot", "on-demand"], ["xlarge"])], "us-east-1").lines
    assert cheap.high == pytest.approx(0.3 * dear.high)


def test_cluster_is_paid_once_whether_its_children_are_there_or_not() -> None:
    component, child = Resource("eks:index:Cluster", "c", {}), Resource("aws:eks/cluster:Cluster", "c", {})
    for found in ([component], [child], [component, child]):
        assert estimate(found, "us-east-1").low == pytest.approx(73.0)


def test_watching_production_costs_its_volumes_and_its_questions() -> None:
    """E4, B7: two volumes of 100 GB and two of 1 GB; 5 figures of 6 caches and 4 of 2 databases."""
    lines = [
        line for line in estimate(rendered("prod"), "us-east-1").lines if line.resource.startswith("watching")
    ]
    usd = {line.what.partition(" ")[2].partition(" ")[0]: line.low for line in lines}
    assert usd["GB"] == pytest.approx(202 * 0.08)
    assert usd["figures"] == pytest.approx((5 * 6 + 4 * 2) * 730 * 12 / 1000 * 0.01)
    assert sum(line.low for line in lines if line.component is Component.MONITORING) == pytest.approx(
        19.49, abs=0.01
    )


def test_what_is_assumed_is_part_of_the_estimate() -> None:
    """E4: stores hold what somebody says they hold."""
    bucket = [Resource("aws:s3/bucket:Bucket", "models", {})]
    assert estimate(bucket, "us-east-1").low == pytest.approx(500 * 0.023)
    assert estimate(bucket, "us-east-1", Usage(stored_gb=1000)).low == pytest.approx(1000 * 0.023)


def test_region_without_prices_is_refused_by_name() -> None:
    with pytest.raises(PriceError, match=r"no prices of eu-north-1, so nothing was estimated\. Add them"):
        estimate([], "eu-north-1")


def test_size_without_a_price_is_refused_by_name() -> None:
    odd = Resource("aws:rds/instance:Instance", "db", {"instanceClass": "db.x9.huge"})
    with pytest.raises(PriceError, match=r"no price of db\.x9\.huge, so nothing was estimated"):
        estimate([odd], "us-east-1")


def test_table_is_dated_and_every_region_is_whole() -> None:
    assert table().as_of.year >= 2026
    assert {"us-east-1", "us-west-2"} <= set(table().regions)
