"""An old system's archive is judged before it may be destroyed (C12). Pure."""

from __future__ import annotations

import pytest

from ferry.gates.exported import MANIFEST, export, held, manifest
from workloads.evidence import Kind, Verdict

GROUPS = {"history": {"model.txt": b"trees", "rows.npz": b"rows"}, "notebooks": {"train.ipynb": b"{}"}}
WHOLE = {
    MANIFEST: manifest(GROUPS),
    **{name: body for files in GROUPS.values() for name, body in files.items()},
}


def verdict(found: dict[str, bytes]) -> Verdict:
    return export(held(found)).verdict


def test_a_whole_archive_passes_and_says_what_it_holds() -> None:
    """C12: history exported, notebooks archived."""
    check = export(held(WHOLE))
    assert (check.kind, check.verdict, check.n) == (Kind.EXPORT, Verdict.PASS, 3)
    assert check.note == "2 of history, 1 of notebooks"


@pytest.mark.parametrize("name", ["model.txt", "rows.npz", "train.ipynb"])
def test_a_file_that_is_missing_or_changed_fails_it_by_name(name: str) -> None:
    """C12: what was exported is compared byte by byte, not counted."""
    gone = {key: body for key, body in WHOLE.items() if key != name}
    for found in (gone, {**WHOLE, name: b"something else"}):
        assert verdict(found) is Verdict.FAIL
        assert name in export(held(found)).note


def test_no_archive_is_no_data() -> None:
    """C12: silence is no proof."""
    assert export(None).verdict is Verdict.NO_DATA


@pytest.mark.parametrize(
    "groups",
    [{"history": {"model.txt": b"trees"}}, {"history": {}, "notebooks": {}}, {"notebooks": {}}],
    ids=["nobody looked for notebooks", "no history", "history not named"],
)
def test_an_archive_that_leaves_something_out_is_no_data(groups: dict[str, dict[str, bytes]]) -> None:
    """C12: an empty group of notebooks says that there were none; a missing one says nothing."""
    found = {MANIFEST: manifest(groups), "model.txt": b"trees"}
    assert verdict(found) is Verdict.NO_DATA


def test_no_notebooks_is_an_answer_when_it_is_given() -> None:
    """C12."""
    groups = {"history": {"model.txt": b"trees"}, "notebooks": {}}
    assert verdict({MANIFEST: manifest(groups), "model.txt": b"trees"}) is Verdict.PASS


def test_a_manifest_that_cannot_be_read_fails() -> None:
    """C12."""
    assert verdict({**WHOLE, MANIFEST: b"not json"}) is Verdict.FAIL
