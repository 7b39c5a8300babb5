"""The command itself: every verb is there, and none costs the others anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ferry.cli import VERBS, app

PROJECT = Path(__file__).parents[2]
HEAVY = ("scipy", "boto3", "mlflow", "kubernetes", "fastapi", "plotly", "moto")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_tells_what_it_does_with_an_example(verb: str) -> None:
    """E1: also what is behind a verb of further verbs."""
    told = CliRunner().invoke(app, [verb, "--help"])
    assert told.exit_code == 0, told.output
    assert f"ferry {verb}" in told.output or "Commands" in told.output


def test_a_verb_reads_what_it_needs_and_no_more() -> None:
    """E1: a rehearsal's command checks a file and starts another process; it needs none of these."""
    asked = "import sys; from ferry.cli import app; app(['rehearse', '--help'], standalone_mode=False);"
    told = subprocess.run(
        [sys.executable, "-c", f"{asked} print('READ', *sys.modules)"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    read = set(told.stdout.rsplit("READ", 1)[1].split())
    assert read.isdisjoint(HEAVY), read & set(HEAVY)


def test_a_slip_is_met_with_the_verb_that_was_meant() -> None:
    """E1."""
    told = CliRunner().invoke(app, ["rollbak"])
    assert told.exit_code == 2
    assert "rollback" in told.output
