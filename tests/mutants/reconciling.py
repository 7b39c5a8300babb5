"""Mutants of reconcile: what it would lose, leave twice, or write down."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_STATE = "tests/ferry/reconcile/test_state.py::test"

MUTANTS = (
    Mutant(
        "E1",
        "stacks/marking.py",
        "return {**(tags or {}), TAG: mark(urn)}",
        "return {**(tags or {})}",
        "tests/stacks/test_marking.py::test_every_taggable_resource_of_an_environment_is_marked",
    ),
    Mutant(
        "E1",
        "ferry/reconcile/state.py",
        'if item["urn"] not in known and item.get("custom")',
        'if item["urn"] not in known and not item.get("custom")',
        f"{_STATE}_what_was_being_made_is_looked_for_and_what_was_being_changed_is_read_again",
    ),
    Mutant(
        "E1",
        "ferry/reconcile/state.py",
        "return HIDDEN in repr(value)",
        "return False",
        f"{_STATE}_an_adopted_resource_keeps_its_automatic_name_and_nothing_secret",
    ),
)
