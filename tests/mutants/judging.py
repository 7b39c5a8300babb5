"""Mutants of what judges a change: the policy pack and the estimate of its cost."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_RULE = "tests/policy/test_rules.py::test_rule_catches_its_mistake"
_COST = "tests/policy/test_cost.py::test"
_EXCUSE = "tests/policy/test_exceptions.py::test"
_ESTIMATING = "policy/cost/estimating.py"
_PREVIEW = "tests/ferry/preview/test_comment.py::test"
_REACH = "tests/ferry/preview/test_reach.py::test"

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
    Mutant(
        "E2",
        "ferry/preview/stakes.py",
        "if step.kind not in (Kind.REPLACE, Kind.DELETE):",
        "if step.kind is not Kind.DELETE:",
        f"{_PREVIEW}_replaced_database_is_the_first_thing_and_red",
    ),
    Mutant(
        "E2",
        "ferry/preview/comment.py",
        'if len(frame.format(title, "\\n".join(fenced([*block, *left])))) >= room:',
        'if len(frame.format(title, "\\n".join(fenced([*block, *left])))) >= 100 * room:',
        f"{_PREVIEW}_first_up_of_ten_thousand_resources_fits",
    ),
    Mutant(
        "E2",
        "ferry/preview/report.py",
        "ours = [step for step in seen.changes if _signature(step) not in waits]",
        "ours = [step for step in seen.changes if step]",
        f"{_PREVIEW}_what_the_base_would_change_too_is_not_this_changes_doing",
    ),
    Mutant(
        "E2",
        "ferry/preview/reach.py",
        "given=new is not refused,",
        "given=new,",
        f"{_REACH}_refusal_that_goes_is_a_right_that_is_given",
    ),
    Mutant(
        "A4",
        "ferry/rehearsal/checks/rights.py",
        "and right not in reasons.get(role, {})",
        "and right in reasons.get(role, {})",
        "tests/ferry/rehearsal/test_rights.py::test_right_that_nobody_used_needs_its_reason",
    ),
    Mutant(
        "A7",
        "ferry/rehearsal/checks/secrecy.py",
        "for gap in range(3)]",
        "for gap in range(1)]",
        "tests/ferry/rehearsal/test_rights.py::test_secret_is_seen_as_it_is_and_in_every_base64",
    ),
)
