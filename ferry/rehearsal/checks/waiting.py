"""Bounded waiting: look again until it is so, or patience is at its end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import httpx

PAUSE = 0.25
"""Seconds between two looks."""


def until(done: Callable[[], bool], patience: float, pause: float = PAUSE) -> bool:
    """Whether `done` became true within `patience` seconds. It is asked at least once.

    A look that finds the API server too busy to answer is not an answer: it is taken again while patience
    lasts.
    """
    ends = time.monotonic() + patience
    while True:
        with contextlib.suppress(httpx.TransportError):
            if done():
                return True
        if time.monotonic() >= ends:
            return False
        time.sleep(pause)
