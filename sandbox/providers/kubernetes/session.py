"""One provider instance: what the engine asks, handed to those who know objects, releases and functions."""

from __future__ import annotations

from typing import Final

import yaml

from sandbox.providers.base import Checked, Diff, Props, ProviderError, Session, State
from sandbox.providers.codec import has_unknown, reveal
from sandbox.providers.kubernetes import releases
from sandbox.providers.kubernetes.connection import Connection, Pace
from sandbox.providers.kubernetes.kubeconfig import Cluster, active_cluster
from sandbox.providers.kubernetes.manifests import Manifests

_DECODE: Final = "kubernetes:yaml:decode"
_CLUSTER_KEYS: Final = ("kubeconfig", "context", "cluster")


class KubernetesSession(Session):
    """One kubeconfig, one API server."""

    nested_secrets = True

    def __init__(self, cluster: Cluster, pace: Pace | None = None) -> None:
        self._cluster = cluster
        self._pace = pace or Pace()
        self._use({})

    def _use(self, config: Props) -> None:
        self._connection = Connection(self._cluster, self._pace, config)
        self._manifests = Manifests(self._connection)
        self._releases = releases.Releases(self._connection)

    def configure(self, config: Props) -> None:
        self._use(reveal(config))

    def cancel(self) -> None:
        self._connection.cancel()

    def diff_config(self, olds: Props, news: Props) -> Diff:
        keys = [key for key in sorted(olds.keys() | news.keys()) if olds.get(key) != news.get(key)]
        unknown = [key for key in _CLUSTER_KEYS if has_unknown(news.get(key))]
        if unknown:
            return Diff(changes=unknown, replaces=unknown)
        before, after = active_cluster(olds), active_cluster(news)
        moved = before is not None and after is not None and before != after
        return Diff(changes=keys, replaces=[key for key in keys if moved and key in _CLUSTER_KEYS])

    def check(self, urn: str, type_: str, olds: Props, news: Props, seed: bytes) -> Checked:
        if type_ == releases.TYPE:
            return self._releases.check(urn, olds, news, seed)
        return self._manifests.check(urn, type_, olds, news, seed)

    def diff(
        self, urn: str, type_: str, id_: str, old_inputs: Props, old_outputs: Props, news: Props
    ) -> Diff:
        if type_ == releases.TYPE:
            return self._releases.diff(old_outputs, news)
        return self._manifests.diff(type_, old_outputs, news)

    def create(self, urn: str, type_: str, inputs: Props, preview: bool, timeout: float) -> State:
        if not preview:
            self._connection.must_reach()
        if type_ == releases.TYPE:
            return self._releases.create(urn, inputs, preview)
        return self._manifests.create(urn, type_, inputs, preview, timeout)

    def read(self, urn: str, type_: str, id_: str, inputs: Props, outputs: Props) -> State | None:
        if type_ == releases.TYPE:
            return self._releases.read(id_, inputs, outputs)
        return self._manifests.read(type_, id_, inputs, outputs)

    def update(
        self, urn: str, type_: str, id_: str, old_inputs: Props, old_outputs: Props, news: Props,
        preview: bool, timeout: float,
    ) -> Props:  # fmt: skip
        if not preview:
            self._connection.must_reach()
        if type_ == releases.TYPE:
            return self._releases.update(urn, news, preview)
        return self._manifests.update(urn, type_, old_outputs, news, preview, timeout)

    def delete(
        self, urn: str, type_: str, id_: str, old_inputs: Props, old_outputs: Props, timeout: float
    ) -> None:
        if type_ == releases.TYPE:
            self._releases.delete(urn, id_, old_outputs)
        else:
            self._manifests.delete(urn, type_, id_, old_outputs, timeout)

    def invoke(self, token: str, args: Props) -> Props:
        if token != _DECODE:
            raise ProviderError(
                f"{token} is not emulated by the rehearsal, because it needs a chart's or a kustomization's "
                "content, which is not here. Use a helm.sh/v3 Release, or typed resources"
            )
        return {"result": self._decoded(str(args["text"]), args.get("defaultNamespace"))}

    def _decoded(self, text: str, namespace: str | None) -> list[Props]:
        documents = yaml.load_all(text, Loader=yaml.CSafeLoader)
        found = [item for item in documents if item and item.get("kind") and item.get("apiVersion")]
        for item in found:
            meta = item.setdefault("metadata", {})
            if namespace and not meta.get("namespace") and self._connection.namespaced(item):
                meta["namespace"] = namespace
        return found
