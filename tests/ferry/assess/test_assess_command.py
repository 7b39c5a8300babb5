"""``ferry assess`` as a person, a program and the preview meet it (C11)."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from ferry.assess import bench
from ferry.assess.packages import LINES
from ferry.cli import app
from stacks.settings import load_file
from tests.infra.environments import PROJECT
from workloads.problems import problems
from workloads.state import Stage, WorkloadState

ESTATE = Path(__file__).parent / "sample-estate"
WHOLE = ["assess", "--code", "jobs", "--code", "notebooks", "--crontab", "crontab.txt"]
WHOLE = [*WHOLE, "--cronjobs", "cluster/cronjobs.json"]
SECRETS = ("sommer2019", "not-a-real", "AKIAIOSFODNN7EXAMPLE", "never-printed-0")

RENDER = """
from pathlib import Path
from sandbox.rendering import run
from stacks import program
from stacks.settings import load_file
from workloads.catalogue import CATALOGUE

settings = load_file(Path("Pulumi.dev.yaml"))
made = run(lambda: program.build(settings), stack="dev")
print(len(made.resources), *sorted(set(settings.workloads) & set(CATALOGUE)))
"""


@pytest.fixture(autouse=True)
def _in_the_estate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ESTATE)
    monkeypatch.setenv("COLUMNS", "120")


def test_a_person_gets_order_reasons_and_calendar_but_no_secret() -> None:
    """C10, C11."""
    result = CliRunner().invoke(app, WHOLE)
    assert result.exit_code == 0, result.output
    for said in (
        "embed-documents",
        "refactor-and-optimize",
        "The calendar of 44 weeks",
        "Secrets in plain sight (5)",
    ):
        assert said in result.output
    assert "jobs/quarterly_report.py: not Python 3" in result.output
    assert not [secret for secret in SECRETS if secret in result.output]


def test_json_has_everything_but_secrets(tmp_path: Path) -> None:
    """C11."""
    result = CliRunner().invoke(app, [*WHOLE, "--json", "--write", str(tmp_path)])
    found = json.loads(result.output)
    by_name = {item["name"]: item for item in found["workloads"]}
    assert by_name["embed-documents"]["wave"] == "high-impact"
    assert by_name["old-ranking"]["pattern"] == "retire"
    assert by_name["score-churn"]["needs"] == ["churn-features"]
    assert by_name["score-churn"]["first_week"] > by_name["churn-features"]["last_week"]
    assert len(found["secrets"]) == 5
    assert len(found["written"]) == len(found["workloads"]) == 8
    everything = result.output + "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert not [secret for secret in SECRETS if secret in everything]


def test_packages_and_lines_pass_the_preview(tmp_path: Path) -> None:
    """C11: loaded by our settings and catalogue, rendered by our program, clean for our linter."""
    copy = tmp_path / "project"
    for room in ("infra", "workloads", "stacks", "sandbox", "policy"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT / room, copy / room, ignore=ignore)
    shutil.copy(PROJECT / "pyproject.toml", copy)
    assert CliRunner().invoke(app, [*WHOLE, "--write", str(copy)]).exit_code == 0
    lines = yaml.safe_load((copy / LINES).read_text())["ferry:workloads"]
    file = yaml.safe_load((PROJECT / "Pulumi.dev.yaml").read_text())
    file["config"]["ferry:workloads"] |= lines
    (copy / "Pulumi.dev.yaml").write_text(yaml.safe_dump(file))
    command = [sys.executable, "-c", RENDER]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    count, *known = done.stdout.split()
    assert int(count) > 100
    assert set(known) == {*lines, "churn", "fraud-detection"}
    for verb in (["check"], ["format", "--check"]):
        ruff = subprocess.run(
            [sys.executable, "-m", "ruff", *verb, "workloads"],
            cwd=copy,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ruff.returncode == 0, ruff.stdout


def test_every_definition_is_whole(tmp_path: Path) -> None:
    """C11: none of them says what the settings would refuse."""
    CliRunner().invoke(app, [*WHOLE, "--write", str(tmp_path)])
    made = [runpy.run_path(str(path))["WORKLOAD"] for path in tmp_path.glob("workloads/*/definition.py")]
    assert len(made) == 8
    for spec in made:
        assert problems({spec.name: WorkloadState(stage=Stage.LEGACY)}, {spec.name: spec}) == []


def test_what_exists_is_left_as_it_is(tmp_path: Path) -> None:
    CliRunner().invoke(app, [*WHOLE, "--write", str(tmp_path)])
    mine = tmp_path / "workloads/segmentation/definition.py"
    mine.write_text("# reviewed\n")
    result = CliRunner().invoke(app, [*WHOLE, "--write", str(tmp_path)])
    assert mine.read_text() == "# reviewed\n"
    assert "Not written (8)" in result.output


@pytest.mark.parametrize("words", [[], ["--code", "nowhere"], ["--crontab", "nowhere.txt"]])
def test_nothing_to_read_is_wrong_use(words: list[str]) -> None:
    result = CliRunner().invoke(app, ["assess", *words])
    assert result.exit_code == 2
    assert "so nothing was assessed. For example: ferry assess --code" in result.output


def test_help_shows_an_example() -> None:
    assert (
        "ferry assess --sagemaker us-east-1 --teams 6 --write ."
        in CliRunner().invoke(app, ["assess", "--help"]).output
    )


def test_the_bench_s_estate_is_a_thousand_workloads(tmp_path: Path) -> None:
    """C11: what `make bench` measures is what it says."""
    bench.estate(tmp_path, count=30)
    found = json.loads(CliRunner().invoke(app, ["assess", "--code", str(tmp_path), "--json"]).output)
    assert len(found["workloads"]) == 30
    assert found["skipped"] == []


def test_settings_of_the_project_stay_as_they_are() -> None:
    """The sample estate is nobody's workload here."""
    assert set(load_file(PROJECT / "Pulumi.dev.yaml").workloads) == {"churn", "fraud-detection"}
