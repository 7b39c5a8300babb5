"""``ferry adapter``: one side of one workload behind the Open Inference Protocol."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import aiohttp
import boto3
import typer
import uvloop
from aiohttp import web

from ferry.adapter.batch import Folder, OldOutput, OutputError, carry, scheduled
from ferry.adapter.recording import Recorder, Write
from ferry.adapter.server import Adapter
from ferry.adapter.sides import Crowd, HttpJson, Line, SageMaker, Served
from ferry.adapter.sides import Side as Asked
from ferry.batch.publish import S3
from workloads.catalogue import CATALOGUE
from workloads.evidence import UNKNOWN
from workloads.patterns import programs
from workloads.patterns.migration import MOUNT, POLICY, Migration, MigrationError, read
from workloads.state import Slot
from workloads.traffic import Side

_ONLINE = ("sagemaker", "http")
_TOLD = Path(MOUNT) / POLICY
_LETS_GO_S = 20.0
_AT = "%Y-%m-%dT%H:%M:%S%z"

Policy = Annotated[Path, typer.Option(help="The workload's policy, as Pulumi wrote it.")]
Host = Annotated[str, typer.Option(help="Address to listen at.")]
Port = Annotated[int, typer.Option(help="Port for callers.")]
Copies = Annotated[int, typer.Option("--copies-port", help="Port for copies of requests.")]
Inner = Annotated[int, typer.Option("--metrics-port", help="Port for Prometheus and the guard.")]
Model = Annotated[str, typer.Option(help="Digest of the model behind it, as evidence names it.")]
_ANYWHERE = "0.0.0.0"  # noqa: S104 - in a pod, whose network policy says who reaches it

app = typer.Typer(help="Stand before one side of a workload, speak one protocol, and record what is said.")


@app.command()
def legacy(  # noqa: PLR0917 - an option each; Typer calls it by name
    policy: Policy = _TOLD,
    upstream: Annotated[
        str, typer.Option(help="URL of a plain old HTTP service; by default https://<its name>/.")
    ] = "",
    host: Host = _ANYWHERE,
    port: Port = programs.HTTP,
    copies_port: Copies = programs.COPIES,
    metrics_port: Inner = programs.METRICS,
    model: Model = UNKNOWN,
) -> None:
    """Before the old system that the definition names: SageMaker, with this pod's identity, or plain HTTP.

    Ends at SIGTERM, after answering what it has begun and writing down what waits.

    \b
      ferry adapter legacy                                              in a pod
      ferry adapter legacy --policy policy.json --host 127.0.0.1        on a machine
    """
    told = _read(policy)
    served = Adapter(
        told, Side.LEGACY, None, opener(told, Side.LEGACY, upstream), _recorder(told, Side.LEGACY, model)
    )
    uvloop.run(_serve(served, host, (port, copies_port, metrics_port)))


@app.command()
def platform(  # noqa: PLR0917 - an option each; Typer calls it by name
    slot: Annotated[Slot, typer.Option(help="Which slot its model is in.")],
    upstream: Annotated[
        str, typer.Option(help="URL of the model server.")
    ] = f"http://127.0.0.1:{programs.TRITON}",
    policy: Policy = _TOLD,
    host: Host = _ANYWHERE,
    port: Port = programs.HTTP,
    copies_port: Copies = programs.COPIES,
    metrics_port: Inner = programs.METRICS,
    model: Model = UNKNOWN,
) -> None:
    """Before a slot's model server, in its pod: a model server records nothing by itself.

    \b
      ferry adapter platform --slot blue
    """
    told, side = _read(policy), Side.PLATFORM
    served = Adapter(told, side, slot, opener(told, side, upstream), _recorder(told, side, model))
    uvloop.run(_serve(served, host, (port, copies_port, metrics_port)))


@app.command()
def batch(
    side: Annotated[Side, typer.Option(help="Whose output: legacy or platform.")],
    policy: Policy = _TOLD,
    at: Annotated[
        datetime | None,
        typer.Option(help="Logical date; by default the last one of its schedule.", formats=[_AT]),
    ] = None,
    output: Annotated[
        str,
        typer.Option(
            help="Where its job writes, by default batch/<workload>/<side>/<date>.csv in the store."
        ),
    ] = "",
    tolerance: Annotated[float, typer.Option(min=0, max=1, help="Share of keys that may differ.")] = 0.0,
) -> None:
    """Carry one logical date of one side to its end: output in, compared, published once or not at all.

    \b
      ferry adapter batch --side platform
      ferry adapter batch --side legacy --at 2026-11-20T02:00:00+0000 --output 's3://old/{logical:%Y-%m-%d}.csv'
    """
    told = _read(policy)
    folder = f"batch/{told.workload}/"
    place = output or f"s3://{told.evidence.bucket}/{folder}{side}/{{logical:%Y-%m-%dT%H%M}}.csv"
    client: Any = boto3.client("s3", region_name=told.evidence.region)
    bucket, _, pattern = place.removeprefix("s3://").partition("/")
    store = Folder(S3(client, told.evidence.bucket), folder)
    try:
        carry(told, side, at or _last(told), OldOutput(client, bucket, pattern), store, tolerance=tolerance)
    except OutputError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _last(told: Migration) -> datetime:
    schedule = CATALOGUE[told.workload].schedule
    if schedule is None:
        raise typer.BadParameter(f"{told.workload} has no schedule, so --at has to say the logical date")
    return scheduled(schedule.cron, datetime.now(UTC))


def opener(
    told: Migration, side: Side, upstream: str
) -> Callable[[], contextlib.AbstractAsyncContextManager[Asked]]:
    """What makes the side that a workload's definition names.

    Raises:
        typer.BadParameter: nobody can be asked that way.
    """
    if side is Side.LEGACY and told.legacy.kind not in _ONLINE:
        raise typer.BadParameter(
            f"the old {told.workload} is a {told.legacy.kind}: it leaves files and cannot be asked; "
            "`ferry adapter batch` reads them"
        )
    if not upstream and side is not Side.LEGACY:
        raise typer.BadParameter(f"--upstream is missing: the {side} side of {told.workload} is asked by URL")
    return _Opener(told, side, upstream.rstrip("/"))


@dataclass(frozen=True)
class _Opener:
    told: Migration
    side: Side
    upstream: str

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Asked]:
        legacy = self.told.legacy
        # As many connections as places; kept ones spare the old side's TLS.
        connector = aiohttp.TCPConnector(limit=legacy.concurrency, keepalive_timeout=60)
        # Proxies and passwords of the environment are not for this.
        async with aiohttp.ClientSession(connector=connector, trust_env=False) as http:
            yield self._side(Line(http, Crowd(legacy.concurrency), legacy.timeout_ms / 1000))

    def _side(self, line: Line) -> Asked:
        if self.side is not Side.LEGACY:
            return Served(line, self.upstream, self.told.model)
        if self.told.legacy.kind == "http":
            return HttpJson(line, self.upstream or f"https://{self.told.legacy.name}/")
        session = boto3.Session(region_name=self.told.evidence.region)
        client = session.client("sagemaker-runtime")  # it knows the endpoint of this region, FIPS included
        return SageMaker(
            line,
            str(client.meta.endpoint_url).rstrip("/"),
            self.told.legacy.name,
            str(client.meta.region_name),
            session.get_credentials(),
        )


async def _serve(adapter: Adapter, host: str, ports: tuple[int, int, int]) -> None:
    """All ports until SIGTERM; the callers' one is closed first and finishes what it has begun."""
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    runners = []
    applications = (adapter.application(), adapter.copies(), adapter.inner())
    for application, port in zip(applications, ports, strict=True):
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=_LETS_GO_S)
        await runner.setup()
        await web.TCPSite(runner, host, port).start()
        runners.append(runner)
    await over.wait()
    for runner in runners:
        await runner.cleanup()


def _read(path: Path) -> Migration:
    try:
        return read({POLICY: path.read_text()})
    except (OSError, MigrationError) as error:
        typer.echo(f"{path}: {error}", err=True)
        raise typer.Exit(2) from None


def _recorder(told: Migration, side: Side, model: str) -> Recorder:
    return Recorder(told.workload, side, model, _store(told))


def _store(told: Migration) -> Write:
    place = told.evidence
    client: Any = boto3.client("s3", region_name=place.region)

    def write(key: str, content: bytes) -> None:
        client.put_object(Bucket=place.bucket, Key=key, Body=content, ExpectedBucketOwner=place.owner)

    return write
