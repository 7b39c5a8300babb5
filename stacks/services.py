"""The second layer: what teams use. A service whose capability is off leaves nothing behind.

Each service is one component of ``infra/``, made by one method here, and only where the rollout says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.audit import Audit, AuditArgs
from infra.backup import Backup, BackupArgs
from infra.chatbot import Chatbot, ChatbotArgs
from infra.contents.sources import Source
from infra.gateway import Gateway, GatewayArgs
from infra.gateway.manifests import ROUTES
from infra.guard_rails import GuardRails, GuardRailsArgs
from infra.guard_rails.fences import Places
from infra.migration_data import DataMigration, DataMigrationArgs
from infra.mlflow import Mlflow, MlflowArgs
from infra.mlflow.pods import CLIENT as TRACKING_CLIENT
from infra.namespaces import Namespaces, Space
from infra.redis.pod import CLIENT
from infra.single_sign_on import SingleSignOn, SingleSignOnArgs
from infra.specs.network import subnet_plan
from infra.specs.storage import Purpose
from stacks import charted, kubeflow
from stacks.charted import Charted
from stacks.foundation import FEATURES, Foundation
from stacks.kubeflow import Kubeflow
from stacks.log_in import LogIn, log_in
from stacks.settings import Settings
from stacks.settings.rules.tracking import MLFLOW_REPOSITORY
from workloads.catalogue import CATALOGUE

SERVING = "serving"
"""The namespace of served models: their routes may use the Gateway, and their pods read features."""


@dataclass(frozen=True)
class Services:
    """What the fleet of workloads builds on; None where the capability is off.

    Attributes:
        mlflow: experiments, runs and the registry of models.
        audit: who read and changed the stores.
        backup: copies of what holds data, kept apart from it.
        migration: moves of data into the stores.
        charted: services that come as charts.
        kubeflow: services that come as manifests of others.
        gateway: the way in (B6).
        serving: where served models live (B4); each is an :class:`infra.triton.Triton` of its workload.
        guard_rails: the teams' namespaces, with rights, limits and fences.
        single_sign_on: one log-in for people, and the ways to their pages.
        chatbot: beside the OCR pipeline.
    """

    mlflow: Mlflow | None
    audit: Audit | None
    backup: Backup | None
    migration: DataMigration | None
    charted: Charted
    kubeflow: Kubeflow
    gateway: Gateway | None = None
    serving: Namespaces | None = None
    guard_rails: GuardRails | None = None
    single_sign_on: SingleSignOn | None = None
    chatbot: Chatbot | None = None


def build(settings: Settings, foundation: Foundation, source: Source) -> Services:
    """Registers the layer's components; what others publish as manifests comes from ``source``."""
    builder = _Builder(settings, foundation, source)
    return Services(
        mlflow=builder.mlflow,
        audit=builder.audit,
        backup=builder.backup,
        migration=builder.migration,
        charted=builder.charted,
        kubeflow=builder.kubeflow,
        gateway=builder.gateway,
        serving=builder.serving,
        guard_rails=builder.guard_rails,
        single_sign_on=builder.single_sign_on,
        chatbot=builder.chatbot,
    )


