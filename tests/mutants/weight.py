"""The mutants of how a weight really moves: adapters, guard, rollback (requirements C5 to C8)."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_SIDES = "ferry/adapter/sides.py"
_SERVER = "ferry/adapter/server.py"
_ANSWERS = "tests/ferry/adapter/test_adapter.py::test"
_ROWS = "tests/ferry/adapter/test_inference.py::test"

ADAPTERS = (
    Mutant(
        "C5",
        _SERVER,
        'read = invocation if request.path.startswith("/endpoints/") else question',
        "read = question",
        f"{_ANSWERS}_sagemakers_own_clients_change_only_their_url",
    ),
    Mutant(
        "C6",
        _SERVER,
        "return self._inferring(MIRROR)",
        "return self._inferring(LIVE)",
        f"{_ANSWERS}_a_copy_is_counted_as_one",
    ),
    Mutant(
        "C7",
        "ferry/adapter/inference.py",
        'key = str(asked.get("id") or request_id)',
        "key = str(request_id)",
        f"{_ROWS}_both_sides_of_a_request_have_the_callers_key_or_else_the_gateways",
    ),
    Mutant(
        "C7",
        "ferry/adapter/recording.py",
        "self._lines.extendleft(reversed(batch))",
        "",
        f"{_ANSWERS}_a_store_that_is_gone_costs_evidence_and_never_an_answer",
    ),
    Mutant(
        "C8",
        _SIDES,
        "async with asyncio.timeout(self.timeout_s), self.crowd.place():",
        "async with self.crowd.place():",
        f"{_ANSWERS}_a_side_that_does_not_answer_in_time_costs_no_more_than_that_time",
    ),
    Mutant(
        "C8",
        _SIDES,
        "if self._inside >= self.places + waiting:",
        "if self._inside < 0:",
        f"{_ANSWERS}_a_full_crowd_turns_away_at_once_instead_of_growing",
    ),
)

_COUNTING = "ferry/guard/counting.py"
_LOOP = "tests/ferry/guard/test_loop.py::test"
_COUNTED = "tests/ferry/guard/test_counting.py::test"

GUARD = (
    Mutant(
        "C7",
        "ferry/guard/proof.py",
        "kinds=needs(self.spec, Stage.CANARY, Stage.CANARY),",
        "kinds=frozenset(),",
        "tests/ferry/guard/test_proof.py::test_each_way_of_not_being_enough_keeps_it_where_it_is",
    ),
    Mutant(
        "C8",
        "ferry/guard/safety.py",
        "epoch = told.epoch if latch else None",
        "epoch = None",
        f"{_LOOP}_rollback_needs_no_guard_and_is_latched",
    ),
    Mutant(
        "C8",
        "ferry/guard/safety.py",
        "if stepped is not None and stepped != self._last:",
        "if stepped is not None:",
        f"{_LOOP}_watchdog_lowers_the_weight_of_a_guard_that_fell_silent_and_only_then",
    ),
    Mutant(
        "C8",
        "ferry/guard/cluster.py",
        'for end in item.get("endpoints") or []]',
        'for end in item["endpoints"]]',
        "tests/ferry/guard/test_cluster.py::"
        "test_a_service_without_pods_beside_one_with_pods_does_not_stop_the_guard",
    ),
    Mutant(
        "C8",
        "ferry/guard/loop.py",
        "latched = None if told.stage is Stage.SHADOW else told.epoch",
        "latched = None",
        f"{_LOOP}_a_route_that_somebody_deleted_comes_back_latched",
    ),
    Mutant(
        "C8",
        _COUNTING,
        "if host not in wanted or not name.startswith(begins) or _MIRROR in name:",
        "if host not in wanted or not name.startswith(begins):",
        f"{_COUNTED}_what_is_not_this_platforms_live_traffic_is_left_out",
    ),
    Mutant(
        "C8",
        _COUNTING,
        "return after, Window(now - before.at, requests=bad, errors=bad) if bad else None",
        "return after, None",
        f"{_COUNTED}_of_a_platform_that_says_nothing_only_its_failures_are_known",
    ),
    Mutant(
        "C8",
        _COUNTING,
        "return new - old if new >= old else new",
        "return abs(new - old)",
        f"{_COUNTED}_a_proxy_that_began_anew_or_is_new_invents_nothing",
    ),
)

WEIGHT = (*ADAPTERS, *GUARD)
