"""What several rooms' tests share: the pinned tools, and one real control plane for the whole run."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from google.rpc import status_pb2
from moto import mock_aws

from sandbox.controlplane.client import Client
from sandbox.toolchain import REHEARSAL, Tool, Toolchain
from sandbox.world import Decision, World
from sandbox.worldspec import WorldSpec
from stacks import garbage
from tests import order
from tests.worlds import decision

# Pulumi's SDK and Kubeflow's each bring google.rpc.Status, and protobuf lets a process have it once. Of our
# programs none loads both; the process that runs all tests does, and has Google's own.
sys.modules.setdefault("pulumi.runtime.proto.status_pb2", status_pb2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits long begins first; see `order`."""
    if strays := order.strays(items):
        raise pytest.UsageError(f"{strays} use the shared control plane: name their place in tests/order.py.")
    items[:] = order.arranged(items)


garbage.seldom()


def pytest_collection_finish() -> None:
    """What collecting brought stays to the end: nobody need look through it."""
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> order.Scheduling:
    """What shares a control plane stays in one process; see `order`."""
    return order.Scheduling(config, log)


_shared = contextlib.ExitStack()
"""What ends with the last test that shares a control plane, not with the last test of all."""


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Nobody asks that control plane any more."""
    if order.shares(item) and not order.shares(nextitem):
        _shared.close()


@pytest.fixture(scope="session")
def toolchain() -> Toolchain:
    """The tools of a rehearsal; built now if they are not there yet."""
    chain = Toolchain.locate()
    chain.ensure(REHEARSAL)
    return chain


@pytest.fixture(scope="session")
def promtool() -> Path:
    """Prometheus' own judge of rules and queries."""
    return _judge(Tool.PROMTOOL)


@pytest.fixture(scope="session")
def kube_score() -> Path:
    """A judge of manifests."""
    return _judge(Tool.KUBE_SCORE)


@pytest.fixture(scope="session")
def pod_security() -> Path:
    """Kubernetes' own judge of pods."""
    return _judge(Tool.POD_SECURITY)


@pytest.fixture(scope="session")
def actionlint() -> Path:
    """A judge of workflow files."""
    return _judge(Tool.ACTIONLINT)


@pytest.fixture(scope="session")
def checkov() -> Path:
    """A judge of cloud resources; parliament, the judge of IAM documents, lies in the same site."""
    return _judge(Tool.CHECKOV)


def _judge(tool: Tool) -> Path:
    chain = Toolchain.locate()
    chain.ensure([tool])
    return chain.path(tool)


@pytest.fixture(scope="session")
def new_world(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Decision:
    """A decision for a world of one's own; enter ``World(new_world)``."""
    return decision(toolchain, tmp_path_factory.mktemp("world") / "own")


@pytest.fixture(scope="session")
def world(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world whose control plane runs: API server, controllers, scheduler, simulated kubelets. No AWS.

    Shared by the session: use names of your own, and remove what you make.
    """
    with _shared:
        opened = _shared.enter_context(
            World(decision(toolchain, tmp_path_factory.mktemp("world") / "shared"))
        )
        opened.start_control_plane()
        yield opened


@pytest.fixture(scope="session")
def world_spec(world: World) -> WorldSpec:
    """Addresses and administrator's access of the shared world."""
    return world.spec


@pytest.fixture(scope="session")
def kube(world: World) -> Iterator[Client]:
    """An administrator's client of the shared control plane."""
    client = Client.of(world.spec)
    yield client
    client.close()


@pytest.fixture(scope="session")
def one_session() -> boto3.Session:
    """One for all tests: it keeps AWS's service descriptions, which take a while to read."""
    return boto3.Session("testing", "testing", region_name="us-east-1")


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch, one_session: boto3.Session) -> Iterator[boto3.Session]:
    """An emulated account in this process, empty at the start of each test."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield one_session
