"""Real Redis in cluster mode, as many processes as the replication group has nodes (A6).

Proves that TLS and AUTH are demanded and that a killed primary's work goes on. How fast ElastiCache itself
notices a dead node is not proved: here Redis's own vote decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ferry.rehearsal.checks.failover import Outcome, claims, faults, kill_under_load, open_doors
from sandbox.processes import Supervisor
from sandbox.servers.redis import RedisCluster, Shape, program, settings, shape_of

TOKEN = "a-token-of-sixteen-characters"  # noqa: S105 - of a server on loopback that ends with the test
GROUP = {
    "NodeGroups": [{"NodeGroupMembers": [{}, {}]}] * 3,
    "TransitEncryptionEnabled": True,
    "AuthTokenEnabled": True,
}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisCluster]:
    """Six processes; the test that kills one of them comes last."""
    server, state = program(), tmp_path_factory.mktemp("redis")
    assert server is not None, "run scripts/redis, which says what it needs"
    with Supervisor(state) as supervisor:
        made = RedisCluster(supervisor, state / "redis", shape_of(GROUP), TOKEN)
        made.start(server)
        yield made


def test_the_shape_is_that_of_the_replication_group() -> None:
    """A6: production has three shards with a replica each."""
    assert shape_of(GROUP) == Shape(shards=3, replicas=1, tls=True, auth=True)
    assert shape_of(GROUP).nodes == 6
    plain: dict[str, Any] = {"NodeGroups": [{"NodeGroupMembers": [{}]}]}
    assert shape_of(plain) == Shape(shards=1, replicas=0, tls=False, auth=False)


def test_with_tls_no_port_is_open_without_it() -> None:
    """A6."""
    lines = settings(Shape(3, 1, tls=True, auth=True), 7000, Path("/d"), Path("/k"), TOKEN)
    assert (lines["port"], lines["tls-port"]) == ("0", "7000")
    assert lines["tls-replication"] == lines["tls-cluster"] == "yes"
    assert lines["requirepass"] == lines["masterauth"] == TOKEN


def test_nobody_comes_in_without_token_or_without_tls(cluster: RedisCluster) -> None:
    """A6."""
    assert open_doors(cluster) == []
    assert len(cluster.nodes) == 6


def test_a_killed_primarys_writes_go_on_and_no_acknowledged_one_is_lost(cluster: RedisCluster) -> None:
    """A6: beyond what asynchronous replication documents."""
    outcome = kill_under_load(cluster)
    assert outcome.resumed_s is not None
    assert faults(outcome) == []


def test_a_lost_write_is_judged_by_when_it_was_acknowledged() -> None:
    """A6: in the primary's last moment it may die with it; before and after it may not."""
    assert faults(Outcome(9, 0, 1.0, [0.01])) == []
    assert len(faults(Outcome(9, 0, 1.0, [5.0]))) == 1
    assert len(faults(Outcome(9, 0, 1.0, [-0.5]))) == 1


def test_writes_that_never_go_on_are_a_failed_claim() -> None:
    """A6."""
    assert [claim.passed for claim in claims(Outcome(9, 3, None))] == [False, True]
    assert [claim.passed for claim in claims(Outcome(9, 3, 2.5))] == [True, True]
