"""Reading Helm's own storage. Pure.

Format: ``sh.helm.release.v1.<name>.v<revision>`` Secrets of type ``helm.sh/release.v1``; ``data.release``
    is the API's base64 of Helm's base64 of a gzipped JSON document (helm.sh/helm/v3,
    ``pkg/storage/driver/util.go``).
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.controlplane.client import Object

log = logging.getLogger(__name__)

SECRET_TYPE = "helm.sh/release.v1"  # noqa: S105 - a type's name
_INSTALLED = {"deployed", "pending-install", "pending-upgrade", "pending-rollback"}


@dataclass(frozen=True)
class Release:
    """One revision of a release, as far as a stand-in needs it.

    Attributes:
        name, namespace, revision: its identity; ``status`` is Helm's word (``deployed``).
        chart, chart_version: what is installed.
        values: the chart's defaults with the user's values on top.
        manifest: what the chart rendered to; empty where no Helm rendered it.
        secret: the Secret it was read from.
    """

    name: str
    namespace: str
    revision: int
    status: str
    chart: str
    chart_version: str
    values: Mapping[str, Any] = field(default_factory=dict)
    manifest: str = ""
    secret: Object = field(default_factory=dict, compare=False)

    @property
    def installed(self) -> bool:
        """Whether its pods would be there."""
        return self.status in _INSTALLED

    @property
    def brings_definitions(self) -> bool:
        """Whether Helm itself applies CustomResourceDefinitions for it."""
        return "kind: CustomResourceDefinition" in self.manifest


def encode(document: Mapping[str, Any]) -> str:
    """A release document as it stands in ``data.release``."""
    packed = base64.b64encode(gzip.compress(json.dumps(document).encode()))
    return base64.b64encode(packed).decode()


def decode(secret: Object) -> Release | None:
    """The release in a Secret, or None if it is not one."""
    try:
        packed = base64.b64decode(base64.b64decode(secret["data"]["release"]))
        document = json.loads(gzip.decompress(packed))
        chart = document.get("chart") or {}
        metadata = chart.get("metadata") or {}
        return Release(
            name=document["name"],
            namespace=document.get("namespace") or secret["metadata"]["namespace"],
            revision=int(document.get("version", 1)),
            status=(document.get("info") or {}).get("status", "unknown"),
            chart=metadata.get("name", ""),
            chart_version=metadata.get("version", ""),
            values=merged(chart.get("values") or {}, document.get("config") or {}),
            manifest=document.get("manifest") or "",
            secret=secret,
        )
    except (KeyError, ValueError, TypeError, EOFError, binascii.Error, gzip.BadGzipFile) as error:
        log.warning("%s is no Helm release: %r", secret["metadata"]["name"], error)
        return None


def current(secrets: Iterable[Object]) -> list[Release]:
    """The newest revision of each release that is installed."""
    newest: dict[tuple[str, str], Release] = {}
    for secret in secrets:
        release = decode(secret)
        if release is None:
            continue
        key = (release.namespace, release.name)
        if key not in newest or newest[key].revision < release.revision:
            newest[key] = release
    return [release for release in newest.values() if release.installed]


def merged(defaults: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Helm's merge: maps are merged, everything else is replaced, and null removes a default."""
    result = dict(defaults)
    for key, value in values.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result
