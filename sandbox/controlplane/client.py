"""A small client for the rehearsal's own processes: plain dictionaries over HTTP, no generated models.

Kinds are resolved through the server's discovery, so custom resources work the moment their definition is
served.
"""

from __future__ import annotations

import functools
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sandbox.worldspec import WorldSpec

Object = dict[str, Any]
Objects = list[Object]  # a name of its own: inside the class, `list` is a verb

MANAGER = "ferry-rehearsal"
_OK_DELETED = {200, 202, 404}
_GONE = 410
_LATER_TIMES, _LATER_AT_MOST_S = 10, 5.0


class ApiError(Exception):
    """The API server refused; ``status`` is the HTTP code, ``reason`` its word for it (``NotFound``)."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(f"the API server answered {status} {reason}: {message}")


class UnknownKindError(ApiError):
    """The server serves no such kind: its CustomResourceDefinition is missing."""


@dataclass(frozen=True)
class Resource:
    """Where objects of a kind live: ``path`` is the API's prefix, e.g. ``/apis/apps/v1``."""

    path: str
    plural: str
    namespaced: bool

    def url(self, namespace: str | None, name: str | None = None, subresource: str | None = None) -> str:
        """Path of a collection (all namespaces when None) or of one object."""
        parts = [self.path]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts += [part for part in (self.plural, name, subresource) if part]
        return "/".join(parts)


@dataclass(frozen=True)
class Event:
    """One change seen by a watch: ``ADDED``, ``MODIFIED`` or ``DELETED``."""

    type: str
    object: Object


