"""The way in, in an order that also destroys well.

Destroyed in reverse: the Gateway goes while Envoy Gateway still runs, so its Service goes; the namespace
waits until the Service is let go, which the load balancer's controller does once the load balancer is gone;
only then the controller itself goes. So no load balancer is left behind that nobody knows of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from infra.charts.lock import locked
from infra.charts.release import ReleaseArgs, release
from infra.gateway import manifests
from infra.gateway.balancer import BalancerController, BalancerControllerArgs
from infra.namespaces import Namespaces, Space
from infra.roles import Identity
from infra.scope import Component, Scope
from infra.specs.gateway import GatewaySpec

CHART = "gateway-helm"
"""Brings its definitions and Gateway API's with its first installation; docs/operate/gateway.md says what an
upgrade does with them."""
READINESS = {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"}
"""A proxy counts as ready once the load balancer sends to it: a rolling update loses no request."""


@dataclass(frozen=True)
class GatewayArgs:
    """The way into one cluster.

    Attributes:
        node_security_group_id: of the nodes that the proxies run on.
        ready: nodes for the controllers and for the proxies.
    """

    scope: Scope
    spec: GatewaySpec
    identity: Identity
    cluster_name: pulumi.Output[str]
    vpc_id: pulumi.Output[str]
    node_security_group_id: pulumi.Output[str]
    ready: Sequence[pulumi.Resource]


class Gateway(Component):
    """Controllers, Gateway, and its defaults.

    Attributes:
        hostname: what callers ask for.
        parent: what a route names in ``parentRefs``.
        ready: what a route waits for.
    """

    def __init__(self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Gateway", name, opts)
        self._args = args
        self._balancer = self._balancer_controller()
        self._namespace = self._make_namespace()
        self._release = self._chart()
        self._proxy = self._object("EnvoyProxy", manifests.envoy_proxy(args.spec, args.scope.tags))
        self._class = self._object("GatewayClass", manifests.gateway_class(), self._proxy, namespaced=False)
        self._gateway = self._object("Gateway", manifests.gateway(args.spec), self._class)
        self._policy = self._object("BackendTrafficPolicy", manifests.traffic_policy(), self._gateway)
        self.hostname = args.spec.hostname
        self.parent = {
            "name": manifests.NAME,
            "namespace": manifests.NAMESPACE,
            "sectionName": manifests.LISTENER,
        }
        self.ready: list[pulumi.Resource] = [self._gateway, self._policy]
        self.register_outputs({"hostname": self.hostname})

    def _balancer_controller(self) -> BalancerController:
        args = self._args
        own = BalancerControllerArgs(
            scope=args.scope,
            replicas=min(args.spec.replicas, 2),
            identity=args.identity,
            cluster_name=args.cluster_name,
            vpc_id=args.vpc_id,
            node_security_group_id=args.node_security_group_id,
            ready=args.ready,
        )
        return BalancerController(self.part("balancer"), own, self.child())

    def _make_namespace(self) -> Namespaces:
        spaces = {manifests.NAMESPACE: Space("restricted", READINESS)}
        return Namespaces(self.part("namespace"), spaces, self.child(depends_on=[self._balancer.release]))

    def _chart(self) -> kubernetes.helm.v3.Release:
        own = ReleaseArgs(
            locked(CHART),
            manifests.NAMESPACE,
            manifests.values(self._args.spec.replicas),
            name="envoy-gateway",
        )
        after = [*self._args.ready, self._namespace.made[manifests.NAMESPACE], self._balancer]
        return release(self, own, after)

    def _object(
        self, kind: str, spec: dict[str, Any], *after: pulumi.Resource, namespaced: bool = True
    ) -> kubernetes.apiextensions.CustomResource:
        """One object of Gateway API or of Envoy Gateway's extensions; all bear the same name."""
        own = kind in {"EnvoyProxy", "BackendTrafficPolicy"}
        namespace = manifests.NAMESPACE if namespaced else None
        return kubernetes.apiextensions.CustomResource(
            self.part(kind.lower()),
            api_version=f"{manifests.EXTENSION}/v1alpha1" if own else f"{manifests.API}/v1",
            kind=kind,
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name=manifests.NAME, namespace=namespace),
            spec=spec,
            opts=self.child(depends_on=[self._release, *after]),
        )
