"""The shape of what was made: resources in components, components in groups, and who depends on whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ferry.report.model import Resource

STACK = "pulumi:pulumi:Stack"
PROVIDERS = "pulumi:providers:"
LOOSE = "Stack"
"""Name of the group of resources that stand in no component."""

MANY = 0.4
"""A group that holds more than this share of all resources is opened into its parts."""

CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "network": ("aws:ec2", "aws:route53", "aws:vpc", "aws:lb", "aws:networkfirewall"),
    "identity and keys": ("aws:iam", "aws:kms", "aws:acm"),
    "cluster": ("aws:eks", "eks:", "aws:autoscaling"),
    "stores": ("aws:s3", "aws:ecr", "aws:datasync", "aws:backup", "aws:efs"),
    "databases and secrets": ("aws:rds", "aws:elasticache", "aws:secretsmanager", "aws:ssm", "random:"),
    "events and logs": (
        "aws:sqs",
        "aws:sns",
        "aws:cloudwatch",
        "aws:cloudtrail",
        "aws:cfg",
        "aws:securityhub",
    ),
    "kubernetes": ("kubernetes:",),
}
"""Category to the type prefixes that belong to it; everything else is `other`. The order is the legend's."""


def category(type_: str) -> str:
    """What kind of thing a resource is, for its colour."""
    for name, prefixes in CATEGORIES.items():
        if type_.startswith(prefixes):
            return name
    return "other"


def short_type(type_: str) -> str:
    """A type as a person says it: ``aws:ec2/vpc:Vpc`` is ``ec2 Vpc``, ``kubernetes:apps/v1:Deployment``
    Deployment.
    """
    package, _, rest = type_.partition(":")
    module, _, name = rest.rpartition(":")
    service = module.partition("/")[0]
    return f"{service} {name}" if package == "aws" and service else name or type_


@dataclass
class Branch:
    """A component with the resources and components in it."""

    urn: str
    name: str
    type: str
    leaves: list[Resource] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)

    @property
    def resources(self) -> list[Resource]:
        """Every resource in it, at any depth."""
        return self.leaves + [item for branch in self.branches for item in branch.resources]

    @property
    def urns(self) -> set[str]:
        """URNs of everything in it, components and itself included."""
        return {self.urn, *(leaf.urn for leaf in self.leaves)}.union(
            *(branch.urns for branch in self.branches)
        )

    def mix(self) -> list[tuple[str, int]]:
        """How many resources of each category, most first."""
        return Counter(category(item.type) for item in self.resources).most_common()


def tree(resources: Sequence[Resource]) -> Branch:
    """The stack as a tree; a resource that others call their parent is a branch."""
    parents = {item.parent for item in resources}
    root = Branch("", LOOSE, STACK)
    branches = {
        item.urn: Branch(item.urn, item.name, short_type(item.type))
        for item in resources
        if item.urn in parents and item.type != STACK
    }
    for item in resources:
        if item.type == STACK or item.type.startswith(PROVIDERS):
            continue
        home = branches.get(item.parent, root)
        if item.urn in branches:
            home.branches.append(branches[item.urn])
            if _is_real(item):
                branches[item.urn].leaves.append(item)
        else:
            home.leaves.append(item)
    return root


def _is_real(item: Resource) -> bool:
    """Whether a parent is itself something that exists, and not only a component."""
    return item.type.startswith(("aws:", "kubernetes:"))


def groups(resources: Sequence[Resource]) -> list[Branch]:
    """The components as one would name them: large ones are opened, loose resources stand together; largest
    first.
    """
    root = tree(resources)
    opened = list(root.branches)
    loose = list(root.leaves)
    total = max(len(root.resources), 1)
    while True:
        big = next((item for item in opened if item.branches and len(item.resources) > MANY * total), None)
        if big is None:
            break
        opened.remove(big)
        opened += big.branches
        if big.leaves:
            opened.append(Branch(big.urn, big.name, big.type, big.leaves))
    if loose:
        opened.append(Branch("", LOOSE, "no component", loose))
    return sorted((item for item in opened if item.resources), key=lambda item: -len(item.resources))


def edges(found: Iterable[Branch]) -> dict[tuple[int, int], int]:
    """(group, group it depends on) by place in `found`, to how many dependencies run that way."""
    listed = list(found)
    home = {urn: place for place, group in enumerate(listed) for urn in group.urns if urn}
    counted: Counter[tuple[int, int]] = Counter()
    for place, group in enumerate(listed):
        for item in group.resources:
            for named in item.dependencies:
                target = home.get(named, place)
                if target != place:
                    counted[place, target] += 1
    return dict(counted)
