"""A namespace for each team, with everything that keeps it to itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from infra.guard_rails import fences, limits, rights
from infra.guard_rails.fences import Places
from infra.guard_rails.rights import Part
from infra.namespaces import Namespaces, Space
from infra.scope import Component
from infra.specs.guard_rails import TeamSpec

PARTS: tuple[Part, ...] = ("developers", "viewers")


@dataclass(frozen=True)
class GuardRailsArgs:
    """Teams of one cluster.

    Attributes:
        cluster_name: whose API they use.
        teams: as the settings name them.
        places: where the permitted flows lead.
        labels: of every team's namespace; by these the stores know their callers.
    """

    cluster_name: pulumi.Input[str]
    teams: Sequence[TeamSpec]
    places: Places
    labels: Mapping[str, str] = field(default_factory=dict)


class GuardRails(Component):
    """Namespaces, rights, limits and fences.

    Attributes:
        namespaces: of the teams, by name, to wait for.
    """

    def __init__(self, name: str, args: GuardRailsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("GuardRails", name, opts)
        self._args = args
        spaces = {team.name: Space("restricted", args.labels) for team in args.teams}
        self.namespaces = Namespaces(self.part("namespaces"), spaces, self.child()).made
        for principal, groups in rights.memberships(args.teams).items():
            self._enter(principal, groups)
        for team in args.teams:
            self._limits(team)
            self._fences(team)
            for part in PARTS:
                self._rights(team, part)
        self.register_outputs({"teams": [team.name for team in args.teams]})

    def _enter(self, principal: str, groups: list[str]) -> None:
        """Lets a principal in as a member of its groups; it has no other right."""
        who = principal.rpartition(":")[2].replace("/", "-")
        aws.eks.AccessEntry(
            self.part(who),
            cluster_name=self._args.cluster_name,
            principal_arn=principal,
            kubernetes_groups=groups,
            type="STANDARD",
            opts=self.child(),
        )

    def _metadata(self, team: TeamSpec, name: str) -> kubernetes.meta.v1.ObjectMetaArgs:
        return kubernetes.meta.v1.ObjectMetaArgs(name=name, namespace=team.name)

    def _inside(self, team: TeamSpec) -> pulumi.ResourceOptions:
        return self.child(depends_on=[self.namespaces[team.name]])

    def _limits(self, team: TeamSpec) -> None:
        kubernetes.core.v1.ResourceQuota(
            self.part(f"{team.name}-quota"),
            metadata=self._metadata(team, "team"),
            spec=limits.quota(team.quota),
            opts=self._inside(team),
        )
        kubernetes.core.v1.LimitRange(
            self.part(f"{team.name}-limits"),
            metadata=self._metadata(team, "team"),
            spec=limits.limit_range(team.quota),
            opts=self._inside(team),
        )

    def _fences(self, team: TeamSpec) -> None:
        for name, spec in fences.policies(self._args.places).items():
            kubernetes.networking.v1.NetworkPolicy(
                self.part(f"{team.name}-{name}"),
                metadata=self._metadata(team, name),
                spec=spec,
                opts=self._inside(team),
            )

    def _rights(self, team: TeamSpec, part: Part) -> None:
        role = kubernetes.rbac.v1.Role(
            self.part(f"{team.name}-{part}"),
            metadata=self._metadata(team, part),
            rules=rights.rules(part),
            opts=self._inside(team),
        )
        kubernetes.rbac.v1.RoleBinding(
            self.part(f"{team.name}-{part}-binding"),
            metadata=self._metadata(team, part),
            role_ref={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": part},
            subjects=rights.subjects(team.name, part),
            opts=self.child(depends_on=[role]),
        )
