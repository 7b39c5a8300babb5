"""What a rule is, and what it says. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Props = Mapping[str, Any]
"""A resource's inputs by their names on the wire (``storageEncrypted``)."""


class Catalogue(StrEnum):
    """Whose rule it is."""

    FSBP = "AWS Foundational Security Best Practices"
    CIS_EKS = "CIS Amazon EKS Benchmark"
    PSS = "Kubernetes Pod Security Standards"
    EKS = "EKS Best Practices Guide"
    KARPENTER = "Karpenter best practices"
    FERRY = "Ferry"


class Severity(StrEnum):
    """How bad it is when the rule is broken. Each stops an `up`; the worst is shown first."""

    CRITICAL = "critical"
    """Data or the account are open to strangers, or a secret is written down."""
    HIGH = "high"
    """One more slip loses data or gives rights away."""
    MEDIUM = "medium"
    """Costs money, or hides what happens."""


@dataclass(frozen=True)
class Resource:
    """One resource as it is about to be applied.

    Attributes:
        type: the engine's token, ``aws:rds/instance:Instance``.
        name: in the program.
        props: its inputs. In a preview, reading one that is not known yet raises; the pack then leaves the
            rule to the `up`, where everything is known.
        urn: the engine's own name.
        protect: the engine refuses to delete it.
    """

    type: str
    name: str
    props: Props
    urn: str = ""
    protect: bool = False


@dataclass(frozen=True)
class Site:
    """What a rule may know of the environment: its name, and whether data outlives an experiment there."""

    environment: str
    keeps_data: bool = True
    teardown: bool = False
    """A reviewed teardown is under way: what protects data is lifted on purpose."""
    region: str = "us-east-1"
    budget_usd: float | None = None
    """What a month may cost at most; None for no limit."""


@dataclass(frozen=True)
class Rule:
    """Something that must hold for every resource of some types.

    Attributes:
        id: in its catalogue, ``RDS.3``; unique in the pack.
        catalogue: whose rule it is.
        severity: how bad it is.
        types: the resources that it judges.
        reason: one line: what happens where it is broken.
        way_out: one line: what to write instead.
        facts: what is wrong with a resource, one phrase each; nothing where all is well.
        kept_only: judged only where data is kept, and not while a reviewed teardown is under way.
    """

    id: str
    catalogue: Catalogue
    severity: Severity
    types: Sequence[str]
    reason: str
    way_out: str
    facts: Callable[[Resource], Iterable[str]]
    kept_only: bool = False

    def applies(self, site: Site) -> bool:
        """Whether the rule is judged in this environment."""
        return not self.kept_only or (site.keeps_data and not site.teardown)


@dataclass(frozen=True)
class StackRule:
    """Something that no single resource can tell; ``facts`` sees them all.

    It yields the resource that is to blame and what is wrong. The rest is as in :class:`Rule`.
    """

    id: str
    catalogue: Catalogue
    severity: Severity
    reason: str
    way_out: str
    facts: Callable[[Sequence[Resource]], Iterable[tuple[Resource, str]]]
    kept_only: bool = False

    def applies(self, site: Site) -> bool:
        """Whether the rule is judged in this environment."""
        return not self.kept_only or (site.keeps_data and not site.teardown)


@dataclass(frozen=True, order=True)
class Violation:
    """A rule broken by a resource, in words for the person whose change it is."""

    rule: str
    resource: str
    fact: str
    severity: Severity = field(compare=False)
    reason: str = field(compare=False)
    way_out: str = field(compare=False)
    urn: str = field(compare=False, default="")

    def __str__(self) -> str:
        return f"[{self.severity}] {self.resource}: {self.fact}. {self.reason}. {self.way_out}."


def judge_resource(rule: Rule, resource: Resource) -> list[Violation]:
    """What one rule says of one resource."""
    if resource.type not in rule.types:
        return []
    return [_violation(rule, resource, fact) for fact in rule.facts(resource)]


def judge_stack(rule: StackRule, resources: Sequence[Resource]) -> list[Violation]:
    """What one rule says of them all together."""
    return [_violation(rule, resource, fact) for resource, fact in rule.facts(resources)]


def _violation(rule: Rule | StackRule, resource: Resource, fact: str) -> Violation:
    return Violation(
        rule=rule.id,
        resource=resource.name,
        fact=fact,
        severity=rule.severity,
        reason=rule.reason,
        way_out=rule.way_out,
        urn=resource.urn,
    )
