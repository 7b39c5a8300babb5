"""An adapter between a caller and a side, over real sockets; the endpoint checks signatures (C6, C8).

Not proved here: Envoy in front (``tests/crossing``), and SageMaker itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
import typer
from aiohttp import web
from botocore.credentials import Credentials

from ferry.adapter import recording
from ferry.adapter.command import opener
from ferry.adapter.inference import Question
from ferry.adapter.recording import Recorder
from ferry.adapter.server import Adapter
from ferry.adapter.sides import Crowd, HttpJson, Line, SageMaker, Served, Side
from ferry.gates.rows import side
from sandbox.servers.endpoint import ENDPOINT, Model
from workloads.catalogue import CATALOGUE
from workloads.evidence import UNKNOWN
from workloads.patterns.migration import EvidencePlace, Migration, Way, migration
from workloads.stages import Recorded
from workloads.traffic import Side as Name

KEY = Credentials("AKIDEXAMPLE", "a secret of the test")
Make = Callable[[Line, str], Side]


@contextlib.asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def sagemaker(line: Line, base: str) -> Side:
    return SageMaker(line, base, ENDPOINT, "us-east-1", KEY)


def stranger(line: Line, base: str) -> Side:
    return SageMaker(line, base, ENDPOINT, "us-east-1", Credentials(KEY.access_key, "another secret"))


def served(line: Line, base: str) -> Side:
    return Served(line, base, "fraud-detection")


PLACE = EvidencePlace(bucket="b", owner="123456789012", key="alias/k", region="us-east-1")


def policy(workload: str, known: str = "fraud-detection") -> Migration:
    """What Pulumi would say of a workload like one of the catalogue."""
    way = Way(hostname="ml.example.com", parent={"name": "ferry"})
    told = migration(CATALOGUE[known], Recorded(), "dev", way, PLACE)
    return told.model_copy(update={"workload": workload})


@dataclass
class Told:
    """What a caller got, the adapter's metrics, and what was recorded."""

    status: int
    answer: Any
    metrics: str
    newest: Any
    lines: list[str]


