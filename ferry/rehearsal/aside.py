"""Something that mostly waits, done beside what works; its end is awaited where its answer is needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def aside(act: Callable[[], T]) -> Future[T]:
    """Begin it now. Nobody waits for it when the rehearsal ends early: without a cluster it ends by itself.

    Returns:
        Its answer, or what it raised.
    """
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(act())
        except BaseException as error:
            answer.set_exception(error)

    threading.Thread(target=run, name="aside", daemon=True).start()
    return answer
