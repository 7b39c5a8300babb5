"""Katib: hyper-parameter search."""

from __future__ import annotations

from infra.specs.base import Spec
from infra.specs.domain import Digest

IMAGES = ("katib-controller", "katib-db-manager", "file-metrics-collector", "suggestion-skopt")
"""Images below ``ghcr.io/kubeflow/katib/`` that run: the controller, its database's front, the reader of a
trial's output, and the Bayesian algorithm (scikit-optimize)."""


class KatibDigests(Spec):
    """Digests of :data:`IMAGES`, each by its name with underscores, at the version that the lock names."""

    katib_controller: Digest
    katib_db_manager: Digest
    file_metrics_collector: Digest
    suggestion_skopt: Digest


class KatibSpec(Spec):
    """The search.

    Attributes:
        digests: of every image that runs, at the version that ``infra/contents/lock.yaml`` names.
    """

    digests: KatibDigests

    def image(self, name: str) -> str:
        """Reference of an image by digest."""
        return f"ghcr.io/kubeflow/katib/{name}@{getattr(self.digests, name.replace('-', '_'))}"
