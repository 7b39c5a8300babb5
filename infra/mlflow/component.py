"""MLflow in the cluster: what it needs on AWS, its database and its servers, in the order of a first start.

The database is prepared by a Job of its own, which alone can read the master's password; the next Job
migrates it; the servers come after. Both Jobs are named after the image, so that another one runs them
again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from infra.mlflow import pods, policy, wiring
from infra.namespaces import Space, labels
from infra.roles import Identity, ServiceRole, ServiceRoleArgs
from infra.scope import Component, Scope
from infra.specs.mlflow import MlflowSpec

VERSION_LENGTH = 12
"""Hex digits of the image's digest in a Job's name."""


@dataclass(frozen=True)
class MlflowArgs:
    """A tracking server.

    Attributes:
        replicas: pods, unless the spec says otherwise.
        identity: of the cluster.
        key: ARN of the key of its secrets and its bucket.
        repository: URL of the repository with the image.
        bucket: name of the artifact store.
        host: Postgres' host name.
        master: ARN of the secret of Postgres' master.
        nodes: what its pods need to run: the cluster, node pools.
        origin: where browsers come from when they do not come to its own name.
    """

    scope: Scope
    spec: MlflowSpec
    replicas: int
    identity: Identity
    key: pulumi.Output[str]
    repository: pulumi.Output[str]
    bucket: pulumi.Output[str]
    host: pulumi.Output[str]
    master: pulumi.Output[str]
    nodes: Sequence[pulumi.Resource]
    origin: str | None = None


class Mlflow(Component):
    """Namespace, roles, secrets, Jobs, servers and their Service.

    Attributes:
        url: where clients in the cluster find it.
        secret_arn: where the password of its first user is.
        database_secret_arn: where its own database user is.
        namespace: what others' objects in it wait for.
    """

    def __init__(self, name: str, args: MlflowArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Mlflow", name, opts)
        self._args = args
        self._namespace = self.namespace = self._make_namespace()
        self._fences()
        self._database = self._secret("database", "MLflow's own user of Postgres")
        self._server = self._secret("server", "MLflow's first user")
        self._preparer = self._role(pods.PREPARER, policy.preparing)
        self._role_of_server = self._role(pods.NAME, policy.serving)
        self._plan = self._make_plan()
        self._prepared = self._job("database", pods.preparation(self._plan), [self._preparer])
        self._rotation()
        first = [self._prepared, self._role_of_server]
        self._migrated = self._job("migrate", pods.migration(self._plan), first)
        self._deployment()
        self._service()
        self.url = f"http://{pods.NAME}.{pods.NAMESPACE}.svc"
        self.secret_arn = self._server.arn
        self.database_secret_arn = self._database.arn
        self.register_outputs({"url": self.url, "secret_arn": self.secret_arn})

    def _metadata(self, name: str = pods.NAME, part: str = "server") -> kubernetes.meta.v1.ObjectMetaArgs:
        return kubernetes.meta.v1.ObjectMetaArgs(
            name=name, namespace=pods.NAMESPACE, labels=pods.labels(part)
        )

    def _within(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of what lives in the namespace."""
        return self.child(depends_on=[self._namespace, *after])

    def _make_namespace(self) -> kubernetes.core.v1.Namespace:
        metadata = kubernetes.meta.v1.ObjectMetaArgs(name=pods.NAMESPACE, labels=labels(Space("restricted")))
        return kubernetes.core.v1.Namespace(
            self.part("namespace"), metadata=metadata, opts=self.child(depends_on=[*self._args.nodes])
        )

    def _fences(self) -> None:
        for name, spec in wiring.fences().items():
            kubernetes.networking.v1.NetworkPolicy(
                self.part(name), metadata=self._metadata(name), spec=spec, opts=self._within()
            )

    def _secret(self, what: str, description: str) -> aws.secretsmanager.Secret:
        """A secret without a value: the Job writes it, so that no password passes through the engine."""
        scope = self._args.scope
        return aws.secretsmanager.Secret(
            self.part(f"{what}-secret"),
            name=f"{scope.name}-mlflow-{what}",
            description=description,
            kms_key_id=self._args.key,
            recovery_window_in_days=0 if scope.teardown else 30,
            opts=self.child(protect=scope.protected),
        )

    def _role(self, account: str, rights: policy.Rights) -> ServiceRole:
        args = self._args
        known = pulumi.Output.all(
            bucket=args.bucket,
            master=args.master,
            database=self._database.arn,
            server=self._server.arn,
            key=args.key,
        )
        region = args.scope.region
        own = ServiceRoleArgs(
            scope=args.scope,
            identity=args.identity,
            namespace=pods.NAMESPACE,
            account=account,
            statements=known.apply(lambda found: rights(policy.Reach(**found, region=region))),
            create_account=True,
        )
        return ServiceRole(self.part(f"{account}-role"), own, self._within())

    def _make_plan(self) -> pods.Plan:
        args = self._args
        digest = args.spec.digest
        return pods.Plan(
            image=pulumi.Output.concat(args.repository, "@", digest),
            version=digest.partition(":")[2][:VERSION_LENGTH],
            region=args.scope.region,
            host=args.host,
            secrets={"master": args.master, "database": self._database.arn, "server": self._server.arn},
            artifacts=pulumi.Output.concat("s3://", args.bucket),
            cpu=args.spec.cpu,
            memory=args.spec.memory,
            replicas=args.spec.replicas or args.replicas,
            origin=args.origin,
        )

    def _job(
        self, what: str, spec: dict[str, object], after: Sequence[pulumi.Resource]
    ) -> kubernetes.batch.v1.Job:
        """A Job for this image; the engine waits until it is complete."""
        return kubernetes.batch.v1.Job(
            self.part(what),
            metadata=self._metadata(f"mlflow-{what}-{self._plan.version}", what),
            spec=spec,
            opts=self._within(*after),
        )

    def _rotation(self) -> None:
        kubernetes.batch.v1.CronJob(
            self.part("rotation"),
            metadata=self._metadata("mlflow-rotation", "database"),
            spec=pods.rotation(self._plan, self._args.spec.rotate),
            opts=self._within(self._prepared),
        )

    def _deployment(self) -> None:
        kubernetes.apps.v1.Deployment(
            self.part("server"),
            metadata=self._metadata(),
            spec=pods.deployment(self._plan),
            opts=self._within(self._migrated),
        )
        kubernetes.policy.v1.PodDisruptionBudget(
            self.part("budget"), metadata=self._metadata(), spec=wiring.budget(), opts=self._within()
        )

    def _service(self) -> None:
        kubernetes.core.v1.Service(
            self.part("service"), metadata=self._metadata(), spec=wiring.service(), opts=self._within()
        )
