"""What was said is written down: in batches, to S3, and never by a request that waits for it.

Each prediction is one line, with the key that joins it to the other side's (:mod:`ferry.gates.rows` reads
them). Lines wait in memory; more than :data:`MOST` are not kept but counted: an S3 that is gone may cost
evidence, never an answer. The newest also stay in memory, for the guard, which compares both sides by key.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from prometheus_client import Counter

from workloads.traffic import Side

log = logging.getLogger(__name__)

MOST = 50_000
"""Lines that wait at most: about 10 MB."""
NEWEST = 20_000
"""Answers that the guard may ask for: 100 s at 200 requests a second."""
BATCH = 5_000
"""Lines of one object."""
EVERY = 10.0
"""Seconds between two objects, if less comes."""

DROPPED = Counter(
    "ferry_recordings_dropped_total", "Predictions that could not be kept", ["workload", "side"]
)

Write = Callable[[str, bytes], Any]
"""Puts an object; may block."""


@dataclass(frozen=True)
class Said:
    """One row's answer.

    Attributes:
        score: None where it failed.
        ms: how long the request took.
        code: HTTP status that the caller got.
        mirror: it was a copy, and nobody saw the answer.
    """

    key: str
    at: datetime
    ms: float
    code: int
    score: float | None
    mirror: bool = False

    def line(self, model: str) -> str:
        """As :class:`ferry.gates.rows.Prediction`."""
        row: dict[str, Any] = {
            "key": self.key,
            "model": model,
            "at": self.at.isoformat(),
            "ms": round(self.ms, 3),
        }
        row |= {"error": True} if self.score is None else {"score": self.score}
        return json.dumps(row)


@dataclass
class Newest:
    """The last answers, for whoever asks from a number on.

    Attributes:
        run: unlike any other process's, so that a reader sees that counting began anew.
    """

    run: str = field(default_factory=lambda: secrets.token_hex(8))
    next: int = 0
    _kept: deque[tuple[int, Said]] = field(default_factory=lambda: deque(maxlen=NEWEST))

    def add(self, said: Said) -> None:
        """Keep one more."""
        self._kept.append((self.next, said))
        self.next += 1

    def since(self, number: int) -> list[Said]:
        """Answers from this number on, as far as they are still there."""
        missing = min(len(self._kept), max(0, self.next - number))
        newest = itertools.islice(reversed(self._kept), missing)
        return [said for _, said in newest][::-1]


class Recorder:
    """Keeps answers and writes them; ``run`` is its task.

    Args:
        model: digest of the model that this side serves.
        write: puts an object into the evidence store; None keeps nothing but the newest.
    """

    def __init__(self, workload: str, side: Side, model: str, write: Write | None) -> None:
        self.newest = Newest()
        self._write = write
        self._model = model
        self._dropped = DROPPED.labels(workload, side)
        self._folder = f"predictions/{workload}/{side}"
        self._lines: deque[str] = deque()
        self._full = asyncio.Event()
        self._numbers = itertools.count()

    def note(self, said: Sequence[Said]) -> None:
        """Keep these; returns at once."""
        for item in said:
            self.newest.add(item)
            if self._write is None:
                continue
            if len(self._lines) >= MOST:
                self._dropped.inc()
                continue
            self._lines.append(item.line(self._model))
        if len(self._lines) >= BATCH:
            self._full.set()

    async def run(self) -> None:
        """Write whenever enough is there or enough time has passed, until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY):
                    await self._full.wait()
            self._full.clear()
            await self.flush()

    async def flush(self) -> None:
        """Write what waits now; what the store does not take goes on waiting."""
        waiting = len(self._lines)  # not what comes meanwhile: a slow store would get an object for each row
        while waiting > 0 and self._write is not None:
            batch = [self._lines.popleft() for _ in range(min(BATCH, waiting))]
            waiting -= len(batch)
            now = datetime.now(UTC)
            name = f"{now:%Y-%m-%d}/{now:%H%M%S}-{self.newest.run}-{next(self._numbers)}.jsonl"
            try:
                await asyncio.to_thread(self._write, f"{self._folder}/{name}", "\n".join(batch).encode())
            except Exception as error:  # whatever a store says, requests go on
                log.warning("%d predictions wait: %s", len(batch) + len(self._lines), error)
                self._lines.extendleft(reversed(batch))
                return
