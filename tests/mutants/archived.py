"""The mutants of an old system's archive (C12), and of the name under which answers are kept (C7)."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_EXPORTED = "tests/ferry/gates/test_exported.py::test"

ARCHIVED = (
    Mutant(
        "C12",
        "ferry/gates/exported.py",
        "return body is None or digest_of(body) != digest",
        "return body is None",
        f"{_EXPORTED}_a_file_that_is_missing_or_changed_fails_it_by_name",
    ),
    Mutant(
        "C12",
        "ferry/gates/exported.py",
        'if missing or not found.whole["history"]:',
        "if missing:",
        f"{_EXPORTED}_an_archive_that_leaves_something_out_is_no_data",
    ),
    Mutant(
        "C7",
        "workloads/patterns/programs.py",
        'f"--model={digest}", ',
        "",
        "tests/workloads/patterns/test_release.py::"
        "test_what_a_slot_says_is_recorded_under_its_versions_digest",
    ),
)
