"""The adapter as a server: the Open Inference Protocol in front, one side behind. Thin.

At a port of its own it serves ``/metrics`` (the names that :mod:`infra.watching` promises) and ``/answers``,
the newest answers by number, which the guard reads.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

from ferry.adapter import sides
from ferry.adapter.inference import Answer, MisaskedError, Question, invocation, question
from ferry.adapter.recording import Recorder, Said
from workloads.patterns.migration import Migration
from workloads.patterns.routes import SHADOWS, paths
from workloads.state import Slot
from workloads.traffic import Side

LARGEST = 4 * 2**20
"""Bytes of a request: SageMaker takes no more than 6 MB, and rows are far smaller."""
LIVE, MIRROR = "live", "mirror"
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5)
_CERTAIN = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
_WHO = ["workload", "side", "slot", "traffic"]

REQUESTS = Counter("inference_requests", "Requests by the status that the caller got", [*_WHO, "code"])
LATENCY = Histogram("inference_latency_seconds", "From request to answer", _WHO, buckets=_BUCKETS)
CONFIDENCE = Histogram("model_confidence", "Of the likelier class", _WHO[:-1], buckets=_CERTAIN)


@dataclass
class Adapter:
    """One side of one workload.

    Attributes:
        told: what Pulumi says of the workload.
        slot: which one, on the platform's side.
        open: makes the side, once there is an event loop.
    """

    told: Migration
    side: Side
    slot: Slot | None
    open: Callable[[], contextlib.AbstractAsyncContextManager[sides.Side]]
    recorder: Recorder
    _asked: sides.Side | None = field(default=None, init=False)
    _copies: sides.Crowd = field(default_factory=lambda: sides.Crowd(SHADOWS, waiting=0), init=False)

    def application(self) -> web.Application:
        """What callers reach: the protocol, and the path of SageMaker's clients where there are any."""
        app = self._inferring(LIVE)
        app.cleanup_ctx.append(self._running)
        protocol = paths(self.told)[0]
        app.router.add_get(protocol, self._metadata)
        for path in (f"{protocol}/ready", "/v2/health/ready"):
            app.router.add_get(path, self._ready)
        app.router.add_get("/v2/health/live", _live)
        return app

    def copies(self) -> web.Application:
        """What copies of requests reach; nobody sees the answers."""
        return self._inferring(MIRROR)

    def _inferring(self, traffic: str) -> web.Application:
        app = web.Application(client_max_size=LARGEST)
        protocol, *old = paths(self.told)
        for path in (f"{protocol}/infer", *old):
            app.router.add_post(path, partial(self._infer, traffic))
        return app

    def inner(self) -> web.Application:
        """What Prometheus and the guard read; no caller reaches this port."""
        app = web.Application()
        app.router.add_get("/metrics", _metrics)
        app.router.add_get("/answers", self._answers)
        return app

    @property
    def _who(self) -> tuple[str, str, str]:
        return self.told.workload, self.side, self.slot or ""

    async def _running(self, _: web.Application) -> AsyncIterator[None]:
        """The side's connections and the recorder's task, for as long as requests come."""
        for traffic in (LIVE, MIRROR):
            for code in (HTTPStatus.OK, HTTPStatus.BAD_GATEWAY):
                REQUESTS.labels(*self._who, traffic, int(code))
        async with self.open() as asked:
            self._asked = asked
            task = asyncio.create_task(self.recorder.run())
            yield
            task.cancel()
            await self.recorder.flush()

    async def _infer(self, traffic: str, request: web.Request) -> web.Response:
        began, at = time.perf_counter(), datetime.now(UTC)
        name = request.headers.get("x-request-id") or secrets.token_hex(16)
        asked, answer, status, body = None, None, HTTPStatus.OK.value, b""
        try:
            read = invocation if request.path.startswith("/endpoints/") else question
            asked = read(await request.read(), name)
            answer = await self._ask(asked, traffic)
            body = answer.told(asked)
        except MisaskedError as error:
            status, body = HTTPStatus.BAD_REQUEST.value, _error(str(error))
        except sides.SideError as error:
            status, body = error.status, _error(f"the {self.side} side gave no answer: {error}")
        ms = (time.perf_counter() - began) * 1000
        self._count(traffic, status, ms, answer)
        if asked is not None:
            self.recorder.note(_said(asked, answer, at, ms, status, mirror=traffic == MIRROR))
        return web.Response(status=status, body=body, content_type="application/json")

    async def _ask(self, asked: Question, traffic: str) -> Answer:
        """Copies have few places and wait for none, so that they never slow a caller's request down."""
        if self._asked is None:
            raise sides.SideError(HTTPStatus.SERVICE_UNAVAILABLE, "it is about to start")
        if traffic == LIVE:
            return await self._asked.ask(asked)
        async with self._copies.place():
            return await self._asked.ask(asked)

    def _count(self, traffic: str, status: int, ms: float, answer: Answer | None) -> None:
        REQUESTS.labels(*self._who, traffic, status).inc()
        LATENCY.labels(*self._who, traffic).observe(ms / 1000)
        for score in answer.scores if answer else ():
            CONFIDENCE.labels(*self._who).observe(max(score, 1 - score))

    async def _ready(self, _: web.Request) -> web.Response:
        good = self._asked is not None and await self._asked.ready()
        return web.Response(status=HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE)

    async def _metadata(self, _: web.Request) -> web.Response:
        return web.json_response({"name": self.told.model, "platform": f"ferry-{self.side}", "inputs": []})

    async def _answers(self, request: web.Request) -> web.Response:
        """``/answers?after=<number>``: rows ``[key, score, ms, code, mirror]``."""
        newest = self.recorder.newest
        found = newest.since(int(request.query.get("after", newest.next)))
        rows = [[item.key, item.score, round(item.ms, 3), item.code, item.mirror] for item in found]
        return web.json_response({"run": newest.run, "next": newest.next, "answers": rows})


def _said(
    asked: Question, answer: Answer | None, at: datetime, ms: float, status: int, *, mirror: bool
) -> list[Said]:
    scores = answer.scores if answer else (None,) * len(asked.rows)
    return [Said(key, at, ms, status, score, mirror) for key, score in zip(asked.keys, scores, strict=True)]


def _error(text: str) -> bytes:
    return json.dumps({"error": text}).encode()


async def _live(_: web.Request) -> web.Response:
    return web.Response()


async def _metrics(_: web.Request) -> web.Response:
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
