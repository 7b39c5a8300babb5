"""The AWS Load Balancer Controller: it makes the network load balancer that a Service asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from infra.charts.lock import locked
from infra.charts.release import ReleaseArgs, release
from infra.gateway.policy import Balancing, statements
from infra.iam import Statement
from infra.roles import ROLE_ANNOTATION, Identity, ServiceRole, ServiceRoleArgs
from infra.scope import Component, Scope
from infra.system_nodes import TAINT

CHART = "aws-load-balancer-controller"
NAMESPACE = "kube-system"


@dataclass(frozen=True)
class BalancerControllerArgs:
    """The controller of one cluster.

    Attributes:
        replicas: two, so that one may go.
        node_security_group_id: what it opens for the load balancers.
        ready: what its pods need.
    """

    scope: Scope
    replicas: int
    identity: Identity
    cluster_name: pulumi.Output[str]
    vpc_id: pulumi.Output[str]
    node_security_group_id: pulumi.Output[str]
    ready: Sequence[pulumi.Resource]


def values(
    cluster: Any, vpc: Any, role_arn: Any, *, region: str, replicas: int, tags: Mapping[str, str]
) -> dict[str, Any]:
    """Values of its chart; no secrets; cluster, network and role may be known later.

    Region and network are given because a pod cannot ask the machine's metadata: it is one hop too far. It
    answers Services that name its class, and nothing else: no Ingress, no WAF, no Shield.
    """
    return {
        "clusterName": cluster,
        "vpcId": vpc,
        "region": region,
        "replicaCount": replicas,
        "serviceAccount": {"create": True, "name": CHART, "annotations": {ROLE_ANNOTATION: role_arn}},
        "enableServiceMutatorWebhook": False,
        "createIngressClassResource": False,
        "enableShield": False,
        "enableWaf": False,
        "enableWafv2": False,
        "controllerConfig": {"featureGates": {"ALBGatewayAPI": False, "NLBGatewayAPI": False}},
        "defaultTags": dict(tags),
        "tolerations": [{"key": TAINT, "operator": "Exists"}],
        "podDisruptionBudget": {"maxUnavailable": 1},
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
    }


class BalancerController(Component):
    """Role and chart.

    Attributes:
        release: what Services of its class wait for.
    """

    def __init__(
        self, name: str, args: BalancerControllerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("BalancerController", name, opts)
        self._role = self._make_role(args)
        self.release = self._chart(args)
        self.register_outputs({"role": self._role.arn})

    def _make_role(self, args: BalancerControllerArgs) -> ServiceRole:
        scope = args.scope

        def policy(group: str) -> list[Statement]:
            return statements(Balancing(scope.name, scope.region, scope.account, group))

        role = ServiceRoleArgs(
            scope, args.identity, NAMESPACE, CHART, statements=args.node_security_group_id.apply(policy)
        )
        return ServiceRole(self.part("role"), role, self.child())

    def _chart(self, args: BalancerControllerArgs) -> kubernetes.helm.v3.Release:
        scope = args.scope
        own = values(
            args.cluster_name,
            args.vpc_id,
            self._role.arn,
            region=scope.region,
            replicas=args.replicas,
            tags=scope.tags,
        )
        return release(self, ReleaseArgs(locked(CHART), NAMESPACE, own), [*args.ready, self._role])
