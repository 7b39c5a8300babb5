"""Every rule of the pack, once."""

from __future__ import annotations

from collections.abc import Sequence

from policy.model import Rule, StackRule
from policy.rules import cluster, data, identity, network, nodes, pods, whole

RULES: Sequence[Rule] = (
    *data.RULES,
    *identity.RULES,
    *network.RULES,
    *cluster.RULES,
    *pods.RULES,
    *nodes.RULES,
)
"""Judged resource by resource, before each is made."""

STACK_RULES: Sequence[StackRule] = whole.RULES
"""Judged when all resources are known."""
