"""Redis in the cluster, for development: one pod, whose data end with it, with the same password handling."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from infra.redis import pod
from infra.redis.token import keep_token, new_token, read_token
from infra.roles import Identity, ServiceRole, ServiceRoleArgs
from infra.scope import Component, Scope
from infra.specs.redis import RedisSpec


@dataclass(frozen=True)
class InClusterArgs:
    """A pod of one namespace; see :class:`infra.redis.RedisArgs`."""

    scope: Scope
    spec: RedisSpec
    key: pulumi.Output[str]
    identity: Identity
    namespace: str


class InClusterRedis(Component):
    """StatefulSet, Service and what guards them; outputs as :class:`infra.redis.Redis`.

    Raises:
        ValueError: the spec names no images.
    """

    def __init__(self, name: str, args: InClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        images = pod.images(args.spec)
        super().__init__("InClusterRedis", name, opts)
        self._args = args
        self._images = images
        spec = args.spec
        self.secret_arn = keep_token(self, args.scope, new_token(self), spec.token_version, key=args.key)
        self._role = self._make_role()
        self._config = self._config_map()
        self._service = self._make_service()
        self._network_policy()
        self._budget()
        self._set = self._stateful_set()
        self.endpoint = self._set.metadata.apply(lambda _: f"{pod.NAME}.{args.namespace}.svc")
        self.port: pulumi.Output[int] = pulumi.Output.from_input(pod.PORT)
        self.tls = False
        self.register_outputs({"endpoint": self.endpoint, "secret_arn": self.secret_arn})

    def _metadata(self) -> kubernetes.meta.v1.ObjectMetaArgs:
        return kubernetes.meta.v1.ObjectMetaArgs(
            name=pod.NAME, namespace=self._args.namespace, labels=pod.LABELS
        )

    def _make_role(self) -> ServiceRole:
        region = self._args.scope.region
        allowed = pulumi.Output.all(self.secret_arn, self._args.key).apply(
            lambda arns: read_token(arns[0], arns[1], region)
        )
        args = ServiceRoleArgs(
            scope=self._args.scope,
            identity=self._args.identity,
            namespace=self._args.namespace,
            account=pod.NAME,
            statements=allowed,
            create_account=True,
        )
        return ServiceRole(self.part("role"), args, self.child())

    def _config_map(self) -> kubernetes.core.v1.ConfigMap:
        return kubernetes.core.v1.ConfigMap(
            self.part("config"), metadata=self._metadata(), data={"redis.conf": pod.CONFIG}, opts=self.child()
        )

    def _make_service(self) -> kubernetes.core.v1.Service:
        port = kubernetes.core.v1.ServicePortArgs(name="redis", port=pod.PORT, target_port="redis")
        return kubernetes.core.v1.Service(
            self.part("service"),
            metadata=self._metadata(),
            spec=kubernetes.core.v1.ServiceSpecArgs(selector=pod.LABELS, ports=[port]),
            opts=self.child(),
        )

    def _network_policy(self) -> None:
        kubernetes.networking.v1.NetworkPolicy(
            self.part("network-policy"),
            metadata=self._metadata(),
            spec=pod.network_policy(),
            opts=self.child(),
        )

    def _budget(self) -> None:
        """One pod may go when its node does: it says so, instead of leaving it to chance."""
        selector = kubernetes.meta.v1.LabelSelectorArgs(match_labels=pod.LABELS)
        kubernetes.policy.v1.PodDisruptionBudget(
            self.part("budget"),
            metadata=self._metadata(),
            spec=kubernetes.policy.v1.PodDisruptionBudgetSpecArgs(max_unavailable=1, selector=selector),
            opts=self.child(),
        )

    def _stateful_set(self) -> kubernetes.apps.v1.StatefulSet:
        region, version = self._args.scope.region, self._args.spec.token_version
        spec = pod.stateful_set(self._images, self.secret_arn, region, version)
        return kubernetes.apps.v1.StatefulSet(
            self.part("set"),
            metadata=self._metadata(),
            spec=spec,
            opts=self.child(depends_on=[self._config, self._service, self._role]),
        )
