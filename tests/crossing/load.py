"""A bounded load generator: ``python -m tests.crossing.load URL HOST OUT --count N [--rate R] [--prefix P]``.

Never more than :data:`AT_ONCE` requests under way; each has an id of its own and is asked once. OUT gets what
became of each: ``[key, began, seconds, status]``, by this process's monotonic clock, which all processes
of a machine share.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp

AT_ONCE = 12
NO_ANSWER = 0
_PATIENCE_S = 10.0

Row = tuple[str, float, float, int]


async def one(http: aiohttp.ClientSession, url: str, host: str, key: str) -> Row:
    """One request; status 0 if no answer came."""
    number = sum(key.encode()) % 7 - 3
    tensor = {"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [number, 0.5]}
    began = time.monotonic()
    try:
        body = {"id": key, "inputs": [tensor]}
        async with http.post(url, json=body, headers={"Host": host, "x-request-id": key}) as answer:
            content, status = await answer.read(), answer.status
            if status == 200 and not json.loads(content)["outputs"][0]["data"]:
                status = NO_ANSWER
    except (aiohttp.ClientError, TimeoutError, KeyError, ValueError):
        status = NO_ANSWER
    return key, began, time.monotonic() - began, status


async def run(url: str, host: str, keys: Sequence[str], rate: float | None) -> list[Row]:
    """All of them, at most so many a second."""
    rows: list[Row] = []
    waiting = iter(enumerate(keys))
    start = time.monotonic()
    timeout = aiohttp.ClientTimeout(total=_PATIENCE_S)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as http:

        async def worker() -> None:
            for number, key in waiting:
                if rate is not None:
                    await asyncio.sleep(max(0.0, start + number / rate - time.monotonic()))
                rows.append(await one(http, url, host, key))

        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return rows


def main(argv: Sequence[str]) -> int:
    """Ask, then write what became of it."""
    own = argparse.ArgumentParser()
    for name in ("url", "host", "out"):
        own.add_argument(name)
    own.add_argument("--count", type=int, required=True)
    own.add_argument("--rate", type=float)
    own.add_argument("--prefix", default="r")
    given = own.parse_args(argv)
    keys = [f"{given.prefix}-{number}" for number in range(given.count)]
    rows = asyncio.run(run(given.url, given.host, keys, given.rate))
    Path(given.out).write_text(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
