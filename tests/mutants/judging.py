"""Mutants of what judges a change: the policy pack and the estimate of its cost."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_RULE = "tests/policy/test_rules.py::test_rule_catches_its_mistake"
_COST = "tests/policy/test_cost.py::test"
_EXCUSE = "tests/policy/test_exceptions.py::test"
_ESTIMATING = "policy/cost/estimating.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "E3",
        "policy/rules/identity.py",
        'if operator == "StringEquals" and key.endswith(":sub") and len(values) == 1:',
        'if operator == "StringEquals" and key.endswith(":aud") and len(values) == 1:',
        f"{_RULE}[EKS.IRSA.1]",
    ),
    Mutant(
        "E3",
        "policy/exceptions.py",
        'return f"ended on {excuse.expires}" if excuse.expires < today else ""',
        'return ""',
        f"{_EXCUSE}_exception_that_has_ended_excuses_nothing_and_says_so",
    ),
    Mutant(
        "E4",
        _ESTIMATING,
        '2 if true(item.props.get("multiAz")) else 1',
        "1",
        f"{_COST}_standby_doubles_the_database_and_its_disk",
    ),
    Mutant(
        "E4",
        _ESTIMATING,
        'nodes = shards * (1 + number(item.props.get("replicasPerNodeGroup")))',
        "nodes = shards",
        f"{_COST}_redis_of_production_is_priced_node_by_node",
    ),
)
