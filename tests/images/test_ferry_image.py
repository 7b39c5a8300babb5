"""The project's image, as far as it can be told without building one (C8, B9).

Proves that its command runs with the program's own dependencies, and that it understands every pod's
arguments. That the image builds is not proved here: there is no container engine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

from workloads.evidence import UNKNOWN
from workloads.patterns import programs
from workloads.patterns.migration import Names
from workloads.state import Slot

PROJECT = Path(__file__).parents[2]
NAMES = Names("fraud-detection")
PODS = {
    "guard": programs.guard(NAMES),
    "watchdog": programs.watchdog(NAMES),
    "legacy adapter": programs.legacy_adapter(),
    "recorder": programs.recorder(Slot.BLUE, UNKNOWN),
    "batch": programs.batch_adapter("legacy"),
    "drift": programs.drift(NAMES),
    "database": ["database"],
    "run": programs.run(NAMES),
}
BLOCKING = """
import importlib.abc, json, sys
class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in {names}:
            raise ModuleNotFoundError(f"{{name}} is not in the image")
sys.meta_path.insert(0, Absent())
from typer.testing import CliRunner
from ferry.inside import app
print(json.dumps([CliRunner().invoke(app, item).output for item in json.load(sys.stdin)]))
"""


def absent() -> set[str]:
    """Modules of what only the rehearsal, pipelines and tests need."""
    groups = tomllib.loads((PROJECT / "pyproject.toml").read_text())["dependency-groups"]
    named = [item for group in groups.values() for item in group if isinstance(item, str)]
    modules = {item.split("=")[0].split("[")[0].split(">")[0].strip().replace("-", "_") for item in named}
    # Pulumi and the Kubernetes client bring these two themselves.
    return (modules | {"sandbox", "jwt", "cfnlint", "xdist"}) - {"grpcio", "cryptography"}


def test_command_runs_without_what_only_a_rehearsal_needs_and_understands_every_pod() -> None:
    """C8, C9: neither an emulated AWS nor a test tool; a misspelt option would be a pod that never starts."""
    verbs = [[part for part in item if part[:2] != "--" and part != NAMES.workload] for item in PODS.values()]
    done = subprocess.run(
        [sys.executable, "-c", BLOCKING.format(names=absent())],
        input=json.dumps([[*item, "--help"] for item in verbs]),
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
    )
    assert done.returncode == 0, done.stderr
    helps = json.loads(done.stdout.splitlines()[-1])
    for (what, item), said in zip(PODS.items(), helps, strict=True):
        options = [part.partition("=")[0] for part in item if part.startswith("--")]
        assert [option for option in options if option not in said] == [], f"{what}: {said}"


def test_image_is_pinned_and_its_user_is_the_pods() -> None:
    """B9."""
    text = (PROJECT / "images" / "ferry" / "Dockerfile").read_text()
    assert all("@sha256:" in line for line in text.splitlines() if line.startswith("FROM "))
    assert "USER 10001:10001" in text
    assert "--require-hashes" in text
