"""Secrets of the clients, ways to the pages, and who logs people in before MLflow's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from infra.cluster_services.manifests import READER, external_secret, secret_name
from infra.gateway.manifests import ROUTES
from infra.namespaces import Namespaces, Space
from infra.scope import Component, Scope
from infra.single_sign_on import manifests
from infra.single_sign_on.manifests import NAMESPACE, Page
from infra.single_sign_on.told import secret
from infra.specs.single_sign_on import SingleSignOnSpec

LABELS = {"app.kubernetes.io/part-of": "ferry"}


@dataclass(frozen=True)
class SingleSignOnArgs:
    """One log-in for one environment.

    Attributes:
        key: ARN of the key that encrypts secrets which the cluster may have.
        host: the gateway's host name.
        parent: what a route names in ``parentRefs``.
        capabilities: what is on: a service that is off has no page.
        ready: the gateway, who brings secrets, and the services with their namespaces.
    """

    scope: Scope
    spec: SingleSignOnSpec
    key: pulumi.Output[str]
    host: str
    parent: Mapping[str, str]
    capabilities: frozenset[str]
    ready: Sequence[pulumi.Resource]


class SingleSignOn(Component):
    """Namespace of the routes; for each page a secret, a route, and leave to be reached.

    Attributes:
        secret_arns: service to where its client's secret is put by hand.
        addresses: service to where people find it.
    """

    def __init__(self, name: str, args: SingleSignOnArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("SingleSignOn", name, opts)
        self._args = args
        self._pages = manifests.there(args.spec, args.capabilities)
        self._space = self._namespace()
        self._secrets = {page.name: self._client(page) for page in self._pages}
        self._routes = {page.name: self._way(page) for page in self._pages}
        self.secret_arns = {name: made.arn for name, made in self._secrets.items()}
        self.addresses = {page.name: f"https://{args.host}{page.path}/" for page in self._pages}
        self.register_outputs({"secret_arns": self.secret_arns, "addresses": self.addresses})

    def _namespace(self) -> kubernetes.core.v1.Namespace:
        spaces = {NAMESPACE: Space("restricted", {**ROUTES, **READER})}
        return Namespaces(self.part("namespaces"), spaces, self.child()).made[NAMESPACE]

    def _client(self, page: Page) -> aws.secretsmanager.Secret:
        """A secret without a value, which a person puts there, and its copy where the service reads it."""
        scope, name = self._args.scope, secret(page.name)
        made = aws.secretsmanager.Secret(
            self.part(f"{page.name}-secret"),
            name=secret_name(scope.name, name),
            description=f"Secret of {page.name}'s client at the issuer, as plain text",
            kms_key_id=self._args.key,
            recovery_window_in_days=0 if scope.teardown else 30,
            opts=self.child(protect=scope.protected),
        )
        spec = external_secret(scope.name, name, {manifests.key(page): ""})
        if page.name == "argo-cd":  # it reads Secrets with this label only
            spec["target"] |= {"template": {"metadata": {"labels": {"app.kubernetes.io/part-of": "argocd"}}}}
        self._object("ExternalSecret", name, spec, page.secret_in, made)
        return made

    def _way(self, page: Page) -> kubernetes.apiextensions.CustomResource:
        """Route, leave to lead to the Service, and the hole in the fence."""
        args = self._args
        granted = self._object("ReferenceGrant", page.name, manifests.grant(page), page.namespace)
        spec = manifests.fence(page)
        if spec is not None:
            kubernetes.networking.v1.NetworkPolicy(
                self.part(f"{page.name}-fence"),
                metadata=self._metadata("pages", page.namespace),
                spec=spec,
                opts=self._within(),
            )
        route = manifests.route(page, args.host, args.parent)
        return self._object("HTTPRoute", page.name, route, NAMESPACE, granted, *self._guards(page))

    def _guards(self, page: Page) -> list[pulumi.Resource]:
        """MLflow knows no issuer: the gateway asks who people are before the way is open, and MLflow what
        they may.
        """
        if page.name != "mlflow":
            return []
        spec = manifests.log_in(self._args.spec, page, self._args.host)
        return [self._object("SecurityPolicy", page.name, spec, NAMESPACE)]

    def _object(
        self, kind: str, name: str, spec: Mapping[str, Any], namespace: str, *after: pulumi.Resource
    ) -> kubernetes.apiextensions.CustomResource:
        return kubernetes.apiextensions.CustomResource(
            self.part(f"{kind}-{name}".lower()),
            api_version=manifests.API[kind],
            kind=kind,
            metadata=self._metadata(name, namespace),
            spec=dict(spec),
            opts=self._within(*after),
        )

    def _metadata(self, name: str, namespace: str) -> kubernetes.meta.v1.ObjectMetaArgs:
        return kubernetes.meta.v1.ObjectMetaArgs(name=name, namespace=namespace, labels=LABELS)

    def _within(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return self.child(depends_on=[*self._args.ready, self._space, *after])
