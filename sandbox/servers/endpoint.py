"""A small model as a server that can fall ill: the old side's SageMaker endpoint, or a model server.

``python -m sandbox.servers.endpoint --port 9001 --key KEY:SECRET`` answers InvokeEndpoint and checks every
signature as AWS does (:mod:`sandbox.servers.sigv4`); it also answers the Open Inference Protocol, unsigned.
Both score alike: the logistic function of a row's sum. ``POST /illness`` with ``{"kind", "share"}`` makes a
share of the answers errors, slow, or wrong, and ``pace_s`` and ``slow_s`` say how slow; that stands for a
model that broke, which no real server does on demand.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import uvloop
from aiohttp import web

from sandbox.servers.sigv4 import Signed, refusal

ENDPOINT = "fraud-detection-prod"
KINDS = ("well", "errors", "slow", "wrong")
SLOW_S = 0.25


@dataclass
class Model:
    """The model, how it feels, and whom it knows.

    Attributes:
        secrets: secret by access key, of who may ask.
        pace_s, slow_s: how long an answer takes at least, when well and when slow.
        counts: requests by what became of them.
    """

    region: str
    secrets: dict[str, str]
    kind: str = "well"
    share: float = 0.0
    pace_s: float = 0.0
    slow_s: float = SLOW_S
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("answered", "refused", "ill"), 0))
    _chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - which request fails

    def score(self, row: Sequence[float]) -> float:
        """Of one row; the other way round where it is wrong."""
        right = 1 / (1 + math.exp(-sum(row)))
        return 1 - right if self._struck("wrong") else right

    async def feel(self) -> None:
        """Be ill, if it is this request's turn.

        Raises:
            web.HTTPInternalServerError: this one fails.
        """
        takes = self.slow_s if self._struck("slow") else self.pace_s
        if takes:
            await asyncio.sleep(takes)
        if self._struck("errors"):
            raise web.HTTPInternalServerError(text="the model is ill")

    def _struck(self, kind: str) -> bool:
        hit = self.kind == kind and self._chance.random() < self.share
        self.counts["ill"] += hit
        return hit

    async def invocations(self, request: web.Request) -> web.Response:
        """SageMaker's InvokeEndpoint."""
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        signed = Signed(request.method, request.raw_path, headers, body)
        code = refusal(signed, self.secrets, "sagemaker", self.region, datetime.now(UTC))
        if code:
            self.counts["refused"] += 1
            return web.json_response({"message": code}, status=403, headers={"x-amzn-ErrorType": code})
        if request.match_info["name"] != ENDPOINT:
            return web.json_response({"message": "no such endpoint"}, status=HTTPStatus.BAD_REQUEST)
        await self.feel()
        rows = [item["features"] for item in (await request.json())["instances"]]
        self.counts["answered"] += 1
        return web.json_response({"predictions": [{"score": self.score(row)} for row in rows]})

    async def infer(self, request: web.Request) -> web.Response:
        """The Open Inference Protocol, one input."""
        await self.feel()
        asked: dict[str, Any] = await request.json()
        tensor = asked["inputs"][0]
        size, data = tensor["shape"][1], tensor["data"]
        scores = [self.score(data[at : at + size]) for at in range(0, len(data), size)]
        self.counts["answered"] += 1
        output = {"name": "score", "datatype": "FP64", "shape": [len(scores), 1], "data": scores}
        return web.json_response({"model_name": request.match_info["name"], "outputs": [output]})

    async def fall_ill(self, request: web.Request) -> web.Response:
        """Change how it feels."""
        wanted = await request.json()
        if wanted["kind"] not in KINDS:
            raise web.HTTPBadRequest(text=f"kinds are {', '.join(KINDS)}")
        self.kind, self.share = wanted["kind"], float(wanted.get("share", 1.0))
        self.pace_s = float(wanted.get("pace_s", self.pace_s))
        self.slow_s = float(wanted.get("slow_s", self.slow_s))
        return web.json_response(self.counts)

    def application(self) -> web.Application:
        """Both dialects."""
        app = web.Application()
        app.router.add_post("/endpoints/{name}/invocations", self.invocations)
        app.router.add_post("/v2/models/{name}/infer", self.infer)
        app.router.add_get("/v2/models/{name}/ready", _ready)
        app.router.add_post("/illness", self.fall_ill)
        return app


async def _ready(_: web.Request) -> web.Response:
    return web.Response()


def main(argv: Sequence[str]) -> int:
    """Serve until SIGTERM."""
    own = argparse.ArgumentParser()
    own.add_argument("--host", default="127.0.0.1")
    own.add_argument("--port", type=int, required=True)
    own.add_argument("--region", default="us-east-1")
    own.add_argument("--key", action="append", default=[], help="access key and secret, with a colon between")
    given = own.parse_args(argv)
    model = Model(given.region, dict(item.split(":", 1) for item in given.key))
    web.run_app(
        model.application(),
        host=given.host,
        port=given.port,
        print=None,
        access_log=None,
        loop=uvloop.new_event_loop(),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
