"""The pack as the engine runs it: each rule a mandatory CrossGuard policy, exceptions applied.

A preview does not know everything yet. A rule that reads such a value is left to the `up`, which judges each
resource before it is made.
"""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from policy.catalogue import RULES, ids, stack_rules
from policy.exceptions import Excuse, read, weigh
from policy.model import Resource, Rule, Site, StackRule, Violation, judge_resource, judge_stack

NAME = "ferry"
EXCEPTIONS = Path(__file__).with_name("exceptions.yaml")
_KEEPS_DATA = frozenset({"staging", "prod"})


def site_of(environment: str, config: Mapping[str, str]) -> Site:
    """What rules may know of the stack that is being applied."""
    return Site(
        environment=environment,
        keeps_data=environment in _KEEPS_DATA,
        teardown=config.get("ferry:teardown") == "true",
        region=config.get("ferry:region", ""),
        budget_usd=json.loads(config.get("ferry:cost") or "{}").get("budget_usd"),
    )


def slug(rule: Rule | StackRule) -> str:
    """The rule's id as the engine takes names of policies."""
    return rule.id.lower().replace(".", "-")


def known(facts: Callable[[], Iterable[Violation]]) -> list[Violation]:
    """What a rule says, or nothing while what it reads is not known."""
    try:
        return list(facts())
    except UnknownValueError:
        return []


def pack(site: Site, excuses: Sequence[Excuse], today: datetime.date) -> PolicyPack:
    """All rules for an environment."""

    def report(found: Iterable[Violation], say: ReportViolation) -> None:
        for violation in weigh(list(found), excuses, site, today).violations:
            say(str(violation), violation.urn or None)

    policies = [_resource_policy(rule, report) for rule in RULES if rule.applies(site)]
    stack_policies = [_stack_policy(rule, report) for rule in stack_rules(site) if rule.applies(site)]
    return PolicyPack(
        name=NAME, enforcement_level=EnforcementLevel.MANDATORY, policies=[*policies, *stack_policies]
    )


Report = Callable[[Iterable[Violation], ReportViolation], None]


def _resource_policy(rule: Rule, report: Report) -> ResourceValidationPolicy:
    def validate(args: ResourceValidationArgs, say: ReportViolation) -> None:
        if args.resource_type in rule.types:
            resource = Resource(args.resource_type, args.name, args.props, args.urn, bool(args.opts.protect))
            report(known(lambda: judge_resource(rule, resource)), say)

    return ResourceValidationPolicy(name=slug(rule), description=_description(rule), validate=validate)


def _stack_policy(rule: StackRule, report: Report) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, say: ReportViolation) -> None:
        resources = [_resource(item) for item in args.resources]
        report(known(lambda: judge_stack(rule, resources)), say)

    return StackValidationPolicy(name=slug(rule), description=_description(rule), validate=validate)


def _resource(item: PolicyResource) -> Resource:
    props: Mapping[str, Any] = item.props
    return Resource(item.resource_type, item.name, props, item.urn, bool(item.opts.protect))


def _description(rule: Rule | StackRule) -> str:
    return f"{rule.id} of {rule.catalogue}"


def from_environment() -> PolicyPack:
    """The pack for the stack that the engine is working on; it says which in its environment."""
    config: dict[str, str] = yaml.safe_load(os.environ.get("PULUMI_CONFIG") or "{}") or {}
    excuses = read(yaml.safe_load(EXCEPTIONS.read_text()), ids())
    site = site_of(os.environ.get("PULUMI_STACK", ""), config)
    return pack(site, excuses, datetime.datetime.now(datetime.UTC).date())
