"""The Application by which versions of a workload's model come into its idle slot."""

from __future__ import annotations

from infra.charts.values.argo_cd import NAMESPACE
from infra.deploying import manifests
from workloads.patterns.crossing import Crossing


def application(crossing: Crossing) -> None:
    """Argo CD follows the workload's folder; where it is off, somebody applies the same files."""
    source = crossing.ground.models_repository
    if source is not None and crossing.spec.serving.online:
        names = crossing.names
        spec = manifests.application(source, names.workload, names.namespace)
        crossing.custom("Application", names.workload, spec, namespace=NAMESPACE)
