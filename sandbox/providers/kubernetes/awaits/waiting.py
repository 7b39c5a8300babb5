"""The wait itself: watch one object until its kind's judgement is ready, failed, or the time is over."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sandbox.providers.kubernetes.api import Api, Object
from sandbox.providers.kubernetes.awaits import others, pods, workloads
from sandbox.providers.kubernetes.awaits.look import Judge, Look, Verdict
from sandbox.providers.kubernetes.objects import SKIP_AWAIT, TIMEOUT, WAIT_FOR, annotation, metadata

DEFAULT_SECONDS: Final = 600.0
"""How long the official provider waits for anything that does not say otherwise."""

_MINUTE: Final = 60.0


@dataclass(frozen=True)
class _Kind:
    """How a kind is judged; ``limit``: a time of its own that caps any other, in seconds."""

    judge: Callable[[Look], Judge]
    limit: float | None = None
    has_pods: bool = False


_KINDS: Final[dict[tuple[str, str], _Kind]] = {
    ("apps/v1", "DaemonSet"): _Kind(workloads.daemon_set, has_pods=True),
    ("apps/v1", "Deployment"): _Kind(workloads.deployment, has_pods=True),
    ("apps/v1", "StatefulSet"): _Kind(workloads.stateful_set, has_pods=True),
    ("batch/v1", "Job"): _Kind(workloads.job, has_pods=True),
    ("networking.k8s.io/v1", "Ingress"): _Kind(others.ingress),
    ("v1", "PersistentVolume"): _Kind(others.volume, limit=5 * _MINUTE),
    ("v1", "PersistentVolumeClaim"): _Kind(others.claim, limit=5 * _MINUTE),
    ("v1", "Pod"): _Kind(pods.pod),
    ("v1", "ResourceQuota"): _Kind(others.quota, limit=_MINUTE),
    ("v1", "Secret"): _Kind(others.secret, limit=5.0),
    ("v1", "Service"): _Kind(others.service),
}

_SKIPS_DELETE_WAIT: Final = frozenset(
    {"Namespace", "Pod", "ReplicationController", "DaemonSet", "Deployment", "StatefulSet", "Job"}
)


class WaitError(Exception):
    """The object exists but is not as wanted; ``live`` is its last state, ``reasons`` what was found."""

    def __init__(self, message: str, live: Object, reasons: list[str]) -> None:
        super().__init__(message)
        self.live = live
        self.reasons = reasons


class Waiter:
    """Waits on one API server, and writes down how long each wait took."""

    def __init__(self, api: Api, record: Path | None, settle_seconds: float = 10.0) -> None:
        self._api = api
        self._record = record
        self._settle = settle_seconds
        self._lock = threading.Lock()

    def ready(
        self, urn: str, inputs: Object, applied: Object, before: Object | None, timeout: float
    ) -> Object:
        """The object once it is ready. Raises WaitError when it failed or the time is over.

        ``timeout``: seconds that the resource's options ask for; 0: as the annotation or the default says.
        """
        kind = _KINDS.get((applied["apiVersion"], applied["kind"]))
        look = Look(self._api, applied, before, self._settle)
        judge = _judge(kind, look, inputs)
        if judge is None or judge(applied).ready:
            return applied
        seconds = seconds_for(inputs, timeout)
        if kind and kind.limit:
            seconds = min(seconds, kind.limit)
        with self.timed(urn, applied):
            return self._until_ready(look, judge, seconds, bool(kind and kind.has_pods))

    @contextlib.contextmanager
    def timed(self, urn: str, obj: Mapping[str, Any]) -> Iterator[None]:
        """Write down how long this took: ``{urn, kind, seconds, ended}``, one JSON object per line."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._write(urn, obj, time.monotonic() - began)

    def check(self, applied: Object) -> WaitError | None:
        """Whether a live object is ready now; the error says why not."""
        kind = _KINDS.get((applied["apiVersion"], applied["kind"]))
        look = Look(self._api, applied, None, 0.0)
        judge = _judge(kind, look, applied)
        if kind is None or kind.limit or judge is None:
            return None
        verdict = judge(applied)
        if verdict.ready:
            return None
        reasons = [*verdict.reasons, *(workloads.pod_problems(look, applied) if kind.has_pods else [])]
        name = metadata(applied)["name"]
        return WaitError(f"Resource '{name}' was created but failed to initialize", applied, reasons)

    def gone(self, urn: str, inputs: Object, live: Object, timeout: float) -> None:
        """Return when the object is deleted. Raises WaitError with its finalizers when the time is over."""
        if annotation(inputs, SKIP_AWAIT) == "true" and live["kind"] in _SKIPS_DELETE_WAIT:
            return
        resource = self._api.resource(live["apiVersion"], live["kind"])
        meta = metadata(live)
        last = live
        with self.timed(urn, live):
            seconds = seconds_for(inputs, timeout)
            for state in self._api.watch(resource, meta.get("namespace"), meta["name"], seconds):
                if state is None or metadata(state).get("uid") != meta.get("uid"):
                    return
                last = state
        finalizers = ", ".join(metadata(last).get("finalizers", []))
        raise WaitError(
            "timed out waiting for the condition", last,
            [f"finalizers might be preventing deletion ({finalizers})"],
        )  # fmt: skip

    def _until_ready(self, look: Look, judge: Judge, seconds: float, has_pods: bool) -> Object:
        meta = metadata(look.applied)
        resource = self._api.resource(look.applied["apiVersion"], look.applied["kind"])
        last, verdict = look.applied, Verdict(ready=False)
        for state in self._api.watch(resource, meta.get("namespace"), meta["name"], seconds):
            if state is None or metadata(state).get("generation", 0) < meta.get("generation", 0):
                continue
            last, verdict = state, judge(state)
            if verdict.ready:
                return state
            if verdict.failed:
                break
        reasons = [*verdict.reasons, *(workloads.pod_problems(look, last) if has_pods else [])]
        name = meta["name"]
        message = f"'{name}' timed out waiting to be Ready"
        if verdict.failed:
            message = f"Resource '{name}' was created but failed to initialize"
        elif self._api.cancelled.is_set():
            message = f'Resource operation was cancelled for "{name}"'
        raise WaitError(message, last, reasons)

    def _write(self, urn: str, obj: Mapping[str, Any], seconds: float) -> None:
        if self._record is None:
            return
        line = json.dumps(
            {"urn": urn, "kind": obj["kind"], "seconds": round(seconds, 3), "ended": time.time()}
        )
        with self._lock, self._record.open("a") as file:
            file.write(line + "\n")


def seconds_for(inputs: Object, timeout: float) -> float:
    """How long to wait: the resource's option, else its annotation, else the default."""
    if timeout:
        return timeout
    told = annotation(inputs, TIMEOUT)
    return float(told) if told.isdigit() else DEFAULT_SECONDS


def _judge(kind: _Kind | None, look: Look, inputs: Object) -> Judge | None:
    if annotation(inputs, SKIP_AWAIT) == "true":
        return None
    if expression := annotation(inputs, WAIT_FOR):
        return others.annotated(expression)
    return kind.judge(look) if kind else None
