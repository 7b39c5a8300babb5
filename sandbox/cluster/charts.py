"""The stand-in for charts: it watches Helm's releases and does what the objects of two of them would do."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import yaml

from sandbox.cluster import FAILED, HANDLED, karpenter
from sandbox.cluster.ledger import Ledger
from sandbox.cluster.loop import Kind, Loop
from sandbox.cluster.releases import SECRET_TYPE, Release, current
from sandbox.controlplane.client import Client, Object
from sandbox.controlplane.watching import Watcher
from sandbox.worldspec import WorldSpec

log = logging.getLogger(__name__)

DEFINITIONS_CHART = "karpenter-crd"
_CRD = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")


class Charts:
    """Applies Karpenter's definitions and hosts Karpenter, each while its release is installed."""

    def __init__(self, spec: WorldSpec, client: Client, host: karpenter.Host, ledger: Ledger) -> None:
        self._client = client
        self._host = host
        self._ledger = ledger
        self._definitions = [
            yaml.load(path.read_text(), Loader=yaml.CSafeLoader) for path in karpenter.definitions(spec.crds)
        ]
        self._applied = False

    def loop(self) -> Loop:
        """The loop that drives it; Karpenter's health is looked at every second."""
        kinds = [Kind("v1", "Secret", f"type={SECRET_TYPE}")]
        return Loop("charts", self._client, kinds, self.step, every_s=1.0)

    def step(self, watchers: Sequence[Watcher]) -> None:
        """One round."""
        releases = current(watchers[0].objects())
        definitions = _of(releases, DEFINITIONS_CHART)
        controller = _of(releases, karpenter.CHART)
        self._keep_definitions(definitions)
        ready = self._host.keep(controller)
        if controller is not None:
            self._ledger.note(
                "Karpenter's Deployment and RBAC: the real Karpenter runs as one process instead"
            )
        for release in releases:
            if release is not controller or ready:
                self._mark(release, HANDLED, "true")

    def _keep_definitions(self, release: Release | None) -> None:
        if release is not None and not release.brings_definitions and not self._applied:
            if not self._definitions:
                self._mark(release, FAILED, "Karpenter's definitions are not among the rehearsal's tools")
                return
            for body in self._definitions:
                self._client.apply(body)
            for body in self._definitions:
                self._client.wait(*_CRD, body["metadata"]["name"], _established, timeout_s=30)
            self._applied = True
        if release is None and self._applied:
            for body in self._definitions:
                self._client.delete(body)
            self._applied = False

    def _mark(self, release: Release, key: str, value: str) -> None:
        annotations = release.secret["metadata"].get("annotations") or {}
        if annotations.get(key) == value:
            return
        secret = {**release.secret, "apiVersion": "v1", "kind": "Secret"}
        self._client.patch(secret, {"metadata": {"annotations": {key: value}}})


def _of(releases: Sequence[Release], chart: str) -> Release | None:
    return next((release for release in releases if release.chart == chart), None)


def _established(definition: Object | None) -> bool:
    conditions = ((definition or {}).get("status") or {}).get("conditions") or []
    return any(item["type"] == "Established" and item["status"] == "True" for item in conditions)