class _Builder:
    """One environment's services, in the order in which they need each other."""

    def __init__(self, settings: Settings, foundation: Foundation, source: Source) -> None:
        self._settings = settings
        self._foundation = foundation
        self._log_in = log_in(settings)
        self.mlflow = self._mlflow()
        self.audit = self._audit() if self._on("audit") else None
        self.backup = self._backup() if self._on("backup") else None
        self.migration = self._migration() if self._on("data_migration") else None
        self.charted = charted.build(settings, foundation, source)
        self.kubeflow = kubeflow.build(settings, foundation, self.charted, source)
        self.gateway = self._gateway() if self._on("gateway") else None
        self.serving = self._serving() if self._on("model_serving") else None
        self.guard_rails = self._guard_rails() if self._on("team_access") else None
        self.single_sign_on = self._single_sign_on(self._log_in) if self._log_in else None
        self.chatbot = self._chatbot() if self._on("chatbot") else None

    def _on(self, capability: str) -> bool:
        """Whether the rollout, with its overrides, switches a capability on."""
        return capability in self._settings.enabled

    def _mlflow(self) -> Mlflow | None:
        """Experiments, runs and the registry of models (B1)."""
        base, spec = self._foundation, self._settings.services.mlflow
        if not self._on("experiment_tracking") or spec is None:  # the settings refuse one without the other
            return None
        args = MlflowArgs(
            scope=base.scope,
            spec=spec,
            replicas=2 if self._on("high_availability") else 1,
            identity=base.cluster.identity,
            key=base.keys.data,
            repository=base.registry.urls[MLFLOW_REPOSITORY],
            bucket=base.stores.buckets[Purpose.MLFLOW],
            host=base.postgres.endpoint,
            master=base.postgres.secret_arn,
            nodes=[*base.cluster.ready, *base.karpenter.pools],
            origin=self._log_in.origin if self._log_in and self._log_in.spec.clients.mlflow else None,
        )
        return Mlflow("mlflow", args, base.inside())

    def _audit(self) -> Audit:
        base, stores = self._foundation, self._foundation.stores.buckets
        args = AuditArgs(
            scope=base.scope,
            spec=self._settings.services.audit,
            storage=self._settings.storage,
            stores={
                str(purpose): name for purpose, name in stores.items() if purpose is not Purpose.ACCESS_LOGS
            },
            access_logs=stores[Purpose.ACCESS_LOGS],
            logs_key=base.keys.logs,
        )
        return Audit("audit", args, self._beside(base.stores))

    def _backup(self) -> Backup:
        base = self._foundation
        args = BackupArgs(
            scope=base.scope,
            spec=self._settings.services.backup,
            copy_region=self._settings.storage.replica_region,
            away=base.away,
        )
        return Backup("backup", args, base.at_home)

    def _migration(self) -> DataMigration:
        base = self._foundation
        args = DataMigrationArgs(
            scope=base.scope,
            sources=self._settings.services.data_sources,
            stores={str(purpose): name for purpose, name in base.stores.buckets.items()},
            key=base.keys.data,
            logs_key=base.keys.logs,
            log_retention_days=self._settings.cluster.log_retention_days,
        )
        return DataMigration("migration", args, self._beside(base.stores))

    def _guard_rails(self) -> GuardRails:
        """Namespaces, rights, limits and fences of the teams (B9, B10)."""
        base, network = self._foundation, self._settings.network
        args = GuardRailsArgs(
            cluster_name=base.cluster.name,
            teams=self._settings.services.teams,
            places=Places(
                stores=subnet_plan(network.cidr, len(network.zones)).intra,
                features=FEATURES if self._settings.redis.mode == "in_cluster" else None,
                gateway="gateway" if self._on("gateway") else None,
                monitoring="monitoring" if self._on("basic_metrics") else None,
                tracking="mlflow" if self._on("experiment_tracking") else None,
            ),
            labels={**CLIENT, **TRACKING_CLIENT},
        )
        return GuardRails("guard-rails", args, base.inside(*base.cluster.ready))

    def _beside(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of components in the home region that wait for ``after``."""
        return pulumi.ResourceOptions(providers=[self._foundation.home], depends_on=[*after])

    def _serving(self) -> Namespaces:
        """The room for served models: nothing runs in it until a workload asks."""
        spaces = {SERVING: Space("restricted", {**ROUTES, **CLIENT})}
        return Namespaces(SERVING, spaces, self._foundation.inside(*self._foundation.cluster.ready))

    def _gateway(self) -> Gateway | None:
        base, spec = self._foundation, self._settings.services.gateway
        if spec is None:  # a rule of the settings refuses it: see stacks/settings/rules/entrance.py
            return None
        args = GatewayArgs(
            scope=base.scope,
            spec=spec,
            identity=base.cluster.identity,
            cluster_name=base.cluster.name,
            vpc_id=base.network.vpc_id,
            node_security_group_id=base.cluster.node_security_group_id,
            ready=[*base.cluster.ready, *base.karpenter.pools],
        )
        return Gateway("gateway", args, base.inside())

    def _single_sign_on(self, found: LogIn) -> SingleSignOn | None:
        """One log-in for people (B10); None only without the gateway, which a rule refuses before this."""
        base, charted_, gateway = self._foundation, self.charted, self.gateway
        if gateway is None or charted_.cluster_services is None:
            return None
        services = [
            *gateway.ready,
            charted_.cluster_services.secrets,
            *([charted_.watching.operator] if charted_.watching else []),
            *([charted_.argo_cd.project] if charted_.argo_cd else []),
            *([self.mlflow.namespace] if self.mlflow else []),
        ]
        args = SingleSignOnArgs(
            scope=base.scope,
            spec=found.spec,
            key=base.keys.data,
            host=found.host,
            parent=gateway.parent,
            capabilities=self._settings.enabled,
            ready=services,
        )
        return SingleSignOn("single-sign-on", args, base.inside())

    def _chatbot(self) -> Chatbot | None:
        """Beside the OCR pipeline (B12); None only without its settings, which a rule refuses before this."""
        base, spec, gateway = self._foundation, self._settings.services.chatbot, self.gateway
        ocr = CATALOGUE["ocr"]
        if spec is None or gateway is None or ocr.model is None:
            return None
        args = ChatbotArgs(
            scope=base.scope,
            spec=spec,
            identity=base.cluster.identity,
            bucket=base.stores.buckets[Purpose.MODELS],
            key=base.keys.data,
            host=gateway.hostname,
            parent=gateway.parent,
            model=ocr.model.name,
            ready=[*gateway.ready, *base.cluster.ready, *base.karpenter.pools],
        )
        return Chatbot("chatbot", args, base.inside())
