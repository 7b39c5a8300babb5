"""How the same environment could cost less. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policy.cost.estimating import estimate
from policy.model import Resource
from policy.reading import at, many, maps, true

POOL = "kubernetes:karpenter.sh/v1:NodePool"
INSTANCE = "aws:rds/instance:Instance"
_CAPACITY = "karpenter.sh/capacity-type"
_SMALLER = {"db.m6g.large": "db.t4g.medium", "db.m6g.xlarge": "db.m6g.large", "db.t4g.medium": "db.t4g.small"}


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


def _smaller(resources: Sequence[Resource], region: str) -> Iterator[str]:
    for database in resources:
        size = str(database.props.get("instanceClass"))
        if database.type != INSTANCE or size not in _SMALLER:
            continue
        smaller = Resource(database.type, database.name, {**database.props, "instanceClass": _SMALLER[size]})
        saved = estimate([database], region).low - estimate([smaller], region).low
        pair = "each of its two machines" if true(database.props.get("multiAz")) else "it"
        yield (
            f"{database.name} is a {size}: as a {_SMALLER[size]} {pair} has less memory, for ${saved:,.0f} a "
            "month less; look at its connections and cache hits first"
        )
