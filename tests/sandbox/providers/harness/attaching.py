"""Serve a provider inside the test's process, so that a test can look at it while the engine talks to it."""

from __future__ import annotations

import concurrent.futures
import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from sandbox.engine import Engine, EngineSpec
from sandbox.providers.base import Servicer, Session
from sandbox.toolchain import Toolchain
from sandbox.toolchain.table import Tool


@contextlib.contextmanager
def attached(make_session: Callable[[], Session]) -> Iterator[int]:
    """The port of a provider with these sessions."""
    pool = concurrent.futures.ThreadPoolExecutor(max_workers=16)
    server = grpc.server(pool)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(make_session, "0.0.0"), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(grace=0).wait()


@contextlib.contextmanager
def launched(module: str, environment: Mapping[str, str], log: Path) -> Iterator[int]:
    """The port of a provider in a process of its own, as a rehearsal starts it."""
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", module],
            env=dict(environment),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(20)


def engine(home: Path, providers: Mapping[str, int], program: Callable[[], None]) -> Engine:
    """A stack ``ferry/dev`` of its own."""
    project = home / "source"
    project.mkdir(parents=True)
    (project / "Pulumi.yaml").write_text("name: ferry\nruntime: python\n")
    (project / "Pulumi.dev.yaml").write_text("config: {}\n")
    pulumi = Toolchain.locate().path(Tool.PULUMI)
    return Engine(EngineSpec(project, "dev", home / "engine", pulumi, providers), program)


def in_background(run: Callable[[], object]) -> threading.Thread:
    """Something that happens in the cluster while the provider waits."""
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread
