"""Log groups, the collector's role and its release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from infra.charts.lock import locked
from infra.charts.release import ReleaseArgs, release
from infra.charts.values import fluent_bit
from infra.logs.policy import write_logs
from infra.namespaces import Namespaces, Space
from infra.roles import Identity, ServiceRole, ServiceRoleArgs
from infra.scope import Component, Scope
from infra.specs.logs import LogsSpec

NAMESPACE = "logging"
SOURCES = ("pods", "nodes")
"""What containers write, and what kubelets write: two groups, because other people read them."""


@dataclass(frozen=True)
class LogsArgs:
    """Central logs of one cluster.

    Attributes:
        identity: whose tokens IAM believes.
        key: ARN of the key of log groups.
        nodes: what pods run on.
    """

    scope: Scope
    spec: LogsSpec
    identity: Identity
    key: pulumi.Output[str]
    nodes: Sequence[pulumi.Resource]


class Logs(Component):
    """Groups, role, collector.

    Attributes:
        groups: source (``pods``, ``nodes``) to name of its log group.
        role_arn: the collector's role.
    """

    def __init__(self, name: str, args: LogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Logs", name, opts)
        self._args = args
        self._groups = {source: self._group(source) for source in SOURCES}
        self._role = self._make_role()
        self._space = Namespaces(self.part("namespaces"), {NAMESPACE: Space("privileged")}, self.child())
        self._collector = self._release()
        self.groups = {source: group.name for source, group in self._groups.items()}
        self.role_arn = self._role.arn
        self.register_outputs({"groups": self.groups, "role_arn": self.role_arn})

    def _group_name(self, source: str) -> str:
        return f"/ferry/{self._args.scope.name}/{source}"

    def _group(self, source: str) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            self.part(source),
            name=self._group_name(source),
            retention_in_days=self._args.spec.retention_days,
            kms_key_id=self._args.key,
            opts=self.child(),
        )

    def _make_role(self) -> ServiceRole:
        arns = pulumi.Output.all(*[group.arn for group in self._groups.values()])
        args = ServiceRoleArgs(
            self._args.scope,
            self._args.identity,
            NAMESPACE,
            fluent_bit.NAME,
            statements=arns.apply(write_logs),
        )
        return ServiceRole(self.part("role"), args, self.child())

    def _release(self) -> kubernetes.helm.v3.Release:
        values = fluent_bit.values(
            self._role.arn,
            self._args.scope.region,
            pods=self._group_name("pods"),
            nodes=self._group_name("nodes"),
        )
        after = [*self._args.nodes, self._space.made[NAMESPACE], self._role, *self._groups.values()]
        return release(self, ReleaseArgs(locked(fluent_bit.NAME), NAMESPACE, values), after)
