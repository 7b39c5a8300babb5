"""Interrupted updates, in the real engine against the emulated AWS (E1, issue "fault sweep").

Proves that after a reconcile and an `up` everything is there once, nothing pends, and what holds data is the
same object. One stack lives through every mode; mostly all calls of a kind fail at once, which leaves most
strays. `make faults` breaks each call alone (``sweep.py``). Says nothing of types that the program lacks.
"""

from __future__ import annotations

from sandbox.providers.aws import clients
from tests.ferry.reconcile.faults import Mode, Verb, inventory
from tests.ferry.reconcile.stand import NOTHING, Stand
from tests.sandbox.providers.aws.bench import REGION


def names(urns: list[str]) -> list[str]:
    """The last part of each."""
    return [urn.rsplit("::", 1)[-1] for urn in urns]


def test_a_stack_survives_four_faults_in_create_update_and_destroy(stand: Stand) -> None:
    """E1: fails before, response lost, killed, credentials expired."""
    logs = clients.client("logs", REGION)
    stand.suffers(Mode.BEFORE, Verb.CREATE)
    stand.suffers(Mode.EXPIRED, Verb.CREATE)
    logs.create_log_group(logGroupName="/ferry/runs")
    stand.suffers(Mode.KILLED, Verb.CREATE, 2)
    report = stand.reconcile()
    assert names(report.foreign) == ["runs"], (
        "it bears our name without our mark: not ours to destroy one day"
    )
    logs.delete_log_group(logGroupName="/ferry/runs")
    stand.suffers(Mode.LOST, Verb.CREATE)
    assert stand.reconcile().adopted
    stand.engine.up()
    assert stand.is_whole()

    stand.put_token()
    before = stand.engine.outputs()
    stand.program.note = "second"
    stand.suffers(Mode.LOST, Verb.UPDATE)
    stand.suffers(Mode.KILLED, Verb.UPDATE, 2)
    stand.reconcile()
    stand.engine.up()
    assert stand.is_whole()
    assert stand.engine.outputs() == before
    assert stand.has_token(), "nothing that holds data was replaced"

    stand.empty_store()
    stand.suffers(Mode.LOST, Verb.DELETE, 3)
    stand.suffers(Mode.KILLED, Verb.DELETE, 3)
    stand.reconcile()
    stand.engine.destroy(skip_preview=True)
    assert inventory() == NOTHING