def tell(
    make: Make,
    model: Model,
    *,
    timeout_s: float = 5.0,
    body: bytes | None = None,
    copy: bool = False,
    path: str = "/v2/models/fraud-detection/infer",
    workload: str = "fraud-detection",
) -> Told:
    """One request through an adapter, from its start to its end."""

    async def run() -> Told:
        objects: dict[str, bytes] = {}
        recorder = Recorder(workload, Name.LEGACY, UNKNOWN, objects.__setitem__)
        async with serving(model.application()) as base:

            @contextlib.asynccontextmanager
            async def opened() -> AsyncIterator[Side]:
                async with aiohttp.ClientSession() as http:
                    yield make(Line(http, Crowd(4), timeout_s), base)

            adapter = Adapter(policy(workload), Name.LEGACY, None, opened, recorder)
            async with (
                serving(adapter.inner()) as inner,
                serving(adapter.application()) as live,
                serving(adapter.copies()) as copies,
                aiohttp.ClientSession() as caller,
            ):
                asked = {"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [0.5, 1.0]}]}
                own = body if body is not None else json.dumps(asked).encode()
                headers = {"x-request-id": "r1"}
                async with caller.post(f"{copies if copy else live}{path}", data=own, headers=headers) as got:
                    status, answer = got.status, json.loads(await got.read())
                async with caller.get(f"{inner}/metrics") as got:
                    metrics = await got.text()
                async with caller.get(f"{inner}/answers?after=0") as got:
                    newest = await got.json()
        lines = [line for content in objects.values() for line in content.decode().splitlines()]
        return Told(status, answer, metrics, newest, lines)

    return asyncio.run(run())


def model() -> Model:
    return Model("us-east-1", {KEY.access_key: str(KEY.secret_key)})


@pytest.mark.parametrize("make", [sagemaker, served])
def test_caller_is_answered_in_the_open_inference_protocol_whoever_is_behind(make: Make) -> None:
    """C6: a caller does not see which side answers."""
    told = tell(make, model())
    assert told.status == 200
    assert told.answer["outputs"][0]["data"] == pytest.approx([0.8175745])


def test_endpoint_answers_no_one_whose_signature_is_not_right() -> None:
    """C6: the stand-in would notice an adapter that signs wrongly."""
    ill = model()
    told = tell(stranger, ill)
    assert (told.status, ill.counts["refused"], ill.counts["answered"]) == (502, 1, 0)


def test_every_answer_is_recorded_with_its_key_and_can_be_joined() -> None:
    """C7: what the gate reads is what the adapter writes."""
    told = tell(sagemaker, model())
    found = side(told.lines, datetime.now(UTC) - timedelta(minutes=1)).answers["r1"]
    assert found.score == pytest.approx(0.8175745)
    assert told.newest["answers"][0][:2] == ["r1", pytest.approx(0.8175745)]


def test_a_failure_is_recorded_as_one_and_counted_by_its_status() -> None:
    """C7, C8: what is left out of the record could be exactly what the model cannot do."""
    ill = model()
    ill.kind, ill.share = "errors", 1.0
    told = tell(sagemaker, ill, workload="failing")
    assert told.status == 502
    assert side(told.lines, datetime.now(UTC) - timedelta(minutes=1)).answers["r1"].error
    wanted = (
        'inference_requests_total{code="502",side="legacy",slot="",traffic="live",workload="failing"} 1.0'
    )
    assert wanted in told.metrics


def test_a_side_that_does_not_answer_in_time_costs_no_more_than_that_time() -> None:
    """C8."""
    ill = model()
    ill.kind, ill.share = "slow", 1.0
    told = tell(served, ill, timeout_s=0.05)
    assert told.status == 504


def test_a_copy_is_counted_as_one() -> None:
    """C6: it comes to a port of its own, since nothing in it says that it is one."""
    told = tell(served, model(), copy=True, workload="copied")
    name = 'inference_requests_total{code="200",side="legacy",slot="",traffic='
    assert f'{name}"mirror",workload="copied"}} 1.0' in told.metrics
    assert f'{name}"live",workload="copied"}} 0.0' in told.metrics


def test_sagemakers_own_clients_change_only_their_url() -> None:
    """C5: asked and answered as SageMaker does it, also by a side that is none."""
    asked = b'{"instances": [{"features": [0.5, 1.0]}]}'
    for make in (sagemaker, served):
        told = tell(make, model(), body=asked, path=f"/endpoints/{ENDPOINT}/invocations")
        assert told.answer == {"predictions": [{"score": pytest.approx(0.8175745)}]}
        assert told.newest["answers"][0][0] == "r1"


def test_metrics_bear_the_names_that_rules_and_panels_ask_for() -> None:
    """B7."""
    told = tell(served, model())
    for name in ("inference_requests_total", "inference_latency_seconds_bucket", "model_confidence_sum"):
        assert f"\n{name}{{" in told.metrics


def test_who_asks_for_nonsense_is_told_so_and_nobody_is_asked() -> None:
    asked = model()
    told = tell(sagemaker, asked, body=b"{}")
    assert told.status == 400
    assert "A right request" in told.answer["error"]
    assert asked.counts["answered"] == 0


def test_a_full_crowd_turns_away_at_once_instead_of_growing() -> None:
    """C8: bounded concurrency; the old system never gets more at once than its definition allows."""
    at_once = 0
    most = 0

    async def slow(_: web.Request) -> web.Response:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.05)
        at_once -= 1
        return web.json_response({"predictions": [0.5]})

    async def run() -> list[int]:
        app = web.Application()
        app.router.add_post("/", slow)
        async with serving(app) as base, aiohttp.ClientSession() as http:
            side = HttpJson(Line(http, Crowd(2), 5.0), f"{base}/")
            asked = Question("k", ((1.0,),), b"")
            found = await asyncio.gather(*(side.ask(asked) for _ in range(9)), return_exceptions=True)
        return [getattr(item, "status", 200) for item in found]

    codes = asyncio.run(run())
    assert (most, codes.count(200), codes.count(503)) == (2, 4, 5)


def test_a_store_that_is_gone_costs_evidence_and_never_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """C7: lines wait, are bounded, and are written when it is back."""
    monkeypatch.setattr(recording, "MOST", 3)
    written: list[bytes] = []
    gone = True

    def write(_: str, content: bytes) -> None:
        if gone:
            raise OSError("S3 is gone")
        written.append(content)

    async def run() -> None:
        nonlocal gone
        recorder = Recorder("w", Name.PLATFORM, UNKNOWN, write)
        for number in range(5):
            recorder.note([recording.Said(str(number), datetime.now(UTC), 1.0, 200, 0.5)])
        await recorder.flush()
        gone = False
        await recorder.flush()

    asyncio.run(run())
    assert [json.loads(line)["key"] for line in b"\n".join(written).splitlines()] == ["0", "1", "2"]


def test_newest_answers_are_given_by_number_and_the_oldest_go() -> None:
    """C8: the guard asks for what it has not seen; two readers do not take from each other."""
    newest = recording.Newest()
    for number in range(5):
        newest.add(recording.Said(str(number), datetime.now(UTC), 1.0, 200, 0.5))
    assert [item.key for item in newest.since(3)] == ["3", "4"]
    assert [item.key for item in newest.since(0)] == ["0", "1", "2", "3", "4"]
    assert newest.since(9) == []


@pytest.mark.parametrize(
    ("name", "which", "fact"),
    [
        ("inventory-forecasting", Name.LEGACY, "leaves files"),
        ("churn", Name.PLATFORM, "--upstream is missing"),
    ],
)
def test_who_cannot_be_asked_is_said_before_anything_listens(name: str, which: Name, fact: str) -> None:
    with pytest.raises(typer.BadParameter, match=fact):
        opener(policy(name, name), which, "")
