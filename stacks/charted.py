"""Services that come as charts of others (B5, B7, B8, B9, B11), wired to one environment."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.cluster_services import ClusterServices, ClusterServicesArgs
from infra.contents.sources import Source
from infra.deploying import (
    ArgoCd,
    ArgoCdArgs,
    ArgoWorkflows,
    ArgoWorkflowsArgs,
    WorkflowDefinitions,
    WorkflowDefinitionsArgs,
)
from infra.gpu import Gpu, GpuArgs
from infra.logs import Logs, LogsArgs
from infra.specs.storage import Purpose
from infra.watching.component import Watching, WatchingArgs
from stacks import log_in
from stacks.foundation import Foundation
from stacks.settings import Settings
from workloads.catalogue import CATALOGUE
from workloads.patterns.migration import Names

MODELS_GO = sorted(Names(spec.name).namespace for spec in CATALOGUE.values() if spec.pattern.moves)
"""Namespaces into which models may be deployed: of every workload that may ever stand here, so that a stage
change of one of them is nobody else's change."""


@dataclass(frozen=True)
class Charted:
    """Each is None where its capability is off, and then leaves nothing behind.

    Attributes:
        cluster_services: certificates, secrets, metrics for autoscaling.
        logs: central logs.
        gpu: GPUs offered, measured and checked.
        argo_cd: models as Applications.
        workflow_definitions: Argo Workflows' definitions; wanted by the next, and by pipelines.
        argo_workflows: workflows of one's own.
        watching: metrics, alerts and dashboards.
    """

    cluster_services: ClusterServices | None
    logs: Logs | None
    gpu: Gpu | None
    argo_cd: ArgoCd | None
    workflow_definitions: WorkflowDefinitions | None
    argo_workflows: ArgoWorkflows | None
    watching: Watching | None


def build(settings: Settings, foundation: Foundation, source: Source) -> Charted:
    """Registers the services that the rollout switches on."""
    builder, on = _Builder(settings, foundation), settings.enabled
    cluster_services = builder.cluster_services() if "cluster_services" in on else None
    definitions = builder.workflow_definitions(source) if {"custom_workflows", "pipelines"} & on else None
    return Charted(
        cluster_services=cluster_services,
        logs=builder.logs() if "central_logs" in on else None,
        gpu=builder.gpu() if "gpu_monitoring" in on else None,
        argo_cd=builder.argo_cd() if "deployment_sync" in on else None,
        watching=builder.watching(cluster_services) if "basic_metrics" in on else None,
        workflow_definitions=definitions,
        argo_workflows=builder.argo_workflows(definitions)
        if definitions and "custom_workflows" in on
        else None,
    )


class _Builder:
    """One environment's charted services."""

    def __init__(self, settings: Settings, foundation: Foundation) -> None:
        self._spec, self._enabled = settings.services, settings.enabled
        self._base = foundation
        self._nodes: list[pulumi.Resource] = [*foundation.cluster.ready, *foundation.karpenter.pools]
        self._replicas = 2 if "high_availability" in settings.enabled else 1
        self._log_in = log_in.log_in(settings)

    def cluster_services(self) -> ClusterServices:
        """Certificates, secrets, metrics."""
        base = self._base
        args = ClusterServicesArgs(
            scope=base.scope,
            identity=base.cluster.identity,
            secrets_key=base.keys.data,
            nodes=self._nodes,
            replicas=self._replicas,
        )
        return ClusterServices("cluster-services", args, base.inside())

    def logs(self) -> Logs:
        """Central logs."""
        base = self._base
        args = LogsArgs(
            scope=base.scope,
            spec=self._spec.logs,
            identity=base.cluster.identity,
            key=base.keys.logs,
            nodes=self._nodes,
        )
        return Logs("logs", args, base.inside())

    def gpu(self) -> Gpu | None:
        """None only if its settings are missing, which a rule refuses before this."""
        spec = self._spec.gpu
        return Gpu("gpu", GpuArgs(spec=spec, nodes=self._nodes), self._base.inside()) if spec else None

    def argo_cd(self) -> ArgoCd | None:
        """None only if its settings are missing, which a rule refuses before this."""
        if self._spec.argo_cd is None:
            return None
        told = log_in.argo_cd(self._log_in)
        args = ArgoCdArgs(self._spec.argo_cd, MODELS_GO, self._nodes, self._replicas, told)
        return ArgoCd("argo-cd", args, self._base.inside())

    def workflow_definitions(self, source: Source) -> WorkflowDefinitions:
        """What both of Argo's controllers are about."""
        args = WorkflowDefinitionsArgs(source, self._base.cluster.ready)
        return WorkflowDefinitions("workflow-definitions", args, self._base.inside())

    def argo_workflows(self, definitions: WorkflowDefinitions) -> ArgoWorkflows:
        """Workflows of one's own."""
        base = self._base
        args = ArgoWorkflowsArgs(
            scope=base.scope,
            identity=base.cluster.identity,
            bucket=base.stores.buckets[Purpose.PIPELINES],
            key=base.keys.data,
            definitions=definitions.made,
            nodes=self._nodes,
            replicas=self._replicas,
        )
        return ArgoWorkflows("argo-workflows", args, base.inside())

    def watching(self, cluster_services: ClusterServices | None) -> Watching | None:
        """None only without its settings or the cluster's services, which a rule refuses before this."""
        base, spec = self._base, self._spec.watching
        if spec is None or cluster_services is None:
            return None
        args = WatchingArgs(
            scope=base.scope,
            spec=spec,
            identity=base.cluster.identity,
            key=base.keys.data,
            secrets=cluster_services.secrets,
            nodes=self._nodes,
            replicas=self._replicas,
            capabilities=self._enabled,
            log_in=log_in.grafana(self._log_in),
        )
        return Watching("watching", args, base.inside())
