"""Keeping up with objects: a local copy of every object of a kind, kept true by a watch."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from types import TracebackType

import httpx

from sandbox.controlplane.client import ApiError, Client, Object

log = logging.getLogger(__name__)

Key = tuple[str, str]  # namespace (empty for cluster-wide kinds) and name


def key_of(body: Object) -> Key:
    """Namespace and name of an object."""
    return body["metadata"].get("namespace", ""), body["metadata"]["name"]


class Watcher:
    """A background thread that mirrors one kind and says when something changed; a context manager.

    A kind that is not served yet is looked for again every second; a broken watch begins anew with a list,
    so a deletion in between is seen as well.

    Args:
        client: whose objects.
        api_version, kind: which.
        changed: called, from the watcher's thread, after each change; keep it short (set an event).
        labels, fields: selectors, applied by the server.
    """

    def __init__(
        self,
        client: Client,
        api_version: str,
        kind: str,
        changed: Callable[[], None],
        *,
        labels: str = "",
        fields: str = "",
    ) -> None:
        self._client = client
        self._what = (api_version, kind)
        self._changed = changed
        self._labels, self._fields = labels, fields
        self._objects: dict[Key, Object] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"watch-{kind}", daemon=True)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()  # the thread is a daemon: it ends at the watch's next line, or with the process

    def objects(self) -> list[Object]:
        """The objects as last seen."""
        with self._lock:
            return list(self._objects.values())

    def _run(self) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(ApiError, httpx.HTTPError):
                self._follow()
            self._stopping.wait(0.5)

    def _follow(self) -> None:
        items, version = self._client.snapshot(*self._what, labels=self._labels, fields=self._fields)
        with self._lock:
            self._objects = {key_of(item): item for item in items}
        self._changed()
        for event in self._client.changes(*self._what, version, labels=self._labels, fields=self._fields):
            if self._stopping.is_set():
                return
            with self._lock:
                if event.type == "DELETED":
                    self._objects.pop(key_of(event.object), None)
                else:
                    self._objects[key_of(event.object)] = event.object
            self._changed()
