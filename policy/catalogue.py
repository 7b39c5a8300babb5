"""Every rule of the pack, once."""

from __future__ import annotations

from collections.abc import Sequence

from policy.model import Rule, Site, StackRule
from policy.rules import budget, cluster, data, identity, network, nodes, pods, whole

RULES: Sequence[Rule] = (
    *data.RULES,
    *identity.RULES,
    *network.RULES,
    *cluster.RULES,
    *pods.RULES,
    *nodes.RULES,
)
"""Judged resource by resource, before each is made."""


def stack_rules(site: Site) -> Sequence[StackRule]:
    """Judged when all resources are known; the budget is the environment's own."""
    return (*whole.RULES, budget.rule(site))


def ids() -> list[str]:
    """Ids of all rules, in the order in which they are judged."""
    return [rule.id for rule in RULES] + [rule.id for rule in stack_rules(Site("any"))]
