"""A bounded load generator: ``python -m ferry.drill.load URL HOST OUT [--count N] [--rate R] [--prefix P]``.

Asks so many times, or until SIGTERM. Never more than ``--at-once`` requests under way; each has an id of its
own and is asked once. OUT gets what became of each, a row of :class:`ferry.drill.programs.Answer`. With
``--beside URL`` every other request goes there instead, so that two ways are compared under the same
conditions; its keys begin with ``beside-``.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from pathlib import Path

import aiohttp
import uvloop

AT_ONCE = 12
NO_ANSWER = 0
BESIDE = "beside"
_PATIENCE_S = 10.0

Row = tuple[str, float, float, int]


async def one(http: aiohttp.ClientSession, url: str, host: str, key: str) -> Row:
    """One request; status 0 if no usable answer came."""
    number = sum(key.encode()) % 7 - 3
    tensor = f'{{"name":"x","shape":[1,2],"datatype":"FP32","data":[{number},0.5]}}'
    body = f'{{"id":"{key}","inputs":[{tensor}]}}'
    headers = {"Host": host, "x-request-id": key, "Content-Type": "application/json"}
    began = time.monotonic()
    try:
        async with http.post(url, data=body.encode(), headers=headers) as answer:
            content, status = await answer.read(), answer.status
            if status == HTTPStatus.OK and not json.loads(content)["outputs"][0]["data"]:
                status = NO_ANSWER
    except (aiohttp.ClientError, TimeoutError, KeyError, ValueError):
        status = NO_ANSWER
    return key, began, time.monotonic() - began, status


async def run(
    ways: Sequence[tuple[str, str]], host: str, numbers: Iterable[int], rate: float | None, at_once: int
) -> list[Row]:
    """Ask once for each number, at most so often a second.

    Args:
        ways: prefix of the keys and URL; they take turns.
    """
    rows: list[Row] = []
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    waiting = itertools.takewhile(lambda _: not over.is_set(), numbers)
    start = time.monotonic()
    timeout = aiohttp.ClientTimeout(total=_PATIENCE_S)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as http:

        async def worker() -> None:
            for number in waiting:
                if rate is not None:
                    await asyncio.sleep(max(0.0, start + number / rate - time.monotonic()))
                prefix, url = ways[number % len(ways)]
                rows.append(await one(http, url, host, f"{prefix}-{number}"))

        await asyncio.gather(*(worker() for _ in range(at_once)))
    return rows


def main(argv: Sequence[str]) -> int:
    """Ask, then write what became of it."""
    own = argparse.ArgumentParser()
    for name in ("url", "host", "out"):
        own.add_argument(name)
    own.add_argument("--count", type=int)
    own.add_argument("--rate", type=float)
    own.add_argument("--at-once", type=int, default=AT_ONCE)
    own.add_argument("--prefix", default="r")
    own.add_argument("--beside")
    given = own.parse_args(argv)
    ways = [(given.prefix, given.url), *([(BESIDE, given.beside)] if given.beside else [])]
    numbers = itertools.count() if given.count is None else range(given.count)
    rows = uvloop.run(run(ways, given.host, numbers, given.rate, given.at_once))
    part = Path(f"{given.out}.part")
    part.write_text(json.dumps(rows))
    part.replace(given.out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
