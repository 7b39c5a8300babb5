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
        "traffic = MIRROR if host.endswith(SHADOW) else LIVE",
        "traffic = LIVE",
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

WEIGHT = (*ADAPTERS,)
