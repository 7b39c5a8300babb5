"""Argo CD, and the one project in which models may be deployed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from infra.charts.lock import locked
from infra.charts.release import ReleaseArgs, release
from infra.charts.values import argo_cd
from infra.cluster_services.manifests import READER
from infra.deploying import manifests
from infra.namespaces import Namespaces, Space
from infra.scope import Component
from infra.specs.deploying import ArgoCdSpec


@dataclass(frozen=True)
class ArgoCdArgs:
    """Argo CD for one cluster.

    Attributes:
        namespaces: where models may be deployed.
        nodes: what its pods run on.
        replicas: of what may run twice.
        log_in: parts of its ``configs`` by which people come in; empty for its own administrator.
    """

    spec: ArgoCdSpec
    namespaces: Sequence[str]
    nodes: Sequence[pulumi.Resource]
    replicas: int
    log_in: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class ArgoCd(Component):
    """Release and project.

    Attributes:
        project: what Applications wait for.
        source: the repository that they follow.
    """

    def __init__(self, name: str, args: ArgoCdArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ArgoCd", name, opts)
        self._args = args
        self.source = manifests.Source(args.spec.repository, args.spec.revision)
        self._space = self._namespace()
        self._release = self._make_release()
        self.project = self._make_project()
        self.register_outputs({"project": self.project.id})

    def _namespace(self) -> kubernetes.core.v1.Namespace:
        spaces = {argo_cd.NAMESPACE: Space("restricted", READER)}
        return Namespaces(self.part("namespaces"), spaces, self.child()).made[argo_cd.NAMESPACE]

    def _make_release(self) -> kubernetes.helm.v3.Release:
        args = self._args
        values = argo_cd.values(args.replicas, args.spec.domain, log_in=args.log_in)
        chart = ReleaseArgs(locked(argo_cd.NAME), argo_cd.NAMESPACE, values)
        return release(self, chart, [*args.nodes, self._space])

    def _make_project(self) -> kubernetes.apiextensions.CustomResource:
        return kubernetes.apiextensions.CustomResource(
            self.part("models"),
            api_version="argoproj.io/v1alpha1",
            kind="AppProject",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name=manifests.PROJECT, namespace=argo_cd.NAMESPACE),
            spec=manifests.project(self.source, self._args.namespaces),
            opts=self.child(depends_on=[self._release]),
        )
