"""``make faults``: each provider call of the small program alone, in four modes: create, update, destroy."""

from __future__ import annotations

import pytest

from sandbox.engine import EngineError
from tests.ferry.reconcile.faults import Mode, Verb, inventory
from tests.ferry.reconcile.stand import NOTHING, Stand

CREATES, UPDATES, DELETES = 14, 5, 14
"""Provider calls of the small program."""


def each(calls: int) -> list[tuple[Mode, int]]:
    """Every mode at every call, and at all of them."""
    return [(mode, at) for mode in Mode for at in range(calls + 1)]


@pytest.mark.parametrize(("mode", "at"), each(CREATES))
def test_an_interrupted_first_up_leaves_nothing_twice(stand: Stand, mode: Mode, at: int) -> None:
    """E1."""
    stand.suffers(mode, Verb.CREATE, at)
    stand.reconcile()
    stand.engine.up()
    assert stand.is_whole()


@pytest.mark.parametrize(("mode", "at"), each(UPDATES))
def test_an_interrupted_change_replaces_nothing_that_holds_data(stand: Stand, mode: Mode, at: int) -> None:
    """E1: a token in what holds data is there afterwards."""
    stand.engine.up()
    before = stand.engine.outputs()
    stand.put_token()
    stand.program.note = "second"
    stand.suffers(mode, Verb.UPDATE, at)
    stand.reconcile()
    stand.engine.up()
    assert stand.is_whole()
    assert stand.engine.outputs() == before
    assert stand.has_token()


@pytest.mark.parametrize(("mode", "at"), each(DELETES))
def test_an_interrupted_destroy_can_be_ended(stand: Stand, mode: Mode, at: int) -> None:
    """E1."""
    stand.engine.up()
    stand.suffers(mode, Verb.DELETE, at)
    stand.reconcile()
    stand.engine.destroy(skip_preview=True)
    assert inventory() == NOTHING


def test_without_reconcile_a_lost_response_leaves_orphans(stand: Stand) -> None:
    """The control: the engine makes what is named by chance a second time, or is stuck at what is not."""
    stand.suffers(Mode.LOST, Verb.CREATE)
    with pytest.raises(EngineError, match="AlreadyExists"):
        stand.engine.up()
    assert inventory()["buckets"] == 2
