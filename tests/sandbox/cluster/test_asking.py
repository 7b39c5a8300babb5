"""Stand-ins ask no more often than what they wait for can change, and see it all the same (A2, A3).

The stand-in alone, with a counting AWS and a client that only remembers; `test_stand_ins.py` has it at work
in a real control plane.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from sandbox.cluster import karpenter, nodegroups
from sandbox.cluster.aws import Aws
from sandbox.cluster.nodegroups import NodeGroups
from tests.sandbox.cluster.test_nodes import GROUP, M5_XLARGE, SUBNETS


class Watching:
    """A watch of nodes that shows what the client made."""

    def __init__(self, client: Remembering) -> None:
        self._client = client

    def objects(self) -> list[Any]:
        """As last seen."""
        return self._client.made


class Remembering:
    """A client that keeps what it is given."""

    def __init__(self) -> None:
        self.made: list[Any] = []

    def create(self, body: Any) -> None:
        """Keep it."""
        self.made.append(body)


class Counting:
    """An AWS with the node groups of ``groups``, which counts how often it is asked for them."""

    def __init__(self) -> None:
        self.groups: list[Any] = []
        self.asked = 0

    def node_groups(self) -> list[Any]:
        """What there is."""
        self.asked += 1
        return self.groups

    def subnets(self, _ids: list[str]) -> list[Any]:
        """All of them."""
        return SUBNETS

    def instance_type(self, _name: str) -> Any:
        """One for all."""
        return M5_XLARGE


class Silent:
    """A ledger that nobody reads."""

    def note(self, _what: str) -> None:
        """Nothing."""


class Clock:
    """Time that a test lets pass."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        """Now."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(nodegroups, "time", made)
    return made


def stand_in(aws: Counting) -> tuple[Any, Any]:
    """A stand-in, and the watchers of its steps."""
    client: Any = Remembering()
    spec: Any = type("Spec", (), {"region": "us-east-1"})()
    given: Any = aws
    silent: Any = Silent()
    return NodeGroups(spec, client, given, silent), [Watching(client)]


def test_a_heartbeat_of_a_node_is_no_reason_to_ask_aws(clock: Clock) -> None:
    aws = Counting()
    groups, watchers = stand_in(aws)
    for _ in range(20):
        groups.step(watchers)
        clock.now += 0.05
    assert aws.asked == 1


def test_a_new_node_group_is_seen_by_time_alone_and_its_machines_join(clock: Clock) -> None:
    aws = Counting()
    groups, watchers = stand_in(aws)
    groups.step(watchers)
    aws.groups = [{**GROUP, "subnets": ["a", "b", "c"]}]
    clock.now += nodegroups._ASK_EVERY_S
    groups.step(watchers)
    assert len(watchers[0].objects()) == GROUP["scalingConfig"]["desiredSize"]


class Ec2:
    """Describes subnets, and remembers which it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def describe_subnets(self, SubnetIds: list[str]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        """Those that there are."""
        self.asked += SubnetIds
        return {"Subnets": [{"SubnetId": identity} for identity in SubnetIds if identity != "gone"]}


def test_a_subnet_is_asked_for_once_and_one_that_is_not_there_again() -> None:
    aws = Aws.__new__(Aws)
    aws._subnets, aws.ec2 = {}, Ec2()
    for _ in range(2):
        assert [item["SubnetId"] for item in aws.subnets(["b", "gone", "a"])] == ["b", "a"]
    assert aws.ec2.asked == ["b", "gone", "a", "gone"]


@pytest.fixture
def health() -> Iterator[tuple[int, Any]]:
    """A port whose answers are given by a test."""
    statuses: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(statuses[-1] if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port, statuses
        server.shutdown()


def test_karpenter_is_ready_when_it_says_so_and_never_otherwise(health: tuple[int, Any]) -> None:
    port, statuses = health
    said = []
    for status in (503, 200, 500):
        statuses.append(status)
        said.append(karpenter._answers(port))
    assert said == [False, True, False]


def test_karpenter_that_does_not_listen_is_not_ready() -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        port = server.server_port
    assert karpenter._answers(port) is False
