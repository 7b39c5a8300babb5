"""A thin client of one API server: pooled HTTP/1.1 connections, discovery by group, watches of one object."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

Object = dict[str, Any]
"""A Kubernetes object as JSON."""

JSON: Final = "application/json"
APPLY: Final = "application/apply-patch+yaml"
JSON_PATCH: Final = "application/json-patch+json"
_NOT_FOUND: Final = 404
_TOO_MANY_REQUESTS: Final = 429
_CONNECTIONS: Final = 128
_ABSENT_SECONDS: Final = 0.5
_QUIET_SECONDS: Final = 2.0
"""A watch that hears nothing for so long is opened anew, which also tells the state of the moment."""


class ApiError(Exception):
    """What the API server answered instead; the message is its own sentence."""

    def __init__(self, code: int, status: Mapping[str, Any]) -> None:
        self.code = code
        self.reason = str(status.get("reason") or ("NotFound" if code == _NOT_FOUND else ""))
        self.details = dict(status.get("details") or {})
        super().__init__(str(status.get("message") or f"the server answered {code}"))

    @property
    def namespace_missing(self) -> bool:
        """The object's namespace does not exist (yet)."""
        return self.reason == "NotFound" and self.details.get("kind") == "namespaces"


class NoMatchError(Exception):
    """The API server serves no such kind: its CustomResourceDefinition is not there (yet)."""

    def __init__(self, api_version: str, kind: str) -> None:
        super().__init__(f'no matches for kind "{kind}" in version "{api_version}"')


@dataclass(frozen=True)
class Access:
    """Where an API server is and who asks. ``ca``: PEM text; None trusts the machine's authorities."""

    server: str
    ca: str | None = None
    token: str | None = None
    verify: bool = True


@dataclass(frozen=True)
class Resource:
    """Where objects of one kind live: ``/apis/apps/v1`` + ``deployments``."""

    base: str
    plural: str
    namespaced: bool

    def path(self, namespace: str | None, name: str | None = None) -> str:
        """The URL path of the collection, or of one object."""
        scope = f"/namespaces/{namespace or 'default'}" if self.namespaced else ""
        return f"{self.base}{scope}/{self.plural}" + (f"/{name}" if name else "")


class Api:
    """One API server as one identity. Safe to use from many threads.

    ``cancelled``: set it to end every watch within two seconds.
    """

    def __init__(self, access: Access) -> None:
        self._http = httpx.Client(
            base_url=access.server,
            verify=_trust(access),
            headers={"Authorization": f"Bearer {access.token}"} if access.token else {},
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS),
            timeout=httpx.Timeout(60.0, pool=None),
            trust_env=False,
        )
        self.cancelled = threading.Event()
        self._groups: dict[str, dict[str, Resource]] = {}
        self._lock = threading.Lock()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = JSON,
    ) -> tuple[Object, list[str]]:
        """The answer and the server's warnings; waits and repeats when the server says it is too busy."""
        content = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        while True:
            answer = self._http.request(
                method, path, params=params, content=content, headers={"Content-Type": content_type}
            )
            if answer.status_code != _TOO_MANY_REQUESTS or "retry-after" not in answer.headers:
                break
            time.sleep(float(answer.headers["retry-after"]))
        if answer.is_success:
            return answer.json(), [_sentence(warning) for warning in answer.headers.get_list("warning")]
        raise ApiError(answer.status_code, _status(answer))

    def get(self, path: str, **params: str) -> Object:
        """One object or list."""
        return self.request("GET", path, params=params)[0]

    def find(self, path: str) -> Object | None:
        """One object, or None when it is not there."""
        try:
            return self.get(path)
        except ApiError as error:
            if error.reason == "NotFound":
                return None
            raise

    def resource(self, api_version: str, kind: str) -> Resource:
        """Where the kind is served; asks the server again when it is not known. Raises NoMatchError."""
        kinds = self._groups.get(api_version, {})
        if kind not in kinds:
            kinds = self._discover(api_version)
        if kind not in kinds:
            raise NoMatchError(api_version, kind)
        return kinds[kind]

    def serves(self, api_version: str, kind: str) -> bool:
        """Whether the kind is known to the server now."""
        try:
            self.resource(api_version, kind)
        except NoMatchError:
            return False
        return True

    def _discover(self, api_version: str) -> dict[str, Resource]:
        base = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        listed = self.find(base)
        kinds = {
            item["kind"]: Resource(base, item["name"], item["namespaced"])
            for item in (listed or {}).get("resources", [])
            if "/" not in item["name"]
        }
        with self._lock:
            self._groups[api_version] = kinds
        return kinds

    def watch(
        self, resource: Resource, namespace: str | None, name: str, seconds: float
    ) -> Iterator[Object | None]:
        """Each state of one object, the present one first; None when it is deleted, or was not there.

        Ends after about ``seconds``. A quiet time repeats the present state, so that a reader who also
        looks at other objects can look again.
        """
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and not self.cancelled.is_set():
            present = self.find(resource.path(namespace, name))
            yield present
            if present is None:
                self.cancelled.wait(min(left, _ABSENT_SECONDS))
                continue
            version = present["metadata"]["resourceVersion"]
            yield from self._events(resource.path(namespace), name, version, min(left, _QUIET_SECONDS))

    def _events(self, path: str, name: str, version: str, quiet: float) -> Iterator[Object | None]:
        params = {"watch": "1", "fieldSelector": f"metadata.name={name}", "resourceVersion": version}
        timeout = httpx.Timeout(60.0, read=quiet, pool=None)
        try:
            with self._http.stream("GET", path, params=params, timeout=timeout) as stream:
                for line in stream.iter_lines():
                    event = json.loads(line)
                    if event["type"] == "ERROR" or self.cancelled.is_set():
                        return
                    yield None if event["type"] == "DELETED" else event["object"]
        except httpx.ReadTimeout:
            return


def _trust(access: Access) -> ssl.SSLContext | bool:
    if not access.verify:
        return False
    if access.ca is None:
        return True
    return ssl.create_default_context(cadata=access.ca)


def _sentence(warning: str) -> str:
    """The text of a ``Warning`` header, ``299 - "text"``."""
    quoted = warning.partition('"')[2].rpartition('"')[0]
    return quoted.replace('\\"', '"').replace("\\\\", "\\") or warning


def _status(answer: httpx.Response) -> dict[str, Any]:
    try:
        status = answer.json()
    except ValueError:
        return {"message": answer.text.strip()}
    return status if isinstance(status, dict) else {"message": answer.text.strip()}
