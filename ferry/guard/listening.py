"""Asks proxies and adapters what happened: all at once, each with a short patience. Thin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from ferry.guard.counting import Answered, Heard, Tries, tries
from workloads.patterns.migration import Names
from workloads.patterns.programs import METRICS

STATISTICS = 19001
"""Port at which every proxy of Envoy Gateway gives its statistics."""
PATIENCE_S = 1.5
"""Seconds for an answer: a look that takes longer is late, but one that sees nothing is worse."""
_AT_ONCE = 16


@dataclass
class _Read:
    """How far one adapter's answers were read."""

    run: str = ""
    next: int | None = None


@dataclass
class Ears:
    """Connections to everybody who is asked, and how far each was read."""

    names: Names
    http: httpx.Client = field(
        default_factory=lambda: httpx.Client(timeout=httpx.Timeout(PATIENCE_S), trust_env=False)
    )
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_AT_ONCE))
    _read: dict[str, _Read] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)

    def hear(self, proxies: Sequence[str], platform: Sequence[str], legacy: Sequence[str]) -> Heard:
        """Ask them all; the platform's pods are remembered, because a dead one leaves the list first."""
        self._known.update(platform)
        said = {address: self._pool.submit(self._try, self._tries, address) for address in proxies}
        old = [self._pool.submit(self._try, self._answers, address) for address in legacy]
        new = [self._pool.submit(self._try, self._answers, address) for address in platform]
        return Heard(
            {address: future.result() for address, future in said.items()},
            _together([future.result() for future in new]),
            _together([future.result() for future in old]),
        )

    def _try(self, ask: Callable[[str], Any], address: str) -> Any:
        try:
            return ask(address)
        except (httpx.HTTPError, ValueError, KeyError):
            return None

    def _tries(self, address: str) -> Tries:
        names = self.names
        url = f"http://{address}:{STATISTICS}/stats/prometheus"
        # All of them are 150 kB of a small Gateway, twice a second; with other workloads' in them they would
        # grow with every workload, for every guard.
        wanted = rf"^cluster\.httproute/{names.namespace}/.*(rq_(success|error)|warming_state)$"
        found = self.http.get(url, params={"filter": wanted}).raise_for_status()
        return tries(
            found.text,
            [f"httproute/{names.namespace}/{name}/" for name in (names.overlay, names.base)],
            self._known,
        )

    def _answers(self, address: str) -> list[Answered]:
        place = self._read.setdefault(address, _Read())
        after = {} if place.next is None else {"after": str(place.next)}
        url = f"http://{address}:{METRICS}/answers"
        found = self.http.get(url, params=after).raise_for_status().json()
        if place.run and found["run"] != place.run:  # it began anew, and so do its numbers
            found = self.http.get(url, params={"after": "0"}).raise_for_status().json()
        place.run, place.next = found["run"], found["next"]
        return [Answered.of(row) for row in found["answers"]]


def _together(found: Sequence[list[Answered] | None]) -> tuple[Answered, ...] | None:
    """Everything that was said; None if nobody could be heard, or nobody is there."""
    heard = [item for item in found if item is not None]
    return tuple(row for item in heard for row in item) if heard else None
