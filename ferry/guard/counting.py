"""What happened since the last step, from what proxies and adapters say. Pure.

Proxies know every try of every pod, those included that a retry to the other side hid from the caller.
Adapters know what was answered, how fast, and to whom; by key the two sides' answers are held side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from ferry.guard.decide import Window

KEPT = 20_000
"""Answers that wait for the other side's at most."""
DECIDES = 0.5
"""From this score on it is a yes: sides disagree where one says yes and the other no."""
_GOOD, _BAD = "envoy_cluster_endpoint_rq_success", "envoy_cluster_endpoint_rq_error"
"""Tries that came back as no 5xx, and all others: 5xx, resets, timeouts, connections that never stood.
Envoy's ``rq_total`` knows nothing of the last kind, so a dead pod would look idle."""
_WARMING = "envoy_cluster_warming_state"
"""1 from a cluster's birth until its endpoints were looked at for the first time, then 0."""
_MIRROR = "-mirror-"


@dataclass(frozen=True)
class Tries:
    """Tries of the platform's pods, counted since each proxy started.

    Attributes:
        knows: this proxy has the cluster that the guard's route leads to, and it has been looked at.
    """

    total: float = 0.0
    bad: float = 0.0
    knows: bool = False


def tries(text: str, routes: Sequence[str], addresses: Iterable[str]) -> Tries:
    """What one proxy says of these routes' tries at these addresses, copies left out.

    Args:
        text: its statistics, in Prometheus' format.
        routes: beginnings of the names of Envoy's clusters, e.g. ``httproute/churn/churn-guard/``; the first
            is the guard's own.
        addresses: of pods.
    """
    wanted, begins = set(addresses), tuple(routes)
    total, bad, warming = 0.0, 0.0, []
    lines = "\n".join(line for line in text.splitlines() if line.startswith((_GOOD, _BAD, _WARMING)))
    for family in text_string_to_metric_families(lines + "\n"):
        for sample in family.samples:
            name = sample.labels.get("envoy_cluster_name", "")
            if sample.name == _WARMING:
                warming += [sample.value] if name.startswith(begins[0]) else []
                continue
            host = sample.labels.get("envoy_endpoint_address", "").rsplit(":", 1)[0]
            if host not in wanted or not name.startswith(begins) or _MIRROR in name:
                continue
            total += sample.value
            bad += sample.value if sample.name.startswith(_BAD) else 0.0
    return Tries(total, bad, knows=bool(warming) and not any(warming))


@dataclass(frozen=True)
class Answered:
    """One row that a side answered."""

    key: str
    score: float | None
    ms: float
    code: int
    mirror: bool

    @classmethod
    def of(cls, row: list[Any]) -> Answered:
        """As an adapter's ``/answers`` writes it."""
        key, score, ms, code, mirror = row
        return cls(str(key), score, float(ms), int(code), bool(mirror))


@dataclass(frozen=True)
class Heard:
    """Everything that was heard at one step; None is who could not be heard."""

    proxies: Mapping[str, Tries | None]
    platform: tuple[Answered, ...] | None
    legacy: tuple[Answered, ...] | None

    @property
    def known(self) -> bool:
        """Whether every proxy has what the guard's route leads to."""
        return bool(self.proxies) and all(item is not None and item.knows for item in self.proxies.values())


@dataclass(frozen=True)
class Ledger:
    """What is remembered between steps to make differences, and answers that wait for their partner."""

    at: float | None = None
    proxies: Mapping[str, Tries] = field(default_factory=dict)
    waiting: Mapping[str, tuple[str, bool]] = field(default_factory=dict)


def counted(before: Ledger, heard: Heard, slow_ms: float, now: float) -> tuple[Ledger, Window | None]:
    """What happened since the last step; None if it cannot be said.

    Without any proxy nothing is known. Without the platform's own word only failures are: pods that are gone
    say nothing, and that is no health, also where the proxies have stopped trying them.
    """
    proxies = {name: item for name, item in heard.proxies.items() if item is not None}
    waiting, compared, different = _joined(before.waiting, heard)
    after = Ledger(now, {**before.proxies, **proxies}, waiting)
    if not proxies:
        return replace(after, at=before.at), None
    if before.at is None:
        return after, None
    known = [(before.proxies[name], item) for name, item in proxies.items() if name in before.proxies]
    requests = sum(_grown(old.total, new.total) for old, new in known)
    errors = min(requests, sum(_grown(old.bad, new.bad) for old, new in known))
    if heard.platform is None:
        bad = int(errors)
        return after, Window(now - before.at, requests=bad, errors=bad) if bad else None
    said = heard.platform
    copies = [item for item in said if item.mirror and item.code != HTTPStatus.SERVICE_UNAVAILABLE]
    ill = sum(item.code >= HTTPStatus.INTERNAL_SERVER_ERROR for item in copies)
    slow = sum(item.score is not None and item.ms > slow_ms for item in said)
    window = Window(
        seconds=now - before.at,
        requests=int(requests) + len(copies),
        errors=int(errors) + ill,
        slow=min(slow, int(requests) + len(copies)),
        compared=compared,
        different=different,
    )
    return after, window


def _grown(old: float, new: float) -> float:
    """How much a counter grew; one that is smaller than before began anew."""
    return new - old if new >= old else new


def _joined(
    waiting: Mapping[str, tuple[str, bool]], heard: Heard
) -> tuple[Mapping[str, tuple[str, bool]], int, int]:
    """Rows that both sides have answered by now, and those that still wait."""
    open_, compared, different = dict(waiting), 0, 0
    for side, rows in (("legacy", heard.legacy or ()), ("platform", heard.platform or ())):
        for row in rows:
            if row.score is None:
                continue
            said, other = row.score >= DECIDES, open_.get(row.key)
            if other is None or other[0] == side:
                open_[row.key] = (side, said)
                continue
            del open_[row.key]
            compared += 1
            different += other[1] != said
    surplus = len(open_) - KEPT
    for key in list(open_)[: max(0, surplus)]:
        del open_[key]
    return open_, compared, different
