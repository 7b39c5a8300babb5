"""What may differ between environments in the platform's services; one attribute for each service."""

from __future__ import annotations

from pydantic import Field

from infra.specs.audit import AuditSpec
from infra.specs.backup import BackupSpec
from infra.specs.base import Spec
from infra.specs.chatbot import ChatbotSpec
from infra.specs.crossing import CrossingSpec
from infra.specs.data_sources import DataSource
from infra.specs.deploying import ArgoCdSpec
from infra.specs.gateway import GatewaySpec
from infra.specs.gpu import GpuSpec
from infra.specs.guard_rails import TeamSpec
from infra.specs.katib import KatibSpec
from infra.specs.logs import LogsSpec
from infra.specs.mlflow import MlflowSpec
from infra.specs.pipelines import PipelinesSpec
from infra.specs.single_sign_on import SingleSignOnSpec
from infra.specs.watching import WatchingSpec


class ServicesSpec(Spec):
    """The key ``ferry:services``; a service's own spec stands in ``infra/specs/``.

    Whether a service is there at all says the rollout (:mod:`stacks.rollout`), not this. What has no sensible
    default is required once its capability is on.

    Attributes:
        mlflow: the tracking server; required with the capability ``experiment_tracking``.
        audit: the trail of who read and changed the stores.
        backup: when what holds data is copied, and for how long that is kept.
        data_sources: what moves into the stores from elsewhere.
        logs: central logs.
        gpu: GPUs on nodes; wanted where ``gpu_monitoring`` is on.
        argo_cd: models as Applications; wanted where ``deployment_sync`` is on.
        crossing: images of guard, adapters and slots; wanted by every workload that leaves ``legacy``.
        gateway: the way in; required with the capability ``gateway``.
        watching: metrics, alerts, dashboards; wanted where ``basic_metrics`` is on.
        single_sign_on: the company's issuer; wanted where ``single_sign_on`` is on.
        chatbot: the service beside the OCR pipeline; wanted where ``chatbot`` is on.
        pipelines: Kubeflow Pipelines; wanted where ``pipelines`` is on.
        katib: hyper-parameter search; wanted where ``hyperparameter_search`` is on.
        teams: who has a namespace, and how much of the cluster; one for each team.
    """

    mlflow: MlflowSpec | None = None
    audit: AuditSpec = Field(default_factory=AuditSpec)
    backup: BackupSpec = Field(default_factory=BackupSpec)
    data_sources: list[DataSource] = Field(default_factory=list)
    logs: LogsSpec = Field(default_factory=LogsSpec)
    gpu: GpuSpec | None = None
    argo_cd: ArgoCdSpec | None = None
    crossing: CrossingSpec | None = None
    gateway: GatewaySpec | None = None
    watching: WatchingSpec | None = None
    single_sign_on: SingleSignOnSpec | None = None
    chatbot: ChatbotSpec | None = None
    pipelines: PipelinesSpec | None = None
    katib: KatibSpec | None = None
    teams: list[TeamSpec] = Field(default_factory=list)
