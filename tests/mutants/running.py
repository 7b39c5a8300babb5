"""Run mutants: each in a throw-away copy of the project, judged by its own test alone."""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.mutants.mutant import PROJECT, Fate, Mutant

_PASSED, _FAILED = 0, 1  # pytest's exit codes; every other means that the test itself did not run
_LAST_LINES = 15


class BaselineError(Exception):
    """Tests fail without any mutation, so their failing with one would prove nothing."""


def run_all(
    mutants: Sequence[Mutant], told: Callable[[Mutant, Fate, str], None], jobs: int | None = None
) -> dict[Mutant, Fate]:
    """What becomes of each.

    Args:
        mutants: which.
        told: called after each, with the end of what its test said.
        jobs: how many at once; one per processor by default.

    Raises:
        BaselineError: a named test does not pass in a copy without mutation.
    """
    workers = jobs or os.cpu_count() or 1
    with _copies(workers) as copies:
        _check_baseline(mutants, copies)

        def run(mutant: Mutant) -> Fate:
            copy = copies.get()
            try:
                fate, said = run_one(mutant, copy)
            finally:
                copies.put(copy)
            told(mutant, fate, said)
            return fate

        with ThreadPoolExecutor(workers) as pool:
            return dict(zip(mutants, pool.map(run, mutants), strict=True))


def run_one(mutant: Mutant, copy: Path) -> tuple[Fate, str]:
    """Its fate in this copy, which is afterwards as it was, and the end of what the test said."""
    file = copy / mutant.file
    original = file.read_text() if file.is_file() else ""
    mutated = mutant.applied_to(original)
    if mutated is None:
        return Fate.NOT_APPLICABLE, f"{mutant.old!r} is not exactly once in {mutant.file}"
    file.write_text(mutated)
    try:
        code, said = _pytest(copy, [mutant.killer])
    finally:
        file.write_text(original)
    fates = {_PASSED: Fate.SURVIVED, _FAILED: Fate.KILLED}
    return fates.get(code, Fate.NOT_APPLICABLE), said


def _check_baseline(mutants: Sequence[Mutant], copies: queue.Queue[Path]) -> None:
    copy = copies.get()
    code, said = _pytest(copy, sorted({mutant.killer for mutant in mutants}))
    copies.put(copy)
    if code != _PASSED:
        raise BaselineError(
            "The tests that are to kill mutants do not pass without one, so no mutant was tried. "
            f"Make them pass first. pytest said:\n{said}"
        )


def _pytest(copy: Path, tests: Sequence[str]) -> tuple[int, str]:
    """Run tests of a copy against that copy's own code."""
    # No bytecode: that of the unmutated file could be taken for the mutated one (same size, same second).
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-x",
            "-q",
            "--no-header",
            "--disable-warnings",
            "--timeout=300",
            "-p",
            "no:cacheprovider",
            *tests,
        ],
        cwd=copy,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, "\n".join(done.stdout.splitlines()[-_LAST_LINES:])


@contextmanager
def _copies(number: int) -> Iterator[queue.Queue[Path]]:
    """Copies of what git knows or would add; nothing built, nothing ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 - the user's git
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [name for name in listed.stdout.split("\0") if (PROJECT / name).is_file()]
    with tempfile.TemporaryDirectory(prefix="ferry-mutants-") as directory:
        copies: queue.Queue[Path] = queue.Queue()
        for index in range(number):
            copy = Path(directory) / str(index)
            for name in files:
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(PROJECT / name, copy / name)
            copies.put(copy)
        yield copies
