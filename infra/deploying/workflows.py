"""Argo Workflows, and the account as which its steps run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from infra.charts.lock import locked
from infra.charts.release import ReleaseArgs, release
from infra.charts.values import argo_workflows
from infra.namespaces import Namespaces, Space
from infra.roles import Identity, ServiceRole, ServiceRoleArgs
from infra.scope import Component, Scope
from infra.stores.policy import use_bucket

STEPS = argo_workflows.Steps("workflows", "workflow-runner")


@dataclass(frozen=True)
class ArgoWorkflowsArgs:
    """Argo Workflows for one cluster.

    Attributes:
        identity: whose tokens IAM believes.
        bucket: store of artifacts and logs of steps.
        key: ARN of its key.
        definitions: what its controller waits for.
        nodes: what pods run on.
        replicas: of controller and server.
    """

    scope: Scope
    identity: Identity
    bucket: pulumi.Output[str]
    key: pulumi.Output[str]
    definitions: Sequence[pulumi.Resource]
    nodes: Sequence[pulumi.Resource]
    replicas: int


class ArgoWorkflows(Component):
    """Release, account of steps and its role.

    Attributes:
        release: what workflow templates wait for.
        role_arn: of the steps' account.
    """

    def __init__(
        self, name: str, args: ArgoWorkflowsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ArgoWorkflows", name, opts)
        self._args = args
        self._spaces = self._namespaces()
        self._runner = self._make_runner()
        self.release = self._make_release()
        self.role_arn = self._runner.arn
        self.register_outputs({"role_arn": self.role_arn})

    def _namespaces(self) -> dict[str, kubernetes.core.v1.Namespace]:
        spaces = {argo_workflows.NAMESPACE: Space("restricted"), STEPS.namespace: Space("restricted")}
        return Namespaces(self.part("namespaces"), spaces, self.child()).made

    def _make_runner(self) -> ServiceRole:
        region = self._args.scope.region
        known = pulumi.Output.all(self._args.bucket, self._args.key)
        args = ServiceRoleArgs(
            self._args.scope,
            self._args.identity,
            STEPS.namespace,
            STEPS.account,
            statements=known.apply(lambda found: use_bucket(found[0], found[1], region)),
            create_account=True,
        )
        opts = self.child(depends_on=[self._spaces[STEPS.namespace]])
        return ServiceRole(self.part("runner"), args, opts)

    def _make_release(self) -> kubernetes.helm.v3.Release:
        args, region = self._args, self._args.scope.region
        values = argo_workflows.values(args.bucket, region, args.replicas, STEPS)
        chart = ReleaseArgs(locked(argo_workflows.NAME), argo_workflows.NAMESPACE, values)
        return release(self, chart, [*args.nodes, *args.definitions, *self._spaces.values(), self._runner])
