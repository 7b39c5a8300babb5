"""Mutants of status and doctor: what would look better than it is."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_STATUS = "tests/ferry/status/test_status.py::test"

MUTANTS = (
    Mutant(
        "E6",
        "ferry/status/composing.py",
        "latched = live is not None and live.latched is not None and live.latched >= at.epoch",
        "latched = False",
        f"{_STATUS}_weights_and_incidents_are_the_guard_s_own",
    ),
    Mutant(
        "E6",
        "ferry/status/page.py",
        'return str(len(status.incidents)) if looked else "no data"',
        "return str(len(status.incidents))",
        f"{_STATUS}_what_nobody_read_is_no_data_and_never_zero",
    ),
    Mutant(
        "E5",
        "ferry/status/composing.py",
        "Mark.NO_DATA if ran is None else Mark.FAIL if rule.id in broken else Mark.PASS,",
        "Mark.PASS,",
        f"{_STATUS}_controls_have_the_evidence_of_the_rehearsal",
    ),
    Mutant(
        "A3",
        "ferry/doctor/account.py",
        "enough = have >= cpus",
        "enough = have >= 0",
        "tests/ferry/doctor/test_doctor_account.py::test_each_lack_is_named_with_a_way_out",
    ),
)
