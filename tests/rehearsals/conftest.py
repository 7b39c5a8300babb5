"""Both rehearsals, each run once for all tests here, as a person starts them.

Without the floor, by which only speed is judged: a time is no claim of a test. That a floor replays a run to
its end is claimed in ``tests/sandbox/providers/noop``.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ferry.report.model import Report

PROJECT = Path(__file__).parents[2]
SECONDS = 1500
"""A bound, not a claim: a rehearsal that hangs must not take the suite with it."""


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The report of `ferry rehearse --env dev --no-floor`."""
    return rehearse("dev", tmp_path_factory.mktemp("dev"))


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The report of `ferry rehearse --env prod --no-floor`."""
    return rehearse("prod", tmp_path_factory.mktemp("prod"))


def rehearse(environment: str, directory: Path) -> Report:
    """Runs it; the exit code is not judged here, because it also counts speed on a busy machine."""
    command = [sys.executable, "-m", "ferry", "rehearse", "--env", environment, "--report", str(directory)]
    command.append("--no-floor")
    run = subprocess.run(
        command,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    path = directory / "report.json"
    assert path.exists(), f"no report was written:\n{run.stdout[-3000:]}\n{run.stderr[-3000:]}"
    sys.stderr.write(run.stderr[-6000:])  # pytest shows it beside a failure
    return Report.model_validate_json(path.read_text())
