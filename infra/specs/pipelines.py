"""Kubeflow Pipelines: pipelines, their runs, and the database of both."""

from __future__ import annotations

from infra.specs.base import Spec
from infra.specs.domain import Digest
from infra.specs.postgres import MysqlSpec

IMAGES = {
    "kfp-api-server": "ghcr.io/kubeflow/kfp-api-server",
    "kfp-persistence-agent": "ghcr.io/kubeflow/kfp-persistence-agent",
    "kfp-scheduled-workflow-controller": "ghcr.io/kubeflow/kfp-scheduled-workflow-controller",
    "kfp-frontend": "ghcr.io/kubeflow/kfp-frontend",
    "kfp-metadata-envoy": "ghcr.io/kubeflow/kfp-metadata-envoy",
    "kfp-driver": "ghcr.io/kubeflow/kfp-driver",
    "kfp-launcher": "ghcr.io/kubeflow/kfp-launcher",
    "ml-metadata": "gcr.io/tfx-oss-public/ml_metadata_store_server",
}
"""Images that run, by the publisher's names for them."""


class PipelineDigests(Spec):
    """Digests of :data:`IMAGES`, each by its name with underscores, at the version that the lock names."""

    kfp_api_server: Digest
    kfp_persistence_agent: Digest
    kfp_scheduled_workflow_controller: Digest
    kfp_frontend: Digest
    kfp_metadata_envoy: Digest
    kfp_driver: Digest
    kfp_launcher: Digest
    ml_metadata: Digest


class PipelinesSpec(Spec):
    """Kubeflow Pipelines.

    Attributes:
        database: a MySQL of its own at RDS.
        digests: of every image that runs, at the version that ``infra/contents/lock.yaml`` names.
    """

    database: MysqlSpec
    digests: PipelineDigests

    def image(self, name: str) -> str:
        """Reference of an image by digest."""
        return f"{IMAGES[name]}@{getattr(self.digests, name.replace('-', '_'))}"
