"""Karpenter with everything it needs, in an order that also destroys well.

The engine deletes in reverse order of dependence, and that is what a destroy needs: pods that live on
Karpenter's nodes depend on the pools, so they go first; pools depend on the node class and the chart, so
Karpenter still runs, with its role, its queue and a way out, when it drains and ends its machines; the chart
depends on the system nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from infra import iam
from infra.charts.lock import locked
from infra.charts.release import ReleaseArgs, release
from infra.iam import Statement
from infra.karpenter import manifests
from infra.karpenter.interruptions import Interruptions
from infra.karpenter.policy import Place, statements
from infra.roles import Identity, PlainRole, ServiceRole, ServiceRoleArgs, plain_role
from infra.scope import Component, Scope
from infra.specs.karpenter import KarpenterSpec
from infra.system_nodes import NODE_POLICIES

NAMESPACE = "kube-system"
"""Where the API server lets critical pods of Karpenter's priority run without a quota of their own."""


@dataclass(frozen=True)
class KarpenterArgs:
    """Karpenter for one cluster.

    Attributes:
        cluster_name: the cluster, once it is there.
        identity: whose tokens IAM believes.
        ready: nodes and add-ons that Karpenter's own pods need.
        replicas: of the controller.
    """

    scope: Scope
    spec: KarpenterSpec
    cluster_name: pulumi.Output[str]
    identity: Identity
    ready: Sequence[pulumi.Resource]
    replicas: int = 2


class Karpenter(Component):
    """Controller, role, queue, charts, node class and pools.

    Attributes:
        queue: name of the interruption queue.
        node_role: name of its nodes' role.
        pools: what pods on its nodes depend on.
    """

    def __init__(self, name: str, args: KarpenterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Karpenter", name, opts)
        self._args = args
        self._nodes = self._node_role()
        self._profile = self._instance_profile()
        self._entry = self._access_entry()
        self._interruptions = Interruptions(self.part("interruptions"), args.scope, self.child())
        self._controller = self._controller_role()
        self._definitions = self._chart("karpenter-crd", {}, [*args.ready])
        self._release = self._controller_chart()
        self._node_class = self._make_node_class()
        self.pools: list[pulumi.Resource] = [self._pool(index) for index in range(len(args.spec.pools))]
        self.queue = self._interruptions.name
        self.node_role = self._nodes.role.name
        self.register_outputs({"queue": self.queue, "node_role": self.node_role})

    def _node_role(self) -> PlainRole:
        trust = iam.trust_service("ec2.amazonaws.com")
        return plain_role(self, "karpenter-nodes", self._args.scope, trust, managed=NODE_POLICIES)

    def _instance_profile(self) -> aws.iam.InstanceProfile:
        """Made here, so that Karpenter needs no right to make any, and a destroy leaves none behind."""
        return aws.iam.InstanceProfile(
            self.part("profile"),
            name=f"{self._args.scope.name}-karpenter-nodes",
            role=self._nodes.role.name,
            opts=self.child(),
        )

    def _access_entry(self) -> aws.eks.AccessEntry:
        """Lets nodes of this role join; EKS makes such an entry only for its own node groups."""
        return aws.eks.AccessEntry(
            self.part("nodes-access"),
            cluster_name=self._args.cluster_name,
            principal_arn=self._nodes.role.arn,
            type="EC2_LINUX",
            opts=self.child(),
        )

    def _controller_role(self) -> ServiceRole:
        scope = self._args.scope
        known = pulumi.Output.all(self._nodes.role.arn, self._profile.arn, self._interruptions.arn)

        def policy(arns: list[str]) -> list[Statement]:
            return statements(Place(scope.name, scope.region, scope.account, *arns))

        args = ServiceRoleArgs(
            scope, self._args.identity, NAMESPACE, "karpenter", statements=known.apply(policy)
        )
        return ServiceRole(self.part("controller"), args, self.child())

    def _chart(self, chart: str, values: Any, after: list[pulumi.Resource]) -> kubernetes.helm.v3.Release:
        args = ReleaseArgs(
            locked(chart, self._args.spec.version),
            NAMESPACE,
            values,
            skip_crds=True,  # the chart of the definitions owns them, so that they are upgraded too
        )
        return release(self, args, after)

    def _controller_chart(self) -> kubernetes.helm.v3.Release:
        args = self._args
        values = manifests.values(
            args.cluster_name, self._interruptions.name, self._controller.arn, args.replicas
        )
        after: list[pulumi.Resource] = [*args.ready, self._definitions, self._controller]
        return self._chart("karpenter", values, [*after, self._interruptions, self._entry])

    def _make_node_class(self) -> kubernetes.apiextensions.CustomResource:
        scope = self._args.scope
        spec = manifests.node_class(scope.name, self._args.spec.ami_alias, self._profile.name, scope.tags)
        return kubernetes.apiextensions.CustomResource(
            self.part("node-class"),
            api_version="karpenter.k8s.aws/v1",
            kind="EC2NodeClass",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name=manifests.NODE_CLASS),
            spec=spec,
            opts=self.child(
                depends_on=[self._release, self._definitions, self._entry, *self._nodes.complete]
            ),
        )

    def _pool(self, index: int) -> kubernetes.apiextensions.CustomResource:
        pool = self._args.spec.pools[index]
        return kubernetes.apiextensions.CustomResource(
            self.part(f"pool-{pool.name}"),
            api_version="karpenter.sh/v1",
            kind="NodePool",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name=pool.name),
            spec=manifests.node_pool(pool),
            opts=self.child(depends_on=[self._node_class, self._release, self._definitions, self._entry]),
        )
