"""What a chart's publisher says: the manifest in an OCI registry, or the index and archive of a repository.

Digests are computed from the bytes that came, never taken from a header alone. Plain HTTP is spoken to this
machine only.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import yaml

from infra.charts.lock import Chart

MANIFESTS = "application/vnd.oci.image.manifest.v1+json"
CONTENT = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
"""Media type of the layer that is the packed chart (Helm's own ``pkg/registry/constants.go``)."""
ALIASES = {"docker.io": "registry-1.docker.io"}
"""Registries whose API answers under another name than references give."""

_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class PublisherError(Exception):
    """A publisher did not answer, or answered something that is no chart; says what and about which."""


@dataclass(frozen=True)
class Found:
    """What a publisher has under a chart's version.

    Attributes:
        archive: digest of the packed chart.
        digest: of the OCI manifest; None for an HTTPS chart.
        source: where it was read.
        content: the packed chart, where it had to be downloaded anyway.
    """

    archive: str
    digest: str | None
    source: str
    content: bytes | None = None


def ask(chart: Chart, http: httpx.Client) -> Found:
    """What the publisher has now.

    Raises:
        PublisherError: it has no such version, is out of reach, or contradicts itself.
    """
    try:
        return _registry(chart, http) if chart.oci else _repository(chart, http)
    except httpx.HTTPError as error:
        raise PublisherError(
            f"{chart.name} {chart.version}: {chart.repository} did not answer ({error}), so nothing is known "
            "of it. Run this where the repository can be reached."
        ) from error


def sha256(content: bytes) -> str:
    """Digest as OCI writes it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _registry(chart: Chart, http: httpx.Client) -> Found:
    host, _, path = chart.repository.removeprefix("oci://").partition("/")
    tag = chart.version.replace("+", "_")  # as Helm does: a tag cannot hold a plus
    url = f"{_base(ALIASES.get(host, host))}/v2/{path}/{chart.name}/manifests/{tag}"
    answer = _authorised(http, url)
    digest, said = sha256(answer.content), answer.headers.get("docker-content-digest")
    if said and said != digest:
        raise PublisherError(f"{url} says it is {said} and is {digest}; nothing of it is believed.")
    layers = [layer for layer in _json(answer).get("layers", []) if layer.get("mediaType") == CONTENT]
    if len(layers) != 1:
        raise PublisherError(f"{url} is no Helm chart: it has {len(layers)} layers of {CONTENT}.")
    return Found(str(layers[0]["digest"]), digest, url)


def _authorised(http: httpx.Client, url: str) -> httpx.Response:
    """The manifest, with an anonymous token where the registry asks for one (as Docker's registries do)."""
    headers = {"accept": MANIFESTS}
    answer = http.get(url, headers=headers)
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        challenge = dict(_CHALLENGE.findall(answer.headers.get("www-authenticate", "")))
        realm = challenge.pop("realm", "")
        if (
            not realm
            or _base(urlsplit(realm).netloc) != f"{urlsplit(realm).scheme}://{urlsplit(realm).netloc}"
        ):
            raise PublisherError(f"{url} asks for a way to log in that Ferry does not know.")
        token = _json(_good(http.get(realm, params=challenge)))
        bearer = token.get("token") or token.get("access_token")
        answer = http.get(url, headers=headers | {"authorization": f"Bearer {bearer}"})
    return _good(answer)


def _repository(chart: Chart, http: httpx.Client) -> Found:
    parts = urlsplit(chart.repository)
    index_url = f"{_base(parts.netloc)}{parts.path}/index.yaml"
    entries = yaml.safe_load(_good(http.get(index_url)).content).get("entries", {}).get(chart.name, [])
    entry = next((item for item in entries if item.get("version") == chart.version), None)
    if entry is None or not entry.get("urls"):
        raise PublisherError(f"{index_url} has no {chart.name} {chart.version}.")
    content = _good(http.get(urljoin(index_url, entry["urls"][0]))).content
    archive, said = sha256(content), str(entry.get("digest") or "").removeprefix("sha256:")
    if said and archive != f"sha256:{said}":
        raise PublisherError(f"{index_url} says {chart.file} is sha256:{said}, and it is {archive}.")
    return Found(archive, None, index_url, content)


def _base(host: str) -> str:
    name = host.rpartition(":")[0] or host
    try:
        here = ipaddress.ip_address(name).is_loopback
    except ValueError:
        here = False
    return f"http://{host}" if here else f"https://{host}"


def _good(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        raise PublisherError(f"{answer.url} answered {answer.status_code}: {answer.text[:200].strip()}")
    return answer


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = json.loads(answer.content)
    except ValueError as error:
        raise PublisherError(f"{answer.url} answered no JSON.") from error
    return found if isinstance(found, dict) else {}
