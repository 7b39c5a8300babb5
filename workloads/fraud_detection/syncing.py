"""Argo CD brings a version into its slot: sync, wait, and put things back when it fails. Thin.

Argo CD's REST API: ``POST /api/v1/applications/<name>/sync``, ``GET`` until it is done, ``DELETE
…/operation`` to end one that hangs. What was deployed before stays: an Application prunes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

LONGEST_S = 600.0
"""Source: requirement D, a deployment in less than ten minutes."""
EVERY_S = 5.0


class SyncError(Exception):
    """The version is not there; says what Argo CD said, what is the case now, and what to do."""


@dataclass(frozen=True)
class ArgoCd:
    """One Argo CD.

    Attributes:
        client: with its base URL and the token of an account that may sync this Application only.
        wait: between looks; a test passes time instead.
        now: seconds that only grow.
    """

    client: httpx.Client
    wait: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic

    def deploy(self, application: str, revision: str, longest: float = LONGEST_S) -> None:
        """Sync to a commit and wait until what it brought is healthy.

        Raises:
            SyncError: it failed, or took longer; a running operation was ended.
        """
        self._ask("POST", f"{application}/sync", {"revision": revision, "prune": False})
        until = self.now() + longest
        while self.now() < until:
            state = self._ask("GET", application).get("status", {})
            failed = _failed(state)
            if failed:
                raise SyncError(_sentence(application, revision, failed))
            if _done(state, revision):
                return
            self.wait(EVERY_S)
        self._end(application)
        raise SyncError(_sentence(application, revision, f"it was not healthy after {longest:.0f} s"))

    def _end(self, application: str) -> None:
        """End what runs; that nothing runs any more is no error."""
        try:
            self.client.delete(f"/api/v1/applications/{application}/operation")
        except httpx.HTTPError:
            return

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        try:
            answer = self.client.request(method, f"/api/v1/applications/{path}", json=body)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            name = path.partition("/")[0]
            raise SyncError(_sentence(name, "", f"Argo CD did not answer ({error})")) from None
        found: dict[str, Any] = answer.json()
        return found


def _failed(state: Mapping[str, Any]) -> str | None:
    """Why it will not come; None while it still may."""
    operation = state.get("operationState") or {}
    if operation.get("phase") in {"Failed", "Error"}:
        return str(operation.get("message") or operation["phase"])
    health = state.get("health") or {}
    if operation.get("phase") == "Succeeded" and health.get("status") == "Degraded":
        return f"what it brought is degraded: {health.get('message', '')}".rstrip(": ")
    return None


def _done(state: Mapping[str, Any], revision: str) -> bool:
    """Whether this commit, and not an older one, is synced and healthy."""
    sync, health = state.get("sync") or {}, state.get("health") or {}
    done = (state.get("operationState") or {}).get("phase") == "Succeeded"
    return done and (sync.get("revision"), sync.get("status"), health.get("status")) == (
        revision,
        "Synced",
        "Healthy",
    )


def _sentence(application: str, revision: str, fact: str) -> str:
    what = f" at {revision}" if revision else ""
    return (
        f"{application}{what}: {fact}, so the slot is not used: the guard moves no weight to a version that "
        f"is not gated, and the version before answers on. Look at `argocd app get {application}`, mend the "
        "commit, and run the pipeline again."
    )
