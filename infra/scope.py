"""What every component is told about its surroundings: names, tags and protection derive from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import pulumi

BACKUP_TAG = "ferry-backup"
"""By this tag AWS Backup finds what it takes. The value is the environment's name, so that environments of
one account do not take each other's data.
"""


@dataclass(frozen=True)
class Scope:
    """One environment in one region, as its components see it. None of them asks which environment it is.

    Attributes:
        name: prefix of every name, and the cluster's own name: ``ferry-dev``.
        account: twelve digits.
        region: where the components stand.
        boundary: ARN of the permissions boundary that every role carries; None for no boundary.
        tags: tags of what AWS or Karpenter makes on our behalf (instances, volumes), where a provider's
            default tags do not reach.
        protect: data, keys and the cluster are not deleted, by the engine or by AWS.
        teardown: the reviewed wish to delete them with what is in them; lifts ``protect``.
    """

    name: str
    account: str
    region: str
    boundary: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    protect: bool = False
    teardown: bool = False

    @property
    def protected(self) -> bool:
        """Whether what holds data refuses to be deleted."""
        return self.protect and not self.teardown

    @property
    def backed_up(self) -> dict[str, str]:
        """Tags of whatever holds data that nothing could make again."""
        return {BACKUP_TAG: self.name}

    def in_region(self, region: str) -> Scope:
        """The same environment in another region."""
        return replace(self, region=region)

    def arn(self, service: str, resource: str) -> str:
        """ARN of something in this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


class Component(pulumi.ComponentResource):
    """A component of Ferry: its children have it as their parent, never the caller's, and wait when it waits.

    The engine knows a component as a name only: what it depends on says nothing about its children, who would
    begin at once. So each child is given it.
    """

    ROOM: ClassVar[str] = "infra"
    """The room that a component is of, in its type: ``ferry:infra:Cluster``."""

    def __init__(self, kind: str, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"ferry:{self.ROOM}:{kind}", name, None, opts)
        self._prefix = name
        self._after = _listed(opts.depends_on if opts else None)

    def child(
        self,
        *,
        depends_on: list[pulumi.Resource] | None = None,
        protect: bool | None = None,
        ignore_changes: list[str] | None = None,
        provider: pulumi.ProviderResource | None = None,
        transforms: list[pulumi.ResourceTransform] | None = None,
    ) -> pulumi.ResourceOptions:
        """Options of a child of this component."""
        return pulumi.ResourceOptions(
            parent=self,
            depends_on=[*self._after, *(depends_on or [])],
            protect=protect,
            ignore_changes=ignore_changes,
            provider=provider,
            transforms=transforms,
        )

    def part(self, what: str) -> str:
        """Name of a child in the engine's state: this component's name and what the child is."""
        return f"{self._prefix}-{what}"


def _listed(found: object) -> list[pulumi.Resource]:
    """The dependencies of a component as a list; ours are always resources, never outputs."""
    if found is None:
        return []
    return [found] if isinstance(found, pulumi.Resource) else list(found)  # type: ignore[call-overload] # see above
