"""Katib in the cluster: its definitions and pods from the locked content, its database at RDS, our fences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from infra.contents import objects
from infra.contents.lock import locked
from infra.contents.sources import Source
from infra.database_user import DatabaseUser, DatabaseUserArgs, Program
from infra.katib import names, patches, wiring
from infra.mlflow.pods import CERTIFICATES, PROGRAM
from infra.roles import Identity
from infra.scope import Component, Scope
from infra.specs.katib import IMAGES, KatibSpec

VERBS = [*PROGRAM, "prepare"], [*PROGRAM, "rotate"]
"""Of MLflow's image: bring a user, and give it a new password."""


@dataclass(frozen=True)
class KatibArgs:
    """Katib for one cluster.

    Attributes:
        source: who has its manifests.
        identity: of the cluster.
        key: ARN of the key of its secret.
        preparer: the image that makes its database user: MLflow's own, which speaks to Postgres.
        preparer_digest: its digest.
        host: Postgres' host name.
        master: ARN of the secret of Postgres' master.
        issuer: ClusterIssuer of the cluster's own authority.
        after: the namespace, nodes, and what Certificates and ExternalSecrets wait for.
    """

    scope: Scope
    spec: KatibSpec
    source: Source
    identity: Identity
    key: pulumi.Output[str]
    preparer: pulumi.Output[str]
    preparer_digest: str
    host: pulumi.Output[str]
    master: pulumi.Output[str]
    issuer: pulumi.Output[str]
    after: Sequence[pulumi.Resource]


class Katib(Component):
    """Database user, certificate, settings, fences, and Katib's own objects.

    Attributes:
        ready: what Experiments wait for.
        secret_arn: where Katib's own database user is.
    """

    def __init__(self, name: str, args: KatibArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Katib", name, opts)
        self._args = args
        self._plan = self._make_plan()
        self._user = self._database_user()
        self._certificate = self._make_certificate()
        self._config = objects.register(self, [patches.config(self._plan)], args.after)
        self._fences()
        self.ready = self._own_objects()
        self.secret_arn = self._user.secret_arn
        self.register_outputs({"secret_arn": self.secret_arn})

    def _make_plan(self) -> patches.Plan:
        args = self._args
        return patches.Plan({name: args.spec.image(name) for name in IMAGES}, args.host, args.preparer)

    def _database_user(self) -> DatabaseUser:
        args = self._args
        variables = {
            "DATABASE_OWNER": "katib",
            "DATABASES": "katib",
            "PGHOST": args.host,
            "PGPORT": str(names.POSTGRES_PORT),
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": CERTIFICATES,
        }
        own = DatabaseUserArgs(
            scope=args.scope,
            namespace=names.NAMESPACE,
            name=names.PREPARER,
            program=Program(args.preparer, args.preparer_digest, *VERBS, variables),
            key=args.key,
            master=args.master,
            identity=args.identity,
            after=args.after,
        )
        return DatabaseUser(self.part("database"), own, self.child())

    def _make_certificate(self) -> kubernetes.apiextensions.CustomResource:
        return kubernetes.apiextensions.CustomResource(
            self.part("certificate"),
            api_version="cert-manager.io/v1",
            kind="Certificate",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name=names.CERTIFICATE, namespace=names.NAMESPACE),
            spec=patches.certificate(self._args.issuer),
            opts=self.child(depends_on=[*self._args.after]),
        )

    def _fences(self) -> None:
        for name, spec in wiring.fences().items():
            kubernetes.networking.v1.NetworkPolicy(
                self.part(name),
                metadata=kubernetes.meta.v1.ObjectMetaArgs(name=name, namespace=names.NAMESPACE),
                spec=spec,
                opts=self.child(depends_on=[*self._args.after]),
            )

    def _own_objects(self) -> list[pulumi.Resource]:
        """What Katib publishes, patched; none where its content is not to be had."""
        files = self._args.source.bring(locked(names.CONTENT))
        wanted = patches.patched(objects.documents(files or {}), self._plan)
        after = [*self._args.after, *self._user.ready, self._certificate, *self._config]
        return objects.register(self, wanted, after)
