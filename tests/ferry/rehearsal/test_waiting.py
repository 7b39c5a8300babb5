"""Bounded waiting: it asks at least once, asks again, and ends.

This tier proves the bounds with a pause of nothing; it measures no time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx

from ferry.rehearsal.checks.waiting import until


def answers(*given: bool | Exception) -> Callable[[], bool]:
    rest: Iterator[bool | Exception] = iter(given)

    def ask() -> bool:
        answer = next(rest)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ask


def test_waiting_without_patience_asks_once() -> None:
    assert until(answers(True), patience=0)
    assert not until(answers(False), patience=0)


def test_waiting_asks_until_it_is_so() -> None:
    assert until(answers(False, False, True), patience=60, pause=0)


def test_busy_api_server_is_asked_again() -> None:
    assert until(answers(httpx.ReadTimeout("busy"), True), patience=60, pause=0)
