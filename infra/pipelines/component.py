"""Kubeflow Pipelines: its database, its roles, Argo's controller for its runs, and its own objects.

The account of steps, ``pipeline-runner``, is the foundation's: workloads name it before pipelines are on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from infra.charts.lock import locked as chart
from infra.charts.release import ReleaseArgs, release
from infra.charts.values import argo_workflows
from infra.contents import objects
from infra.contents.lock import locked
from infra.contents.sources import Source
from infra.database_user import DatabaseUser, DatabaseUserArgs, Program
from infra.katib.patches import authorities
from infra.mysql import PORT, Mysql
from infra.pipelines import names, patches, wiring
from infra.rds import DatabaseArgs
from infra.roles import Identity, ServiceRole, ServiceRoleArgs
from infra.scope import Component, Scope
from infra.specs.pipelines import IMAGES, PipelinesSpec
from infra.stores.policy import use_bucket

VERBS = ["ferry", "database"], ["ferry", "database", "--renew"]
"""Of the project's own image: bring a user, and give it a new password."""


@dataclass(frozen=True)
class PipelinesArgs:
    """Kubeflow Pipelines for one cluster.

    Attributes:
        source: who has its manifests.
        replicas: of the API server and the UI.
        identity: of the cluster.
        database: where its MySQL goes.
        key: ARN of the key of secrets and stores.
        bucket: name of the store of artifacts.
        preparer: the project's own image, which makes the database user.
        preparer_digest: its digest.
        certificates: image that holds RDS's authorities: MLflow's own.
        definitions: Argo's, which its controller waits for.
        stores: ranges in which a managed Redis is; none where it is in the cluster.
        monitoring: namespace of Prometheus; None where there is none.
        after: the namespace, nodes, and what ExternalSecrets wait for.
    """

    scope: Scope
    spec: PipelinesSpec
    source: Source
    replicas: int
    identity: Identity
    database: DatabaseArgs
    key: pulumi.Output[str]
    bucket: pulumi.Output[str]
    preparer: pulumi.Output[str]
    preparer_digest: str
    certificates: pulumi.Output[str]
    definitions: Sequence[pulumi.Resource]
    stores: Sequence[str]
    monitoring: str | None
    after: Sequence[pulumi.Resource]


class Pipelines(Component):
    """MySQL, its user, roles, fences, Argo's controller, and Kubeflow's own objects.

    Attributes:
        url: of the API, for clients in the cluster.
        database_endpoint: host name of MySQL.
        secret_arn: where its user of MySQL is.
        ready: what recurring runs wait for.
    """

    def __init__(self, name: str, args: PipelinesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Pipelines", name, opts)
        self._args = args
        self.database = Mysql(self.part("mysql"), args.database, self.child())
        self._user = self._database_user()
        self._roles = [self._role(account) for account in (names.API, names.UI)]
        self._fences(wiring.fences(args.stores) | self._doors())
        self._controller = self._workflow_controller()
        self.ready = self._own_objects()
        self.url = f"http://{names.API}.{names.NAMESPACE}.svc:{names.API_PORTS[0]}"
        self.database_endpoint = self.database.endpoint
        self.secret_arn = self._user.secret_arn
        self.register_outputs({"url": self.url, "secret_arn": self.secret_arn})

    def _database_user(self) -> DatabaseUser:
        args = self._args
        variables = {
            "DATABASE_OWNER": names.OWNER,
            "DATABASES": " ".join(names.DATABASES),
            "MYSQL_HOST": self.database.endpoint,
            "MYSQL_PORT": str(PORT),
            "MYSQL_CA": f"{names.AUTHORITIES}/rds.pem",
        }
        beside = [authorities(args.certificates)]
        own = DatabaseUserArgs(
            scope=args.scope,
            namespace=names.NAMESPACE,
            name=names.PREPARER,
            program=Program(args.preparer, args.preparer_digest, *VERBS, variables, beside),
            key=args.key,
            master=self.database.secret_arn,
            identity=args.identity,
            after=args.after,
        )
        return DatabaseUser(self.part("database"), own, self.child())

    def _role(self, account: str) -> ServiceRole:
        """The API server and the UI use the store of pipelines, each by an account of its own."""
        args, region = self._args, self._args.scope.region
        known = pulumi.Output.all(args.bucket, args.key)
        own = ServiceRoleArgs(
            scope=args.scope,
            identity=args.identity,
            namespace=names.NAMESPACE,
            account=account,
            statements=known.apply(lambda found: use_bucket(found[0], found[1], region)),
            create_account=True,
        )
        return ServiceRole(self.part(f"role-{account}"), own, self.child(depends_on=[*args.after]))

    def _metadata(self, name: str) -> kubernetes.meta.v1.ObjectMetaArgs:
        return kubernetes.meta.v1.ObjectMetaArgs(
            name=name, namespace=names.NAMESPACE, labels={"app.kubernetes.io/part-of": "ferry"}
        )

    def _doors(self) -> dict[str, dict[str, Any]]:
        """Network policies for who comes from another namespace: Prometheus, where there is one."""
        monitoring = self._args.monitoring
        return {"scraped": wiring.scraped(monitoring)} if monitoring else {}

    def _fences(self, wanted: Mapping[str, dict[str, Any]]) -> None:
        for name, spec in wanted.items():
            kubernetes.networking.v1.NetworkPolicy(
                self.part(name),
                metadata=self._metadata(name),
                spec=spec,
                opts=self.child(depends_on=[*self._args.after]),
            )

    def _workflow_controller(self) -> kubernetes.helm.v3.Release:
        """Argo's controller for runs of this namespace; that of workflows of one's own leaves them alone."""
        args = self._args
        values = argo_workflows.of_pipelines(args.bucket, args.scope.region, names.NAMESPACE)
        made = ReleaseArgs(chart(argo_workflows.NAME), names.NAMESPACE, values, name=names.WORKFLOWS)
        return release(self, made, [*args.after, *args.definitions])

    def _own_objects(self) -> list[pulumi.Resource]:
        """What Kubeflow publishes, patched; none where its content is not to be had."""
        args = self._args
        plan = patches.Plan(
            images={name: args.spec.image(name) for name in IMAGES},
            host=self.database.endpoint,
            bucket=args.bucket,
            root=pulumi.Output.concat("s3://", args.bucket, "/v2/artifacts"),
            region=args.scope.region,
            certificates=args.certificates,
            replicas=args.replicas,
        )
        files = args.source.bring(locked(names.CONTENT))
        if files is None:
            return []
        self._fences(wiring.of_pods())
        self._budgets()
        wanted = patches.patched(objects.documents(files), plan)
        after = [*args.after, *self._user.ready, *self._roles, self._controller]
        return objects.register(self, wanted, after)

    def _budgets(self) -> None:
        if self._args.replicas == 1:  # a budget for one pod would mean nothing, or stop every drain
            return
        for name, spec in wiring.budgets().items():
            kubernetes.policy.v1.PodDisruptionBudget(
                self.part(f"budget-{name}"),
                metadata=self._metadata(name),
                spec=spec,
                opts=self.child(depends_on=[*self._args.after]),
            )
