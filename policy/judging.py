"""A whole environment judged at once, without an engine: for tests, and for reports. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policy.catalogue import RULES, stack_rules
from policy.model import Resource, Severity, Site, Violation, judge_resource, judge_stack


def judge(resources: Sequence[Resource], site: Site) -> list[Violation]:
    """Everything that every rule says, the worst first."""
    worst_first = list(Severity)
    return sorted(_all(resources, site), key=lambda found: (worst_first.index(found.severity), found))


def _all(resources: Sequence[Resource], site: Site) -> Iterable[Violation]:
    for rule in RULES:
        if rule.applies(site):
            for resource in resources:
                yield from judge_resource(rule, resource)
    for stack_rule in stack_rules(site):
        if stack_rule.applies(site):
            yield from judge_stack(stack_rule, resources)
