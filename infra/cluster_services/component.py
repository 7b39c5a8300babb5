"""cert-manager, external-secrets and metrics-server, with the objects that make the first two useful.

Objects whose definitions a chart brings wait for its release, so that a first ``up`` knows them and a destroy
removes them while their controller still runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from infra.charts.lock import locked
from infra.charts.release import ReleaseArgs, release
from infra.charts.values import cert_manager, external_secrets, metrics_server
from infra.cluster_services import manifests
from infra.namespaces import Namespaces, Space
from infra.roles import Identity, ServiceRole, ServiceRoleArgs
from infra.scope import Component, Scope

METRICS_NAMESPACE = "kube-system"
"""Where the API server looks for what it aggregates by default, and where pods of its priority belong."""


@dataclass(frozen=True)
class ClusterServicesArgs:
    """Three services for one cluster.

    Attributes:
        identity: whose tokens IAM believes.
        secrets_key: ARN of the key that encrypts secrets which the cluster may have.
        nodes: what their pods run on.
        replicas: of what may run twice.
    """

    scope: Scope
    identity: Identity
    secrets_key: pulumi.Output[str]
    nodes: Sequence[pulumi.Resource]
    replicas: int


class ClusterServices(Component):
    """Certificates, secrets, metrics.

    Attributes:
        issuer: name of the ClusterIssuer of the cluster's own authority.
        store: name of the ClusterSecretStore.
        certificates: what users of certificates wait for.
        secrets: what users of ExternalSecrets wait for.
        role_arn: the role of the secrets' controller.
    """

    def __init__(
        self, name: str, args: ClusterServicesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ClusterServices", name, opts)
        self._args = args
        self._spaces = self._namespaces()
        self._metrics = self._metrics_server()
        self._certificates = self._cert_manager()
        self.certificates = self._issuers()
        self._role = self._secrets_role()
        self._secrets = self._external_secrets()
        self.secrets = self._secret_store()
        self.issuer = self.certificates.id.apply(lambda _: manifests.ISSUER)
        self.store = self.secrets.id.apply(lambda _: manifests.STORE)
        self.role_arn = self._role.arn
        self.register_outputs({"issuer": self.issuer, "store": self.store})

    def _namespaces(self) -> dict[str, kubernetes.core.v1.Namespace]:
        spaces = {cert_manager.NAME: Space("restricted"), external_secrets.NAME: Space("restricted")}
        return Namespaces(self.part("namespaces"), spaces, self.child()).made

    def _metrics_server(self) -> kubernetes.helm.v3.Release:
        values = metrics_server.values(self._args.replicas)
        args = ReleaseArgs(locked(metrics_server.NAME), METRICS_NAMESPACE, values)
        return release(self, args, self._args.nodes)

    def _cert_manager(self) -> kubernetes.helm.v3.Release:
        values = cert_manager.values(self._args.replicas)
        args = ReleaseArgs(locked(cert_manager.NAME), cert_manager.NAME, values)
        return release(self, args, [*self._args.nodes, self._spaces[cert_manager.NAME]])

    def _issuers(self) -> kubernetes.apiextensions.CustomResource:
        """An authority of the cluster's own: who signs it, its certificate, and the issuer that uses it."""
        made: list[pulumi.Resource] = [self._certificates]
        root = self._object("ClusterIssuer", manifests.ROOT, manifests.root_issuer(), made)
        authority = self._object("Certificate", manifests.ISSUER, manifests.authority(), [root, *made])
        return self._object(
            "ClusterIssuer", manifests.ISSUER, manifests.internal_issuer(), [authority, *made]
        )

    def _secrets_role(self) -> ServiceRole:
        scope = self._args.scope
        secrets = scope.arn("secretsmanager", "secret:")
        allowed = self._args.secrets_key.apply(
            lambda key: manifests.read_secrets(scope.name, secrets, key, scope.region)
        )
        args = ServiceRoleArgs(
            scope, self._args.identity, external_secrets.NAME, external_secrets.NAME, statements=allowed
        )
        return ServiceRole(self.part("secrets-role"), args, self.child())

    def _external_secrets(self) -> kubernetes.helm.v3.Release:
        values = external_secrets.values(self._role.arn, self._args.replicas)
        args = ReleaseArgs(locked(external_secrets.NAME), external_secrets.NAME, values)
        return release(self, args, [*self._args.nodes, self._spaces[external_secrets.NAME], self._role])

    def _secret_store(self) -> kubernetes.apiextensions.CustomResource:
        spec = manifests.secret_store(self._args.scope.region)
        return self._object("ClusterSecretStore", manifests.STORE, spec, [self._secrets])

    def _object(
        self, kind: str, name: str, spec: dict[str, Any], after: list[pulumi.Resource]
    ) -> kubernetes.apiextensions.CustomResource:
        namespace = cert_manager.NAME if kind == "Certificate" else None  # the others are the cluster's
        return kubernetes.apiextensions.CustomResource(
            self.part(f"{kind}-{name}".lower()),
            api_version=manifests.API[kind],
            kind=kind,
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name=name, namespace=namespace),
            spec=spec,
            opts=self.child(depends_on=after),
        )
