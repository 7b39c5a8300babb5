"""For how long GPU nodes were paid, and for how long their GPUs were held. Pure: fed with looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.kubelet.scheduling import GPU

Object = Mapping[str, Any]


@dataclass
class _Span:
    """From when to when, in seconds since 1970; it goes on until somebody ends it."""

    begin: float
    end: float
    over: bool = False

    def extend(self, now: float) -> None:
        """It was seen again."""
        if not self.over:
            self.end = max(self.end, now)

    @property
    def seconds(self) -> float:
        """How long."""
        return max(0.0, self.end - self.begin)


@dataclass
class _Held:
    """GPUs that a pod had on a node."""

    node: str
    gpus: int
    span: _Span


@dataclass
class Meter:
    """Times of nodes and of the GPUs on them.

    A node is paid from its creation on; AWS bills from the launch, which is a little earlier. A pod holds its
    GPUs from when its kubelet took it until its containers ended.
    """

    _nodes: dict[str, _Span] = field(default_factory=dict)
    _pods: dict[str, _Held] = field(default_factory=dict)

    def look(self, pods: Sequence[Object], nodes: Sequence[Object], now: float) -> None:
        """One look at everything, at a time."""
        for node in nodes:
            meta = node["metadata"]
            made = _when(meta.get("creationTimestamp"), now)
            self._nodes.setdefault(meta["name"], _Span(made, now)).extend(now)
        standing = {node["metadata"]["name"] for node in nodes}
        for name, span in self._nodes.items():
            if name not in standing and not span.over:
                span.end, span.over = now, True
        for pod in pods:
            self._look_at(pod, now)

    def _look_at(self, pod: Object, now: float) -> None:
        node, status = (pod.get("spec") or {}).get("nodeName"), pod.get("status") or {}
        gpus = sum(_gpus(item) for item in (pod.get("spec") or {}).get("containers") or [])
        if not node or not gpus:
            return
        uid = pod["metadata"].get("uid") or pod["metadata"]["name"]
        held = self._pods.setdefault(uid, _Held(node, gpus, _Span(_when(status.get("startTime"), now), now)))
        ended = [_ended(item) for item in status.get("containerStatuses") or []]
        if status.get("phase") in {"Succeeded", "Failed"}:
            if not held.span.over:
                held.span.end = max((_when(text, now) for text in ended if text), default=now)
                held.span.over = True
        else:
            held.span.extend(now)

    def paid(self, node: str) -> float:
        """Seconds that a node was there."""
        return self._nodes[node].seconds if node in self._nodes else 0.0

    def used(self, node: str) -> float:
        """Seconds that its GPUs were held, summed over the GPUs."""
        return sum(held.gpus * held.span.seconds for held in self._pods.values() if held.node == node)


def _gpus(container: Object) -> int:
    return int(((container.get("resources") or {}).get("limits") or {}).get(GPU, 0))


def _ended(container: Object) -> str:
    found: str = ((container.get("state") or {}).get("terminated") or {}).get("finishedAt") or ""
    return found


def _when(text: str | None, otherwise: float) -> float:
    return datetime.fromisoformat(text).timestamp() if text else otherwise
