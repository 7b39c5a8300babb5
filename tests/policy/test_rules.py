"""Every rule catches its mistake in the real rendered environment, and nothing else (E3).

What is judged is what the program registers for the committed stack files. That the engine enforces it is
proved in test_pack.
"""

from __future__ import annotations

import dataclasses
import re

import pytest

from policy.catalogue import RULES, ids, stack_rules
from policy.judging import judge
from policy.model import Resource, Rule, StackRule
from tests.policy.mutations import MUTATIONS
from tests.policy.rendered import ENVIRONMENTS, rendered, reviewed, site

STACK_RULES = stack_rules(site("prod"))
ALL: dict[str, Rule | StackRule] = {
    **{rule.id: rule for rule in RULES},
    **{rule.id: rule for rule in STACK_RULES},
}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_false_alarm_in_a_committed_environment(environment: str) -> None:
    """E3: 0 false alarms, and nothing is excused that nobody would say."""
    weighed = reviewed(judge(rendered(environment), site(environment)), environment)
    assert [str(found) for found in weighed.violations] == []
    assert weighed.unused == []


@pytest.mark.parametrize("rule", sorted(ALL))
def test_rule_catches_its_mistake(rule: str) -> None:
    """E3: 100% caught; the twin without the mistake is the environment itself, judged above."""
    mutation = MUTATIONS[rule]
    found = judge(mutation.make(rendered(mutation.environment)), site(mutation.environment))
    assert rule in {violation.rule for violation in found}


def test_every_rule_has_its_mistake_and_no_mistake_is_without_a_rule() -> None:
    assert set(MUTATIONS) == set(ALL)
    assert sorted(ALL) == sorted(ids())


@pytest.mark.parametrize("rule", sorted(name for name, rule in ALL.items() if rule.kept_only))
def test_reviewed_teardown_lifts_what_protects_data_and_dev_never_had_it(rule: str) -> None:
    """E3, A7: the way to take production down for good stays open."""
    mutation = MUTATIONS[rule]
    spoiled = mutation.make(rendered(mutation.environment))
    torn_down = dataclasses.replace(site(mutation.environment), teardown=True)
    assert rule not in {violation.rule for violation in judge(spoiled, torn_down)}
    assert rule not in {violation.rule for violation in judge(spoiled, site("dev"))}


@pytest.mark.parametrize("rule", sorted(ALL))
def test_rule_says_why_and_the_way_out_in_one_line(rule: str) -> None:
    found = ALL[rule]
    for said in (found.reason, found.way_out):
        assert re.fullmatch(r"\S.{10,140}", said)
        assert not said.endswith(".")


def test_violation_names_fact_consequence_and_way_out() -> None:
    mutation = MUTATIONS["EC2.18"]
    [violation] = reviewed(judge(mutation.make(rendered("dev")), site("dev")), "dev").violations
    assert str(violation) == (
        "[critical] network-endpoints-https: it lets in 0.0.0.0/0. "
        "Everybody on the internet may try the port. "
        "Name the ranges or the security group that may connect; the way in is the gateway's load balancer."
    )


def test_component_of_a_plugin_is_judged_by_what_it_made() -> None:
    """E3: the engine shows a remote component without its inputs; its children have them."""
    shown = Resource("eks:index:Cluster", "cluster-eks", {})
    assert judge([shown], site("prod")) == []
    child = Resource("aws:eks/cluster:Cluster", "cluster-eks-eksCluster", {"version": "1.35"}, protect=True)
    assert {"EKS.1", "EKS.3", "EKS.8", "EKS.ACCESS.1"} <= {
        found.rule for found in judge([child], site("prod"))
    }
