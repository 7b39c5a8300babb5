"""The device plugin, the exporter of GPU figures, and the check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from infra.charts.lock import locked
from infra.charts.release import ReleaseArgs, release
from infra.charts.values import dcgm_exporter, device_plugin
from infra.gpu import check
from infra.namespaces import Namespaces, Space
from infra.scope import Component
from infra.specs.gpu import GpuSpec

DAEMONS = "gpu-daemons"
"""Namespace of what reads GPU nodes: the level ``privileged``, and nothing else in it."""
CHECKS = "gpu-checks"
"""Namespace of the check, which is as restricted as any workload."""


@dataclass(frozen=True)
class GpuArgs:
    """GPUs of one cluster.

    Attributes:
        nodes: the pools; they also go after what runs on their nodes.
    """

    spec: GpuSpec
    nodes: Sequence[pulumi.Resource]


class Gpu(Component):
    """Plugin, exporter, check.

    Attributes:
        plugin: what pods that ask for GPUs wait for.
        check: name of the suspended CronJob, ``gpu-checks/gpu-check``.
    """

    def __init__(self, name: str, args: GpuArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Gpu", name, opts)
        self._args = args
        spaces = {DAEMONS: Space("privileged"), CHECKS: Space("restricted")}
        self._spaces = Namespaces(self.part("namespaces"), spaces, self.child()).made
        self.plugin = self._release(device_plugin.NAME, device_plugin.values())
        self._exporter = self._release(dcgm_exporter.NAME, dcgm_exporter.values())
        self._check = self._make_check()
        self.check = self._check.id
        self.register_outputs({"check": self.check})

    def _release(self, name: str, values: dict[str, Any]) -> kubernetes.helm.v3.Release:
        args = ReleaseArgs(locked(name), DAEMONS, values)
        return release(self, args, [*self._args.nodes, self._spaces[DAEMONS]])

    def _make_check(self) -> kubernetes.batch.v1.CronJob:
        space = self._spaces[CHECKS]
        kubernetes.networking.v1.NetworkPolicy(
            self.part("check-fence"),
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name="default-deny", namespace=CHECKS),
            spec=check.fence(),
            opts=self.child(depends_on=[space]),
        )
        return kubernetes.batch.v1.CronJob(
            self.part("check"),
            metadata=kubernetes.meta.v1.ObjectMetaArgs(
                name=check.NAME, namespace=CHECKS, labels=check.LABELS
            ),
            spec=check.cron_job(self._args.spec.check_image),
            opts=self.child(depends_on=[self.plugin, space]),
        )
