"""Kubeflow's services (B2, B3), wired to one environment."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.charts.values.prometheus_stack import NAMESPACE as MONITORING
from infra.cluster_services import ClusterServices
from infra.contents.sources import Source
from infra.katib import Katib, KatibArgs
from infra.pipelines import Pipelines, PipelinesArgs
from infra.rds import DatabaseArgs
from infra.specs.network import subnet_plan
from infra.specs.postgres import DatabaseSpec
from infra.specs.storage import Purpose
from stacks.charted import Charted
from stacks.foundation import PIPELINES, Foundation
from stacks.settings import Settings
from stacks.settings.rules.kubeflow import OWN_REPOSITORY
from stacks.settings.rules.tracking import MLFLOW_REPOSITORY


@dataclass(frozen=True)
class Kubeflow:
    """Each is None where its capability is off, and then leaves nothing behind.

    Attributes:
        pipelines: pipelines and their runs.
        katib: hyper-parameter search.
    """

    pipelines: Pipelines | None
    katib: Katib | None


def build(settings: Settings, foundation: Foundation, charted: Charted, source: Source) -> Kubeflow:
    """Registers what the rollout switches on."""
    builder, on = _Builder(settings, foundation, charted, source), settings.enabled
    return Kubeflow(
        pipelines=builder.pipelines() if "pipelines" in on else None,
        katib=builder.katib() if "hyperparameter_search" in on else None,
    )


class _Builder:
    """One environment's part of Kubeflow."""

    def __init__(self, settings: Settings, base: Foundation, charted: Charted, source: Source) -> None:
        self._settings = settings
        self._spec = settings.services
        self._base = base
        self._charted = charted
        self._shared = charted.cluster_services
        self._source = source

    def pipelines(self) -> Pipelines | None:
        """None only if something that it needs is missing, which a rule refuses before this."""
        base, spec, images, mlflow = self._base, self._spec.pipelines, self._spec.crossing, self._spec.mlflow
        shared, definitions = self._shared, self._charted.workflow_definitions
        if spec is None or shared is None or images is None or mlflow is None or definitions is None:
            return None
        args = PipelinesArgs(
            scope=base.scope,
            spec=spec,
            source=self._source,
            replicas=2 if "high_availability" in self._settings.enabled else 1,
            identity=base.cluster.identity,
            database=self._database(spec.database),
            key=base.keys.data,
            bucket=base.stores.buckets[Purpose.PIPELINES],
            preparer=pulumi.Output.concat(base.registry.urls[OWN_REPOSITORY], "@", images.digest),
            preparer_digest=images.digest,
            certificates=pulumi.Output.concat(base.registry.urls[MLFLOW_REPOSITORY], "@", mlflow.digest),
            definitions=definitions.made,
            stores=self._stores(),
            monitoring=MONITORING if "basic_metrics" in self._settings.enabled else None,
            after=self._after(shared),
        )
        return Pipelines("pipelines", args, base.inside())

    def _stores(self) -> list[str]:
        network, redis = self._settings.network, self._settings.redis
        return [] if redis.mode == "in_cluster" else subnet_plan(network.cidr, len(network.zones)).intra

    def _database(self, spec: DatabaseSpec) -> DatabaseArgs:
        """A database where the others are: subnets without a way out, open to the nodes only."""
        base = self._base
        return DatabaseArgs(
            scope=base.scope,
            spec=spec,
            vpc_id=base.network.vpc_id,
            subnet_ids=base.network.intra_subnet_ids,
            clients=base.cluster.node_security_group_id,
            key=base.keys.data,
            logs_key=base.keys.logs,
            log_retention_days=self._settings.cluster.log_retention_days,
        )

    def katib(self) -> Katib | None:
        """None only if something that it needs is missing, which a rule refuses before this."""
        base, spec, shared, mlflow = self._base, self._spec.katib, self._shared, self._spec.mlflow
        if spec is None or shared is None or mlflow is None:
            return None
        args = KatibArgs(
            scope=base.scope,
            spec=spec,
            source=self._source,
            identity=base.cluster.identity,
            key=base.keys.data,
            preparer=pulumi.Output.concat(base.registry.urls[MLFLOW_REPOSITORY], "@", mlflow.digest),
            preparer_digest=mlflow.digest,
            host=base.postgres.endpoint,
            master=base.postgres.secret_arn,
            issuer=shared.issuer,
            after=self._after(shared),
        )
        return Katib("katib", args, base.inside())

    def _after(self, shared: ClusterServices) -> list[pulumi.Resource]:
        """The namespace, nodes, and the definitions of certificates and secrets."""
        base = self._base
        nodes = [*base.cluster.ready, *base.karpenter.pools]
        return [base.namespaces.made[PIPELINES], *nodes, shared.certificates, shared.secrets]
