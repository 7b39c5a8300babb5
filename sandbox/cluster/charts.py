"""The stand-in for charts: it watches Helm's releases and does what the objects of some of them would do."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import yaml

from sandbox.cluster import FAILED, HANDLED, karpenter
from sandbox.cluster.ledger import Ledger
from sandbox.cluster.loop import Kind, Loop
from sandbox.cluster.releases import SECRET_TYPE, Release, current
from sandbox.controlplane.client import Client, Object
from sandbox.controlplane.watching import Watcher
from sandbox.toolchain.table import GATEWAY_CRDS, Tool
from sandbox.worldspec import WorldSpec

log = logging.getLogger(__name__)

DEFINITIONS_CHART = "karpenter-crd"
CHARTS_OF_OTHERS = ("cert-manager", "external-secrets", "argo-cd", "kube-prometheus-stack")
"""Charts whose definitions are among the tools."""
KEPT = ("kube-prometheus-stack",)
"""Those of them whose definitions stand in a directory ``crds`` and stay; others' go with the release."""
GATEWAY_CHART = "gateway-helm"
"""Envoy Gateway's; its definitions, and those of Gateway API, come with its tool."""
_CRD = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")


class Definitions:
    """The definitions that one chart brings.

    Args:
        chart: its name.
        files: YAML of them, and of nothing else that is applied.
        kept: they stay when the release goes, as Helm keeps what stands in a chart's ``crds`` directory;
            others are objects of the chart and go with it.
    """

    def __init__(self, client: Client, chart: str, files: Sequence[Path], *, kept: bool = False) -> None:
        self.chart = chart
        self._kept = kept
        self._client = client
        self._files = files
        self._applied = False

    @cached_property
    def _bodies(self) -> list[Object]:
        texts = (path.read_text() for path in self._files)
        documents = [item for text in texts for item in yaml.load_all(text, yaml.CSafeLoader) if item]
        return [item for item in documents if item["kind"] == "CustomResourceDefinition"]

    def keep(self, release: Release | None) -> bool:
        """Bring them in line with the release; False if they are wanted and not here."""
        if release is None:
            if self._applied and not self._kept:
                for body in self._bodies:
                    self._client.delete(body)
            self._applied = self._applied and self._kept
        elif not release.brings_definitions and not self._applied:
            if not self._bodies:
                return False
            self._apply()
        return True

    def _apply(self) -> None:
        for body in self._bodies:
            self._client.apply(body)
        for body in self._bodies:
            self._client.wait(*_CRD, body["metadata"]["name"], _established, timeout_s=30)
        self._applied = True


class Charts:
    """Applies the definitions of charts that bring some, and hosts Karpenter, while they are installed."""

    def __init__(self, spec: WorldSpec, client: Client, host: karpenter.Host, ledger: Ledger) -> None:
        self._client = client
        self._host = host
        self._ledger = ledger
        self._definitions = [
            Definitions(client, DEFINITIONS_CHART, karpenter.definitions(spec.crds)),
            *(
                Definitions(client, chart, brought_by(spec, chart), kept=chart in KEPT)
                for chart in CHARTS_OF_OTHERS
            ),
            Definitions(client, GATEWAY_CHART, gateway_definitions(spec), kept=True),
        ]

    def loop(self) -> Loop:
        """The loop that drives it; Karpenter's health is looked at every second."""
        kinds = [Kind("v1", "Secret", f"type={SECRET_TYPE}")]
        return Loop("charts", self._client, kinds, self.step, every_s=1.0)

    def step(self, watchers: Sequence[Watcher]) -> None:
        """One round."""
        releases = current(watchers[0].objects())
        controller = _of(releases, karpenter.CHART)
        for definitions in self._definitions:
            self._keep(definitions, _of(releases, definitions.chart))
        ready = self._host.keep(controller)
        if controller is not None:
            self._ledger.note(
                "Karpenter's Deployment and RBAC: the real Karpenter runs as one process instead"
            )
        for release in releases:
            if release is not controller or ready:
                self._mark(release, HANDLED, "true")

    def _keep(self, definitions: Definitions, release: Release | None) -> None:
        if not definitions.keep(release) and release is not None:
            self._mark(
                release, FAILED, f"the definitions of {release.chart} are not among the rehearsal's tools"
            )

    def _mark(self, release: Release, key: str, value: str) -> None:
        annotations = release.secret["metadata"].get("annotations") or {}
        if annotations.get(key) == value:
            return
        secret = {**release.secret, "apiVersion": "v1", "kind": "Secret"}
        self._client.patch(secret, {"metadata": {"annotations": {key: value}}})


def _of(releases: Sequence[Release], chart: str) -> Release | None:
    return next((release for release in releases if release.chart == chart), None)


def brought_by(spec: WorldSpec, chart: str) -> list[Path]:
    """Files of the definitions that a chart brings; none while the tools are not there."""
    tool = spec.tools.get(Tool.DEFINITIONS)
    return sorted((tool.parent / chart).glob("*.yaml")) if tool else []


def gateway_definitions(spec: WorldSpec) -> list[Path]:
    """Files of Envoy Gateway's definitions and Gateway API's; none while the tool is not there."""
    tool = spec.tools.get(Tool.ENVOY_GATEWAY)
    return sorted((tool.parent / GATEWAY_CRDS).rglob("*.yaml")) if tool else []


def _established(definition: Object | None) -> bool:
    conditions = ((definition or {}).get("status") or {}).get("conditions") or []
    return any(item["type"] == "Established" and item["status"] == "True" for item in conditions)
