"""A workload crosses under load, through the real way in, with the guard as a process (C5, C6, C7, C8).

One run for all claims, in a network of its own: real API server, Envoy Gateway and Envoy; real adapters, the
guard and `ferry rollback` as programs; an endpoint that checks signatures. The model server is a small one
that can be killed at will (``tests/sandbox/servers/test_serving.py`` has Triton). Not proved here: times,
which belong to the drill, and what a load balancer adds.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ferry.drill.estate import WORKLOAD
from ferry.drill.small import AT_KILL, REQUESTS, SWITCHES
from ferry.gates.rows import side
from ferry.guard.cluster import LOST
from sandbox.isolation import probe, run_isolated
from sandbox.servers.dump import mappings
from sandbox.toolchain import Tool, Toolchain

Seen = dict[str, Any]
OK = 200


@pytest.fixture(scope="module")
def seen(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What `ferry.drill.small` saw."""
    assert toolchain.path(Tool.ENVOY_GATEWAY).exists(), "nothing is built in there"
    if not probe().allowed:
        pytest.skip(f"Envoy Gateway needs a network of its own: {probe().reason}")
    home = tmp_path_factory.mktemp("crossing")
    out = home / "out.json"
    code = run_isolated([sys.executable, "-m", "ferry.drill.small", str(out), str(home / "state")])
    logs = (path for path in sorted((home / "state" / "logs").glob("*.log")))
    assert code == 0, "\n".join(f"{path.name}: {path.read_text(errors='replace')[-1500:]}" for path in logs)
    found: Seen = json.loads(out.read_text())
    return found


def test_no_request_is_lost_while_the_weight_moves(seen: Seen) -> None:
    """C6: thousands of requests, each asked once; under them the route appears and its weight moves often."""
    asked = len(seen["many"])
    assert asked > REQUESTS
    assert Counter(status for *_, status in seen["many"]) == {OK: asked}
    assert len({key for key, *_ in seen["many"]}) == asked
    assert seen["switches"] == SWITCHES


def test_both_sides_answer_and_every_copy_arrives_or_is_counted_as_shed(seen: Seen) -> None:
    """C6: the sides' own counts add up to what callers asked."""
    legacy, blue = (total(seen["counts"][part], "live") for part in ("legacy", "blue"))
    assert min(legacy, blue) > REQUESTS / 20
    assert legacy + blue >= REQUESTS
    copied = sum(began > seen["opened_at"] for _, began, *_ in seen["many"])
    assert copied > REQUESTS / 4
    assert total(seen["counts"]["blue"], "mirror") >= copied


def test_a_platform_that_dies_loses_no_request_and_its_traffic_goes_back(seen: Seen) -> None:
    """C8: what the dead side was asked is answered by the old one; the guard sees what callers did not."""
    assert seen["before_kill"] == {"weight": AT_KILL, "latched": None}
    assert Counter(status for *_, status in seen["killed"]) == {OK: len(seen["killed"])}
    assert seen["after_kill"] == {"weight": 0, "latched": 1}
    assert any(began > seen["killed_at"] for _, began, *_ in seen["killed"])
    assert any(began < seen["killed_at"] for _, began, *_ in seen["killed"])
    assert any('"errors rose"' in line for line in seen["guard"]), "and not for silence"


def test_a_latch_holds_against_a_weight_that_somebody_sets(seen: Seen) -> None:
    """C8: the platform is well again, and nobody has raised the epoch."""
    assert "relowered_s" in seen


def test_rollback_works_with_the_guard_dead_and_is_latched(seen: Seen) -> None:
    """C8: the command itself, as an operator runs it."""
    assert seen["rollback"]["code"] == 0, seen["rollback"]["errors"]
    said = json.loads(seen["rollback"]["said"])
    assert (said["before"], said["after"], said["latched_epoch"]) == (25, 0, 2)
    assert seen["after_rollback"] == {"weight": 0, "latched": 2}


def test_of_two_who_write_at_once_one_is_refused(seen: Seen) -> None:
    """C8: by the API server; a guard that has lost its lease without knowing can change nothing."""
    assert seen["stale_write"] == LOST


def test_watchdog_lowers_what_a_dead_guard_left(seen: Seen) -> None:
    """C8: through the real API server."""
    assert seen["after_watchdog"] == {"weight": 0, "latched": 2}


def test_failed_tries_go_to_the_other_side_as_envoy_was_told(seen: Seen) -> None:
    """C8: read back from Envoy itself: without the next priority, a retry asks the dead side again."""
    policies = list(mappings(seen["dump"], "retry_policy"))
    ours = [item for item in policies if "previous_priorities" in json.dumps(item.get("retry_priority", {}))]
    assert any("5xx" in item["retry_on"] and "connect-failure" in item["retry_on"] for item in ours)
    name = f"httproute/{WORKLOAD}/{WORKLOAD}-guard/rule/0"
    clusters = [item for item in mappings(seen["dump"], "endpoint_config") if item["cluster_name"] == name]
    priorities = {end.get("priority", 0) for item in clusters for end in item.get("endpoints", [])}
    assert priorities == {0, 1}


def test_both_sides_wrote_down_what_they_said_under_the_same_keys(seen: Seen) -> None:
    """C7: the gate's own reader joins them; nothing waits in memory when an adapter has ended."""
    day = datetime.now(UTC) - timedelta(days=1)
    legacy, platform = (side(seen["recorded"][name], day).answers for name in ("legacy", "platform"))
    many = {key for key, *_ in seen["many"]}
    assert many <= legacy.keys() | platform.keys()
    both = [key for key in legacy.keys() & platform.keys() & many if not platform[key].error]
    assert len(both) > REQUESTS / 4
    assert all(legacy[key].score == pytest.approx(platform[key].score) for key in both[:500])


def total(counts: dict[str, float], traffic: str) -> float:
    """Requests of one kind."""
    return sum(value for name, value in counts.items() if f'traffic="{traffic}"' in name)
