"""The chatbot: namespace, role, pods, and its way in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from infra.chatbot import manifests
from infra.chatbot.manifests import NAME, NAMESPACE
from infra.gateway.manifests import API, ROUTES
from infra.namespaces import Namespaces, Space
from infra.roles import Identity, ServiceRole, ServiceRoleArgs
from infra.scope import Component, Scope
from infra.specs.chatbot import ChatbotSpec


@dataclass(frozen=True)
class ChatbotArgs:
    """One chatbot.

    Attributes:
        identity: whose tokens IAM believes.
        bucket: name of the store of models.
        key: ARN of its key.
        host: the gateway's host name.
        parent: what a route names in ``parentRefs``.
        model: name under which the gateway knows the OCR pipeline.
        ready: the gateway, and what pods run on.
    """

    scope: Scope
    spec: ChatbotSpec
    identity: Identity
    bucket: pulumi.Output[str]
    key: pulumi.Output[str]
    host: str
    parent: Mapping[str, str]
    model: str
    ready: Sequence[pulumi.Resource]


class Chatbot(Component):
    """Everything of it stands in one namespace.

    Attributes:
        url: where people find it.
        role_arn: of its account.
    """

    def __init__(self, name: str, args: ChatbotArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Chatbot", name, opts)
        self._args = args
        self._space = self._namespace()
        self._fences()
        self._role = self._make_role()
        self._deployment = self._pods()
        self._way()
        self.url = f"https://{args.host}{manifests.PATH}/"
        self.role_arn = self._role.arn
        self.register_outputs({"url": self.url, "role_arn": self.role_arn})

    def _namespace(self) -> kubernetes.core.v1.Namespace:
        spaces = {NAMESPACE: Space("restricted", ROUTES)}
        opts = self.child(depends_on=[*self._args.ready])
        return Namespaces(self.part("namespaces"), spaces, opts).made[NAMESPACE]

    def _fences(self) -> None:
        for name, spec in manifests.fences().items():
            kubernetes.networking.v1.NetworkPolicy(
                self.part(f"fence-{name}"), metadata=self._metadata(name), spec=spec, opts=self._within()
            )

    def _make_role(self) -> ServiceRole:
        args, region = self._args, self._args.scope.region
        known = pulumi.Output.all(args.bucket, args.key)
        own = ServiceRoleArgs(
            args.scope,
            args.identity,
            NAMESPACE,
            NAME,
            statements=known.apply(lambda found: manifests.read_model(found[0], found[1], region)),
            create_account=True,
        )
        return ServiceRole(self.part("role"), own, self._within())

    def _pods(self) -> kubernetes.apps.v1.Deployment:
        args = self._args
        ocr = f"https://{args.host}/v2/models/{args.model}/infer"
        store = pulumi.Output.concat("s3://", args.bucket, "/", manifests.PREFIX)
        made = kubernetes.apps.v1.Deployment(
            self.part("pods"),
            metadata=self._metadata(),
            spec=manifests.deployment(args.spec, ocr, store, args.scope.region),
            opts=self._within(self._role),
        )
        kubernetes.policy.v1.PodDisruptionBudget(
            self.part("budget"), metadata=self._metadata(), spec=manifests.budget(), opts=self._within()
        )
        kubernetes.autoscaling.v2.HorizontalPodAutoscaler(
            self.part("autoscaler"),
            metadata=self._metadata(),
            spec=manifests.autoscaler(args.spec),
            opts=self._within(made),
        )
        return made

    def _way(self) -> None:
        service = kubernetes.core.v1.Service(
            self.part("service"), metadata=self._metadata(), spec=manifests.service(), opts=self._within()
        )
        spec: dict[str, Any] = manifests.route(self._args.host, self._args.parent)
        kubernetes.apiextensions.CustomResource(
            self.part("route"),
            api_version=f"{API}/v1",
            kind="HTTPRoute",
            metadata=self._metadata(),
            spec=spec,
            opts=self._within(service, self._deployment),
        )

    def _metadata(self, name: str = NAME) -> kubernetes.meta.v1.ObjectMetaArgs:
        return kubernetes.meta.v1.ObjectMetaArgs(name=name, namespace=NAMESPACE, labels=manifests.LABELS)

    def _within(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return self.child(depends_on=[self._space, *after])