class Client:
    """Reads and writes objects of one API server; safe to use from several threads.

    Args:
        server: e.g. ``https://127.0.0.1:40002``.
        token: bearer token.
        ca_file: PEM of the server's CA.
    """

    def __init__(self, server: str, token: str, ca_file: Path) -> None:
        self.server = server
        self._http = httpx.Client(
            base_url=server,
            headers={"Authorization": f"Bearer {token}"},
            verify=ssl.create_default_context(cafile=str(ca_file)),
            timeout=httpx.Timeout(30.0, pool=60.0),
            limits=httpx.Limits(max_connections=64),
            trust_env=False,
        )
        self._resources: dict[tuple[str, str], Resource] = {}
        self._lock = threading.Lock()

    @classmethod
    def of(cls, spec: WorldSpec) -> Client:
        """The administrator's client of a world."""
        return cls(spec.apiserver, spec.admin_token, spec.ca_file)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def ready(self) -> bool:
        """Whether the server says it is ready; False while it cannot be reached."""
        try:
            return self._http.get("/readyz", timeout=2.0).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def resource(self, api_version: str, kind: str) -> Resource:
        """Where a kind lives; asks the server once per kind, and again as long as it is unknown.

        Raises:
            UnknownKindError: it is not served.
        """
        found = self._resources.get((api_version, kind))
        if found is None:
            self._discover(api_version)
            found = self._resources.get((api_version, kind))
        if found is None:
            raise UnknownKindError(404, "NotFound", f"no kind {kind} in {api_version} is served")
        return found

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """One object, or None if there is none (an unserved kind has none)."""
        try:
            return self.request("GET", self.resource(api_version, kind).url(namespace, name))
        except ApiError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        *,
        labels: str = "",
        fields: str = "",
    ) -> Objects:
        """Objects of a kind, in all namespaces by default; ``labels`` and ``fields`` are selectors."""
        return self.snapshot(api_version, kind, namespace, labels=labels, fields=fields)[0]

    def snapshot(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        *,
        labels: str = "",
        fields: str = "",
    ) -> tuple[Objects, str]:
        """As ``list``, with the version at which it was true; ``changes`` goes on from there."""
        url = self.resource(api_version, kind).url(namespace)
        answer = self.request("GET", url, parameters=_selectors(labels, fields))
        items = [{"apiVersion": api_version, "kind": kind, **item} for item in answer["items"]]
        return items, answer["metadata"]["resourceVersion"]

    def create(self, body: Object) -> Object:
        """Create an object.

        Raises:
            ApiError: it exists (``AlreadyExists``) or is refused.
        """
        return self.request("POST", self._resource_of(body).url(_namespace(body)), body)

    def apply(self, body: Object, manager: str = MANAGER, *, status: bool = False) -> Object:
        """Server-side apply, taking over fields that others own."""
        url = self._resource_of(body).url(
            _namespace(body), body["metadata"]["name"], "status" if status else None
        )
        return self.request(
            "PATCH", url, body, "application/apply-patch+yaml", {"fieldManager": manager, "force": "true"}
        )

    def patch(self, target: Object, change: Object, *, subresource: str | None = None) -> Object:
        """Merge a change into an existing object (RFC 7386: None removes a key)."""
        url = self._resource_of(target).url(_namespace(target), target["metadata"]["name"], subresource)
        return self.request("PATCH", url, change, "application/merge-patch+json")

    def delete(self, target: Object, *, grace_s: int | None = None) -> None:
        """Delete an object; one that is not there is no error. Finalizers may keep it for a while."""
        options: Object = {"propagationPolicy": "Background"}
        if grace_s is not None:
            options["gracePeriodSeconds"] = grace_s
        url = self._resource_of(target).url(_namespace(target), target["metadata"]["name"])
        try:
            self.request("DELETE", url, options)
        except ApiError as error:
            if error.status not in _OK_DELETED:
                raise

    def token(self, namespace: str, account: str, audience: str | None = None, seconds: int = 3600) -> str:
        """A service-account token, as a pod's projected volume would hold it (TokenRequest).

        Args:
            audience: e.g. ``sts.amazonaws.com``; the API server's own by default.
            seconds: life; the server allows no less than 600.
        """
        spec: Object = {"expirationSeconds": seconds}
        if audience:
            spec["audiences"] = [audience]
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        url = self.resource("v1", "ServiceAccount").url(namespace, account, "token")
        return str(self.request("POST", url, body)["status"]["token"])

    def changes(
        self,
        api_version: str,
        kind: str,
        since: str,
        namespace: str | None = None,
        *,
        labels: str = "",
        fields: str = "",
        seconds: int = 300,
    ) -> Iterator[Event]:
        """Every change after a version, for ``seconds`` or until the server ends it; list again then."""
        parameters = {
            **_selectors(labels, fields),
            "watch": "true",
            "resourceVersion": since,
            "timeoutSeconds": str(seconds),
        }
        url = self.resource(api_version, kind).url(namespace)
        endless = httpx.Timeout(30.0, read=None)
        with self._http.stream("GET", url, params=parameters, timeout=endless) as answer:
            for line in answer.iter_lines():
                event = json.loads(line)
                if event.get("type") not in {"ADDED", "MODIFIED", "DELETED"}:
                    return  # the version is too old, or the server refused
                yield Event(event["type"], event["object"])

    def watch(
        self, api_version: str, kind: str, namespace: str | None = None, *, labels: str = "", fields: str = ""
    ) -> Iterator[Event]:
        """What is there (as ``ADDED``), then every change for five minutes."""
        items, version = self.snapshot(api_version, kind, namespace, labels=labels, fields=fields)
        yield from (Event("ADDED", item) for item in items)
        yield from self.changes(api_version, kind, version, namespace, labels=labels, fields=fields)

    def wait(
        self,
        api_version: str,
        kind: str,
        name: str,
        condition: Callable[[Object | None], bool],
        *,
        namespace: str | None = None,
        timeout_s: float = 60.0,
    ) -> Object | None:
        """Ask every 100 ms until the condition holds for the object (None while there is none) and return it.

        Raises:
            TimeoutError: it did not, with the object's status.
        """
        ends = time.monotonic() + timeout_s
        while True:
            found = self.get(api_version, kind, name, namespace)
            if condition(found):
                return found
            if time.monotonic() > ends:
                status = json.dumps((found or {}).get("status"))
                raise TimeoutError(
                    f"{kind} {namespace or ''}/{name} is not as awaited after {timeout_s:.0f} s: {status}"
                )
            time.sleep(0.1)

    def request(
        self,
        method: str,
        url: str,
        body: Object | None = None,
        content_type: str = "application/json",
        parameters: Mapping[str, str] | None = None,
    ) -> Object:
        """One call; the verbs above are made of it.

        Raises:
            ApiError: any answer that is not a success.
        """
        send = functools.partial(
            self._http.request,
            method,
            url,
            params=dict(parameters or {}),
            content=None if body is None else json.dumps(body),
            headers={"Content-Type": content_type},
        )
        answer = send()
        for _ in range(_LATER_TIMES):
            if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                break
            # Said of a kind whose definition is new, too; the server did nothing and names the seconds.
            time.sleep(min(float(answer.headers.get("Retry-After", "1")), _LATER_AT_MOST_S))
            answer = send()
        if answer.is_success:
            content: Object = answer.json()
            return content
        raise _error(answer)

    def _discover(self, api_version: str) -> None:
        path = f"/api/{api_version}" if "/" not in api_version else f"/apis/{api_version}"
        try:
            answer = self.request("GET", path)
        except ApiError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return
            raise
        with self._lock:
            for entry in answer["resources"]:
                if "/" not in entry["name"]:
                    found = Resource(path, entry["name"], entry["namespaced"])
                    self._resources[api_version, entry["kind"]] = found

    def _resource_of(self, body: Object) -> Resource:
        return self.resource(body["apiVersion"], body["kind"])


def _namespace(body: Object) -> str | None:
    """The namespace an object names, or ``default``; ignored for kinds that have none."""
    return str(body["metadata"].get("namespace") or "default")


def _selectors(labels: str, fields: str) -> dict[str, str]:
    return {key: value for key, value in (("labelSelector", labels), ("fieldSelector", fields)) if value}


def _error(answer: httpx.Response) -> ApiError:
    try:
        status = answer.json()
        return ApiError(answer.status_code, str(status.get("reason", "")), str(status.get("message", "")))
    except (ValueError, AttributeError):
        return ApiError(answer.status_code, answer.reason_phrase, answer.text[:300])
