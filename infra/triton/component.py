"""One served model in the cluster: role, fetch script, deployments, service, and what guards them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from infra.iam import Statement
from infra.roles import Identity, ServiceRole, ServiceRoleArgs
from infra.scope import Component, Scope
from infra.specs.triton import TritonSpec
from infra.triton import pod, scaling


@dataclass(frozen=True)
class RouteTo:
    """A way to the model through the Gateway.

    Attributes:
        parent: the Gateway, as a route names it.
        hostname: one that its listener serves.
        ready: what the route waits for.
    """

    parent: Mapping[str, str]
    hostname: str
    ready: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True)
class TritonArgs:
    """A served model.

    Attributes:
        namespace: where it lives; its pods may only be ``restricted``.
        bucket: the store of models.
        key: ARN of that store's key.
        callers: labels of namespaces whose pods may call it: the Gateway's, and who collects metrics.
        route: None for a model whose routes somebody else writes.
        ready: nodes and the namespace.
    """

    scope: Scope
    spec: TritonSpec
    identity: Identity
    namespace: str
    bucket: pulumi.Input[str]
    key: pulumi.Input[str]
    callers: Sequence[Mapping[str, str]]
    route: RouteTo | None = None
    ready: Sequence[pulumi.Resource] = ()


class Triton(Component):
    """Everything of one served model; the name is the model's in the cluster.

    Attributes:
        service: name of the Service, which answers the Open Inference Protocol at port 80.
    """

    def __init__(self, name: str, args: TritonArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Triton", name, opts)
        self._name = name
        self._args = args
        self._role = self._make_role()
        self._script = self._config_map()
        self._guards()
        self._deployments = [self._deployment(*share) for share in scaling.shares(args.spec)]
        self._service = self._make_service()
        self._route = self._make_route(args.route) if args.route else None
        self.service = self._service.metadata.apply(lambda _: name)
        self.register_outputs({"service": self.service})

    def _metadata(self, name: str | None = None) -> kubernetes.meta.v1.ObjectMetaArgs:
        return kubernetes.meta.v1.ObjectMetaArgs(
            name=name or self._name, namespace=self._args.namespace, labels=pod.labels(self._name)
        )

    def _waiting(self, *more: pulumi.Resource) -> pulumi.ResourceOptions:
        return self.child(depends_on=[*self._args.ready, *more])

    def _make_role(self) -> ServiceRole:
        args = self._args
        known = pulumi.Output.all(args.bucket, args.key)
        role = ServiceRoleArgs(
            scope=args.scope,
            identity=args.identity,
            namespace=args.namespace,
            account=self._name,
            statements=known.apply(
                lambda found: read_model(found[0], args.spec.model.prefix, found[1], args.scope.region)
            ),
            create_account=True,
        )
        return ServiceRole(self.part("role"), role, self._waiting())

    def _config_map(self) -> kubernetes.core.v1.ConfigMap:
        return kubernetes.core.v1.ConfigMap(
            self.part("fetch"), metadata=self._metadata(), data={"fetch.py": pod.SCRIPT}, opts=self._waiting()
        )

    def _deployment(self, capacity: str, least: int, most: int) -> kubernetes.apps.v1.Deployment:
        args, scales = self._args, least != most
        name = self._name if capacity == args.spec.capacity else f"{self._name}-floor"
        template = pod.template(self._name, args.spec, args.bucket, args.scope.region, capacity)
        selector = {**pod.labels(self._name), "ferry.dev/capacity": capacity}
        deployment = kubernetes.apps.v1.Deployment(
            self.part(capacity),
            metadata=self._metadata(name),
            spec={
                "replicas": least,
                "revisionHistoryLimit": 3,
                "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
                "selector": {"matchLabels": selector},
                "template": template,
            },
            opts=self.child(
                depends_on=[*args.ready, self._role, self._script],
                ignore_changes=["spec.replicas"] if scales else [],  # the autoscaler's, once it is there
            ),
        )
        if scales:
            self._autoscaler(name, capacity, least, most, deployment)
        return deployment

    def _autoscaler(
        self, target: str, capacity: str, least: int, most: int, deployment: pulumi.Resource
    ) -> None:
        kubernetes.autoscaling.v2.HorizontalPodAutoscaler(
            self.part(f"{capacity}-autoscaler"),
            metadata=self._metadata(target),
            spec=scaling.autoscaler(target, least, most, self._args.spec),
            opts=self._waiting(deployment),
        )

    def _guards(self) -> None:
        kubernetes.policy.v1.PodDisruptionBudget(
            self.part("budget"),
            metadata=self._metadata(),
            spec=scaling.budget(self._name),
            opts=self._waiting(),
        )
        kubernetes.networking.v1.NetworkPolicy(
            self.part("network-policy"),
            metadata=self._metadata(),
            spec=network_policy(self._name, self._args.callers),
            opts=self._waiting(),
        )

    def _make_service(self) -> kubernetes.core.v1.Service:
        ports = [
            {"name": name, "port": port, "targetPort": name, "protocol": "TCP", "appProtocol": protocol}
            for name, port, protocol in (
                ("http", 80, "http"),
                ("grpc", pod.GRPC, "kubernetes.io/h2c"),
                ("metrics", pod.METRICS, "http"),
            )
        ]
        return kubernetes.core.v1.Service(
            self.part("service"),
            metadata=self._metadata(),
            spec={"selector": pod.labels(self._name), "ports": ports},
            opts=self._waiting(*self._deployments),
        )

    def _make_route(self, to: RouteTo) -> kubernetes.apiextensions.CustomResource:
        return kubernetes.apiextensions.CustomResource(
            self.part("route"),
            api_version="gateway.networking.k8s.io/v1",
            kind="HTTPRoute",
            metadata=self._metadata(),
            spec=route(self._name, self._args.spec.model.name, to),
            opts=self.child(depends_on=[*self._args.ready, *to.ready, self._service]),
        )


def route(service: str, model: str, to: RouteTo) -> dict[str, Any]:
    """Spec of the HTTPRoute: the model's own paths of the protocol, and no way to load another."""
    path = {"type": "PathPrefix", "value": f"/v2/models/{model}"}
    return {
        "parentRefs": [dict(to.parent)],
        "hostnames": [to.hostname],
        "rules": [{"matches": [{"path": path}], "backendRefs": [{"name": service, "port": 80, "weight": 1}]}],
    }


def read_model(bucket: str, prefix: str, key: str, region: str) -> list[Statement]:
    """Read this one model, and decrypt it by way of S3."""
    return [
        Statement(sid="ReadModel", actions=["s3:GetObject"], resources=[f"arn:aws:s3:::{bucket}/{prefix}*"]),
        Statement(
            sid="DecryptModel",
            actions=["kms:Decrypt"],
            resources=[key],
            conditions={"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}},
        ),
    ]


def network_policy(name: str, callers: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """In: the callers' namespaces, at Triton's ports. Out: names, and HTTPS to fetch the model."""
    ports = [{"protocol": "TCP", "port": port} for port in (pod.HTTP, pod.GRPC, pod.METRICS)]
    out = [("UDP", 53), ("TCP", 53), ("TCP", 443)]
    return {
        "podSelector": {"matchLabels": pod.labels(name)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "from": [{"namespaceSelector": {"matchLabels": dict(found)}} for found in callers],
                "ports": ports,
            }
        ],
        "egress": [{"ports": [{"protocol": protocol, "port": port} for protocol, port in out]}],
    }
