"""``helm.sh/v3:Release``: recorded. The chart's content is not here, so nothing of it is rendered.

What is given is validated, and written into the cluster as Helm itself stores a release. Who stands in for
the chart's pods sees it there, does what they would do, and marks the Secret when it is done.
"""

from __future__ import annotations

import base64
import gzip
import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sandbox.cluster import FAILED, HANDLED
from sandbox.cluster.releases import SECRET_TYPE, encode
from sandbox.providers.base import Checked, Diff, InitFailed, Props, ProviderError, State
from sandbox.providers.codec import UNKNOWN, Secret, has_secret, has_unknown, reveal
from sandbox.providers.kubernetes import objects
from sandbox.providers.kubernetes.api import ApiError, Object
from sandbox.providers.kubernetes.charts import Chart, ChartError, locate, values_of
from sandbox.providers.kubernetes.connection import Connection
from sandbox.providers.kubernetes.difference import changes

TYPE: Final = "kubernetes:helm.sh/v3:Release"

_DEFAULT_SECONDS: Final = 300
_OUTPUT_ONLY: Final = ("resourceNames", "status", "checksum", "valueYamlFiles")
_SECRETS: Final = ("v1", "Secret")


class Releases:
    """Helm releases over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def check(self, urn: str, olds: Props, news: Props, seed: bytes) -> Checked:
        """Named, in a namespace, with the chart found: its version is part of what is wanted."""
        new = {key: value for key, value in news.items() if value is not None}
        if not new.get("name"):
            new["name"] = olds.get("name") or _autoname(urn, seed)
        new["namespace"] = new.get("namespace") or self._connection.namespace
        if new.get("skipAwait") is not True:
            new.setdefault("timeout", _DEFAULT_SECONDS)
        if not has_unknown(news):
            try:
                chart = locate(reveal(new))
                new["values"] = values_of(new)
            except ChartError as error:
                return Checked(new, [error.failure])
            new["version"] = chart.version
        kept = {key: value for key, value in new.items() if key not in _OUTPUT_ONLY and not _omitted(value)}
        return Checked(kept)

    def diff(self, old_outputs: Props, news: Props) -> Diff:
        """The new inputs against the last ones; another name or namespace is another release."""
        old = dict(reveal(old_outputs.get("__inputs") or {}))
        found = changes(old, reveal(dict(news)))
        names = [change.name for change in found]
        return Diff(
            changes=names,
            replaces=[name for name in names if name in {"name", "namespace"}],
            kinds={change.name: change.kind for change in found},
        )

    def create(self, urn: str, inputs: Props, preview: bool) -> State:
        """Store the first revision and wait for those who stand in for its pods."""
        if preview:
            return State("", _checkpoint(inputs, UNKNOWN))
        wanted = reveal(dict(inputs))
        if wanted.get("createNamespace"):
            self._create_namespace(wanted["namespace"])
        live = self._newest(wanted["namespace"], wanted["name"])
        if live is not None and not wanted.get("replace"):
            raise ProviderError("cannot re-use a name that is still in use")
        self._warn_of_secrets(urn, inputs)
        status = self._install(urn, inputs, wanted, (_revision(live) if live else 0) + 1)
        return State(f"{wanted['namespace']}/{wanted['name']}", _checkpoint(inputs, status))

    def update(self, urn: str, news: Props, preview: bool) -> Props:
        """Store a further revision; the last one is superseded."""
        if preview:
            return _checkpoint(news, UNKNOWN)
        wanted = reveal(dict(news))
        live = self._newest(wanted["namespace"], wanted["name"])
        if live is None:
            raise ProviderError(f'"{wanted["name"]}" has no deployed releases')
        self._warn_of_secrets(urn, news)
        status = self._install(urn, news, wanted, _revision(live) + 1)
        self._mark(live, "superseded")
        return _checkpoint(news, status)

    def read(self, id_: str, inputs: Props, outputs: Props) -> State | None:
        """The newest revision, or None when there is none."""
        namespace, name = objects.split_id(id_)
        live = self._newest(namespace or "default", name)
        if live is None:
            return None
        if not inputs:
            raise ProviderError(
                f"the release {id_} cannot be imported in a rehearsal: its chart's content is not here"
            )
        labels = objects.metadata(live)["labels"]
        status = dict(reveal(outputs.get("status") or {})) | {
            "status": labels["status"],
            "revision": int(labels["version"]),
        }
        return State(id_, _checkpoint(inputs, status), inputs)

    def delete(self, urn: str, id_: str, old_outputs: Props) -> None:
        """Take every revision away; a release that is gone is a success here as with Helm's own driver."""
        namespace, name = objects.split_id(id_)
        for secret in self._revisions(namespace or "default", name):
            self._request("DELETE", objects.metadata(secret)["namespace"], objects.metadata(secret)["name"])

    # -- storage --------------------------------------------------------------------------------------------

    def _install(self, urn: str, inputs: Props, wanted: Mapping[str, Any], revision: int) -> dict[str, Any]:
        chart = locate(wanted)
        pending = "pending-install" if revision == 1 else "pending-upgrade"
        awaited = wanted.get("skipAwait") is not True
        secret = _secret(wanted, chart, revision, pending if awaited else "deployed")
        try:
            live = self._request("POST", wanted["namespace"], None, secret)
        except ApiError as error:
            raise ProviderError(f"create: failed to create: {error}") from error
        status = _status(wanted, chart, revision, "deployed")
        if awaited:
            self._await(urn, inputs, wanted, live, status)
            self._mark(live, "deployed")
        return status

    def _await(
        self, urn: str, inputs: Props, wanted: Mapping[str, Any], live: Object, status: dict[str, Any]
    ) -> None:
        """Until a stand-in has marked the Secret, or time is over."""
        seconds = float(wanted.get("timeout") or _DEFAULT_SECONDS)
        reason = "context deadline exceeded"
        with self._connection.waiter.timed(urn, live | {"kind": "Release"}):
            for state in self._states(live, seconds):
                if objects.annotation(state, HANDLED) == "true":
                    return
                if reason_given := objects.annotation(state, FAILED):
                    reason = reason_given
                    break
        self._mark(live, "failed")
        id_ = f"{wanted['namespace']}/{wanted['name']}"
        message = (
            f'Helm release "{id_}" was created, but failed to initialize completely. Use Helm CLI to '
            f"investigate: failed to become available within allocated timeout. Error: Helm Release {id_}: "
            f"{reason}"
        )
        raise InitFailed(State(id_, _checkpoint(inputs, status | {"status": "failed"})), [message])

    def _states(self, live: Object, seconds: float) -> Iterator[Object]:
        api, meta = self._connection.api, objects.metadata(live)
        for state in api.watch(api.resource(*_SECRETS), meta["namespace"], meta["name"], seconds):
            if state is not None:
                yield state

    def _revisions(self, namespace: str, name: str) -> list[Object]:
        api = self._connection.api
        listed = api.get(api.resource(*_SECRETS).path(namespace), labelSelector=f"owner=helm,name={name}")[
            "items"
        ]
        return sorted(listed, key=_revision)

    def _newest(self, namespace: str, name: str) -> Object | None:
        revisions = self._revisions(namespace, name)
        return revisions[-1] if revisions else None

    def _mark(self, secret: Object, status: str) -> None:
        """Change a revision's status, in its document and beside it."""
        document = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(secret["data"]["release"]))))
        document["info"]["status"] = status
        patch = {"metadata": {"labels": {"status": status}}, "data": {"release": encode(document)}}
        meta = objects.metadata(secret)
        self._request("PATCH", meta["namespace"], meta["name"], patch)

    def _request(self, method: str, namespace: str, name: str | None, body: Any = None) -> Object:
        api = self._connection.api
        path = api.resource(*_SECRETS).path(namespace, name)
        content = "application/merge-patch+json" if method == "PATCH" else "application/json"
        return api.request(method, path, body=body, content_type=content)[0]

    def _create_namespace(self, name: str) -> None:
        api = self._connection.api
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"name": name}}}
        try:
            api.request("POST", api.resource("v1", "Namespace").path(None), body=body)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise ProviderError(f"failed to create namespace {name}: {error}") from error

    def _warn_of_secrets(self, urn: str, inputs: Props) -> None:
        if has_secret(inputs.get("values")):
            self._connection.journal.warn(
                urn,
                "the release's values hold a secret: Helm stores values where everybody who may read the "
                "namespace's Secrets reads them. Give the chart the name of a Secret instead",
            )


