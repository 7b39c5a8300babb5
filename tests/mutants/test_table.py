"""What this tier proves: the table of mutants fits the code, and every requirement that is built has one.

It does not run them: ``make mutants`` does. That the runner tells a kill from a survivor is proven here too,
on a small project of its own.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.mutants import crossing, running
from tests.mutants.mutant import PROJECT, Fate, Mutant
from tests.mutants.running import BaselineError, run_all
from tests.mutants.table import MUTANTS

BUILT = {
    "A1",
    "A2",
    "A3",
    "A4",
    "A5",
    "A6",
    "A7",
    "A8",
    "A9",
    "A10",
    "A11",
    "B1",
    "A13",
    "B2",
    "B3",
    "B4",
    "B5",
    "B6",
    "B8",
    "B9",
    "B7",
    "B10",
    "B11",
    "C11",
    "E1",
    "E2",
    "E3",
    "E4",
    "E5",
    "E6",
    "E7",
    "E8",
}
"""Requirements of which something is built; a new one starts with a mutant."""


def test_every_requirement_that_is_built_has_a_mutant() -> None:
    assert {mutant.requirement for mutant in MUTANTS} >= BUILT | crossing.BUILT


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_mutation_applies_to_one_line_and_changes_it(mutant: Mutant) -> None:
    text = (PROJECT / mutant.file).read_text()
    assert text.count(mutant.old) == 1
    assert mutant.old != mutant.new
    assert "\n" not in mutant.old + mutant.new
    assert not mutant.file.startswith("tests/")


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_killer_is_a_test_that_exists(mutant: Mutant) -> None:
    file, *_, name = mutant.killer.split("::")
    assert f"def {name.split('[')[0]}(" in (PROJECT / file).read_text()


# The runner

SMALL = {
    "adding.py": "def add(a: int, b: int) -> int:\n    return a + b\n",
    "test_adding.py": (
        "from adding import add\n\n\ndef test_sum() -> None:\n    assert add(2, 2) == 4\n\n\n"
        "def test_wrong() -> None:\n    assert add(1, 1) == 3\n"
    ),
}
KILLED = Mutant("X1", "adding.py", "a + b", "a - b", "test_adding.py::test_sum")


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one line and one good test."""
    for name, text in SMALL.items():
        (tmp_path / name).write_text(text)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)  # noqa: S607 - the user's git
    monkeypatch.setattr(running, "PROJECT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("mutant", "fate"),
    [
        (KILLED, Fate.KILLED),
        (Mutant("X2", "adding.py", "a + b", "a * b", KILLED.killer), Fate.SURVIVED),
        (Mutant("X3", "adding.py", "a +  b", "a - b", KILLED.killer), Fate.NOT_APPLICABLE),
        (Mutant("X4", "gone.py", "a + b", "a - b", KILLED.killer), Fate.NOT_APPLICABLE),
        (Mutant("X5", "adding.py", "a + b", "a + (", KILLED.killer), Fate.NOT_APPLICABLE),
    ],
    ids=lambda value: value.requirement if isinstance(value, Mutant) else value,
)
def test_runner_tells_a_kill_from_a_survivor_and_from_a_broken_program(
    small: Path, mutant: Mutant, fate: Fate
) -> None:
    assert run_all([mutant], lambda *_: None, jobs=1) == {mutant: fate}
    assert (small / "adding.py").read_text() == SMALL["adding.py"]


@pytest.mark.usefixtures("small")
def test_runner_refuses_a_test_that_fails_anyway() -> None:
    with pytest.raises(BaselineError, match="do not pass without one, so no mutant was tried"):
        run_all([Mutant("X1", "adding.py", "a + b", "a - b", "test_adding.py::test_wrong")], lambda *_: None)
