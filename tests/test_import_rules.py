"""What this tier proves: the one-way street of the rooms is watched, and each rule notices a violation.

It runs the real linter on a copy of the rooms with one import planted. It cannot prove that the rules are
the right ones; ``docs/adr`` says why they are.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
ROOMS = ("infra", "workloads", "stacks", "policy", "sandbox", "ferry")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rooms and their rules, free to be spoilt."""
    home = tmp_path_factory.mktemp("rooms")
    shutil.copy(PROJECT / "pyproject.toml", home)
    for room in ROOMS:
        shutil.copytree(PROJECT / room, home / room, ignore=shutil.ignore_patterns("__pycache__"))
    return home


def _lint(home: Path) -> subprocess.CompletedProcess[str]:
    linter = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([linter, "--no-cache"], cwd=home, capture_output=True, text=True, check=False)


def test_rooms_keep_the_rules(copy: Path) -> None:
    done = _lint(copy)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("where", "line", "rule"),
    [
        ("infra", "import stacks", "Rooms are one-way"),
        ("workloads", "import sandbox", "Rooms are one-way"),
        ("stacks", "import sandbox", "Rooms are one-way"),
        ("sandbox", "import ferry", "Rooms are one-way"),
        ("policy", "import stacks", "The policy pack judges with pure modules only"),
        ("infra/specs", "import pulumi", "Specs are pure"),
        ("stacks/settings", "import boto3", "Specs are pure"),
        ("infra/specs", "def late() -> None:\n    import pulumi_aws", "Specs are pure"),
    ],
)
def test_forbidden_import_breaks_its_rule(copy: Path, where: str, line: str, rule: str) -> None:
    planted = copy / where / "planted.py"
    planted.write_text(f"{line}\n")
    try:
        done = _lint(copy)
    finally:
        planted.unlink()
    assert done.returncode == 1, done.stdout
    (broken,) = [text for text in done.stdout.splitlines() if text.endswith("BROKEN")]
    assert broken.startswith(rule)
    assert ".planted" in done.stdout