def _secret(wanted: Mapping[str, Any], chart: Chart, revision: int, status: str) -> Object:
    """The release as Helm's own storage driver writes it."""
    now = datetime.now(UTC).isoformat()
    document = {
        "name": wanted["name"],
        "namespace": wanted["namespace"],
        "version": revision,
        "info": {
            "first_deployed": now, "last_deployed": now, "deleted": "", "status": status,
            "description": wanted.get("description") or "Install complete",
        },
        "chart": {
            "metadata": {"apiVersion": "v2", "name": chart.name, "version": chart.version},
            "values": {},
        },
        "config": wanted.get("values") or {},
        "manifest": "",
    }  # fmt: skip
    labels = {"name": wanted["name"], "owner": "helm", "status": status, "version": str(revision)}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": SECRET_TYPE,
        "metadata": {
            "name": f"sh.helm.release.v1.{wanted['name']}.v{revision}",
            "namespace": wanted["namespace"],
            "labels": labels | {"modifiedAt": str(int(time.time()))},
        },
        "data": {"release": encode(document)},
    }


def _status(wanted: Mapping[str, Any], chart: Chart, revision: int, status: str) -> dict[str, Any]:
    return {
        "chart": chart.name,
        "name": wanted["name"],
        "namespace": wanted["namespace"],
        "revision": revision,
        "status": status,
        "version": chart.version,
    }


def _checkpoint(inputs: Props, status: Any) -> Props:
    """What the engine stores; the inputs as a whole are secret, as with the official provider."""
    state = dict(inputs) | {"__inputs": Secret(reveal(dict(inputs))), "status": status}
    return state | {"resourceNames": UNKNOWN} if status is UNKNOWN else state


def _revision(secret: Object) -> int:
    return int(objects.metadata(secret)["labels"]["version"])


def _autoname(urn: str, seed: bytes) -> str:
    named: Object = {}
    objects.autoname(named, urn.rsplit("::", 1)[-1], seed)
    return str(named["metadata"]["name"])


def _omitted(value: Any) -> bool:
    """Values that the official provider leaves out of its inputs: empty ones."""
    return value is not UNKNOWN and not isinstance(value, Secret) and value in ("", False, 0, {}, [])
