"""How the same environment could cost less. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from policy.cost.estimating import estimate
from policy.model import Resource
from policy.reading import at, many, maps

POOL = "kubernetes:karpenter.sh/v1:NodePool"
_CAPACITY = "karpenter.sh/capacity-type"


def advice(resources: Sequence[Resource], region: str) -> list[str]:
    """One sentence for each change that saves money, with its price in risk."""
    return [*_spot(resources, region), *_smaller(resources, region)]


def _spot(resources: Sequence[Resource], region: str) -> Iterator[str]:
    for pool in resources:
        if pool.type != POOL:
            continue
        rules = maps(at(pool.props, "spec.template.spec.requirements"))
        capacity = [
            value for rule in rules if rule.get("key") == _CAPACITY for value in many(rule.get("values"))
        ]
        if "spot" in capacity:
            continue
        now = estimate([pool], region).high
        spot = estimate([_with_spot(pool)], region).high
        yield (
            f"{pool.name} buys on demand only: with spot beside it up to ${now - spot:,.0f} a month less, "
            "and work there may be interrupted with two minutes' notice"
        )


def _with_spot(pool: Resource) -> Resource:
    rules = [
        rule
        for rule in maps(at(pool.props, "spec.template.spec.requirements"))
        if rule.get("key") != _CAPACITY
    ]
    rules.append({"key": _CAPACITY, "operator": "In", "values": ["spot", "on-demand"]})
    spec = {**pool.props["spec"], "template": {"spec": {"requirements": rules}}}
    return Resource(pool.type, pool.name, {**pool.props, "spec": spec})


@dataclass(frozen=True)
class _Size:
    """How a type says its size, and what the next smaller one has less of.

    Attributes:
        key: the input; a list holds one size.
        less: what there is less of, and what to look at first.
    """

    key: str
    smaller: Mapping[str, str]
    less: str


_SIZES: Mapping[str, _Size] = {
    "aws:rds/instance:Instance": _Size(
        "instanceClass",
        {"db.m6g.large": "db.t4g.medium", "db.m6g.xlarge": "db.m6g.large", "db.t4g.medium": "db.t4g.small"},
        "memory; look at its connections and cache hits first",
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": _Size(
        "nodeType",
        {"cache.m6g.large": "cache.t3.medium", "cache.t3.medium": "cache.t3.small"},
        "memory; look at what the features take, and at evictions, first",
    ),
    "aws:eks/nodeGroup:NodeGroup": _Size(
        "instanceTypes",
        {
            "m5.xlarge": "m5.large",
            "m5.2xlarge": "m5.xlarge",
            "m6i.xlarge": "m6i.large",
            "t3.large": "t3.medium",
        },
        "CPU and memory; look at what its pods ask for, and how many pods a node may have, first",
    ),
}


def _smaller(resources: Sequence[Resource], region: str) -> Iterator[str]:
    for item in resources:
        size = _SIZES.get(item.type)
        now = str(many(item.props.get(size.key))[0]) if size and item.props.get(size.key) else ""
        if size is None or now not in size.smaller:
            continue
        less = size.smaller[now]
        given = [less] if isinstance(item.props[size.key], list) else less
        smaller = Resource(item.type, item.name, {**item.props, size.key: given})
        saved = estimate([item], region).low - estimate([smaller], region).low
        yield f"{item.name} is of {now}: of {less}, for ${saved:,.0f} a month less, it has less {size.less}"
