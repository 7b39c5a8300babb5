"""How every stand-in works: something changed, or time has passed, so compare what is with what should be."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.controlplane.client import ApiError, Client
from sandbox.controlplane.watching import Watcher

log = logging.getLogger(__name__)

# The API server and AWS say no for a while (a kind not served yet, a conflict); the next round tries again.
PASSING = (ApiError, httpx.HTTPError, BotoCoreError, ClientError, TimeoutError, OSError)


@dataclass(frozen=True)
class Kind:
    """A kind to be watched, and a selector of its fields."""

    api_version: str
    name: str
    fields: str = ""


class Loop:
    """Calls ``step`` in its own thread whenever a watched object changed, and every few seconds; a context.

    Args:
        name: of the thread, and in the log.
        client: whose objects are watched.
        kinds: which.
        step: given the watchers in the order of ``kinds``; must do nothing when all is as it should be.
        every_s: how long it rests at most: how soon a change in AWS, which nobody announces, is seen.
    """

    def __init__(
        self,
        name: str,
        client: Client,
        kinds: Sequence[Kind],
        step: Callable[[Sequence[Watcher]], None],
        every_s: float = 5.0,
    ) -> None:
        self._step = step
        self._every_s = every_s
        self._changed = threading.Event()
        self._stopping = False
        self._name = name
        self._watchers = [
            Watcher(client, kind.api_version, kind.name, self._changed.set, fields=kind.fields)
            for kind in kinds
        ]
        self._exit = contextlib.ExitStack()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Loop:
        for watcher in self._watchers:
            self._exit.enter_context(watcher)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping = True
        self._changed.set()
        self._thread.join(timeout=10)
        self._exit.close()

    def _run(self) -> None:
        while not self._stopping:
            self._changed.wait(self._every_s)
            self._changed.clear()
            if self._stopping:
                return
            try:
                self._step(self._watchers)
            except PASSING as error:
                log.warning("%s: %s; again in %.0f s", self._name, error, self._every_s)
            except Exception:  # a stand-in that fails must be seen, and must not silently stop standing in
                log.exception("%s failed; again in %.0f s", self._name, self._every_s)
