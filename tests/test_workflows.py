"""The pipeline's own files (E7): no long-lived key, least rights, every action by commit.

zizmor judges them; what it does not know of this project (roles, gates, the policy pack) is judged here. That
the hosting service runs them as written cannot be proved on one machine.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from ferry.bootstrap.jobs import JOBS
from ferry.bootstrap.policies import Place, apply_trust, preview_trust
from ferry.cli import app
from ferry.images.model import IMAGES
from ferry.release import SUMS
from stacks.settings import Environment

WORKFLOWS = sorted((Path(__file__).parents[1] / ".github/workflows").glob("*.yml"))
STACKS = [str(item) for item in Environment]


def read(name: str) -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load((WORKFLOWS[0].parent / name).read_text())
    return loaded


def test_judge_of_workflows_finds_nothing() -> None:
    """E7: injection, loose permissions, credentials left behind, unpinned actions."""
    zizmor = Path(sys.executable).with_name("zizmor")
    found = subprocess.run(
        [zizmor, "--offline", "--no-progress", "--persona", "pedantic", *WORKFLOWS],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_second_judge_of_workflows_finds_nothing(actionlint: Path, tmp_path: Path) -> None:
    """E7: syntax, expressions, what a called workflow takes and gives.

    actionlint 1.7 knows only the older way to name a workflow of the same repository (`./`), so it gets that.
    """
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    for path in WORKFLOWS:
        (folder / path.name).write_text(path.read_text().replace("uses: $/", "uses: ./"))
    command = ["git", "init", "--quiet", str(tmp_path)]
    subprocess.run(command, check=True)
    judged: list[str | Path] = [
        actionlint,
        "-no-color",
        "-shellcheck=",
        "-pyflakes=",
        *sorted(folder.glob("*.yml")),
    ]
    found = subprocess.run(judged, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_foreign_action_is_pinned_by_commit_and_says_its_version(path: Path) -> None:
    """E7."""
    for line in path.read_text().splitlines():
        if match := re.search(r"uses: (\S+)(.*)", line):
            own = match[1].startswith("$/")
            assert own or re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", match[1] + match[2]), line


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_secret_is_read_and_nothing_is_given_by_default(path: Path) -> None:
    """E7: no long-lived keys: there is none to read."""
    assert "secrets." not in path.read_text()
    assert read(path.name)["permissions"] == {}


def test_roles_and_gates_are_those_that_bootstrap_trusts() -> None:
    """E7: a job that asks for a role from another place than bootstrap expects would be refused by AWS."""
    jobs = read("up.yml")["jobs"]
    assert {name: job["with"]["gate"] for name, job in jobs.items()} == {name: name for name in STACKS}
    drift = read("drift.yml")["jobs"]["drift"]
    previews = {name: job for name, job in read("preview.yml")["jobs"].items() if "uses" in job}
    assert list(previews) == drift["strategy"]["matrix"]["stack"]
    assert {name: job["with"]["stack"] for name, job in previews.items()} == {name: name for name in STACKS}
    for stack in STACKS:
        place = Place(stack, "123456789012", "us-east-1", "acme/ferry")
        assert f"repo:acme/ferry:environment:{stack}" in str(apply_trust(place))
        gate = drift["with"]["gate"].replace("${{ matrix.stack }}", stack)
        assert f"repo:acme/ferry:environment:{gate}" in str(preview_trust(place))
        assert "repo:acme/ferry:pull_request" in str(preview_trust(place))


def test_environments_are_applied_in_order_with_approval_and_one_at_a_time() -> None:
    """E7."""
    jobs = read("up.yml")["jobs"]
    assert [jobs[name].get("needs") for name in ("dev", "staging", "prod")] == [None, "dev", "staging"]
    assert all(job["with"]["purpose"] == "apply" for job in jobs.values())
    assert read("stack.yml")["jobs"]["run"]["concurrency"]["cancel-in-progress"] is False


def test_every_command_of_the_engine_is_judged_by_the_policy_pack() -> None:
    """E3, E7."""
    steps = read("stack.yml")["jobs"]["run"]["steps"]
    commands = [step["run"] for step in steps if re.match(r"pulumi (preview|up)", step.get("run", ""))]
    assert len(commands) == 2
    assert all("--policy-pack policy" in command for command in commands)
    assert (
        len([step for step in steps if "ferry preview" in step.get("run", "")]) == 1
    )  # it takes the pack itself


def test_job_that_writes_comments_runs_nothing_of_the_pull_request() -> None:
    """E7: no checkout, no action, no text of the pull request in its script; forks get no comment."""
    job = read("preview.yml")["jobs"]["comment"]
    assert job["permissions"] == {"pull-requests": "write"}
    assert [set(step) for step in job["steps"]] == [{"name", "env", "run"}]
    assert "${{" not in job["steps"][0]["run"]
    assert "head.repo.full_name == github.repository" in job["if"]


def test_each_environment_has_one_comment_which_a_later_run_writes_anew(tmp_path: Path) -> None:
    """E2, E7: the job's own script, with a hosting service that knows one comment."""
    script = read("preview.yml")["jobs"]["comment"]["steps"][0]["run"]
    gh = tmp_path / "gh"
    gh.write_text(HOST)
    gh.chmod(0o755)
    texts = {
        name.upper(): f"<!-- ferry preview {name} -->\nof {name} `$(touch x)`" for name in ("dev", "prod")
    }
    environment = {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "LOG": str(tmp_path / "log"),
        "COMMENTS": "all",
        "COMMENT": "one",
        "STAGING": "",
        **texts,
    }
    subprocess.run(["bash", "-e", "-c", script], env=environment, check=True, cwd=tmp_path)  # noqa: S607
    assert (tmp_path / "log").read_text().splitlines() == [
        "PATCH one/7 <!-- ferry preview dev --> of dev `$(touch x)`",
        "POST all <!-- ferry preview prod --> of prod `$(touch x)`",
    ]
    assert not (tmp_path / "x").exists()


HOST = """#!/bin/bash
if [ "$2" = --paginate ]; then
  [[ "${marker}" = *dev* ]] && echo 7
  exit 0
fi
echo "$3 $4 $(tr '\\n' ' ')" >> "${LOG}"
"""


def steps(name: str) -> list[dict[str, Any]]:
    """Every step of a workflow."""
    return [step for job in read(name)["jobs"].values() for step in job.get("steps", [])]


def own_commands() -> list[list[str]]:
    """What the workflows ask of the project's own command."""
    scripts = [step.get("run", "") for path in WORKFLOWS for step in steps(path.name)]
    found = [line for script in scripts for line in re.findall(r"--no-sync ferry ([^|\n]+)", script)]
    return [line.split() for line in found]


def test_steps_are_verbs_of_the_project_with_options_that_they_have() -> None:
    """E7: what is tested here is what runs there; a misspelt option would be found on the day of an `up`."""
    asked = own_commands()
    assert {words[0] for words in asked} == {"preview", "images", "gate"}
    for words in asked:
        command: Any = typer.main.get_command(app)
        left = list(words)
        while hasattr(command, "commands"):
            command = command.commands[left.pop(0)]
        known = {option for item in command.params for option in item.opts}
        assert {word for word in left if word.startswith("--")} <= known, words


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_script_with_a_pipe_fails_when_any_part_of_it_does(path: Path) -> None:
    """E7: GitHub's own default would show a gate that failed as one that passed."""
    shell = read(path.name).get("defaults", {}).get("run", {}).get("shell")
    for step in steps(path.name):
        if re.search(r"\| *\n? *tee", step.get("run", "")):
            assert shell == "bash", step


def test_an_up_follows_only_upon_images_that_are_there_and_signed() -> None:
    """E7: in the same job, before it, on the same condition."""
    names = [step.get("name") for step in steps("stack.yml")]
    assert names.index("Images") + 1 == names.index("Up")
    [images, up] = [step for step in steps("stack.yml") if step.get("name") in {"Images", "Up"}]
    assert images["if"] == up["if"]
    assert "ferry images check" in images["run"]


@pytest.mark.parametrize(("name", "purpose"), [("images.yml", "publish"), ("evidence.yml", "evidence")])
def test_narrow_role_is_asked_for_from_the_place_that_it_trusts(name: str, purpose: str) -> None:
    """E7: and from the main branch alone; one run for each environment at a time, never cut off."""
    [job] = read(name)["jobs"].values()
    [role] = [
        step["with"]["role-to-assume"] for step in job["steps"] if "role-to-assume" in step.get("with", {})
    ]
    assert job["if"] == "github.ref == 'refs/heads/main'"
    assert job["concurrency"]["cancel-in-progress"] is False
    assert "${{ matrix.stack }}" in job["concurrency"]["group"]
    assert job["strategy"]["matrix"]["stack"] == STACKS
    for stack in STACKS:
        place = Place(stack, "123456789012", "us-east-1", "acme/ferry")
        assert role.replace("${{ matrix.stack }}", stack).endswith(f"/{place.role(purpose)}")
        gate = job["environment"].replace("${{ matrix.stack }}", stack)
        assert f"repo:acme/ferry:environment:{gate}" in str(JOBS[purpose].trust(place))


def test_every_image_is_built_for_every_environment_and_attested_by_its_digest() -> None:
    """E7."""
    job = read("images.yml")["jobs"]["image"]
    assert job["strategy"]["matrix"]["image"] == sorted(IMAGES)
    [attested] = [step["with"] for step in job["steps"] if "attest" in step.get("uses", "")]
    assert attested["subject-digest"] == "${{ steps.publish.outputs.digest }}"


def test_what_publishes_a_release_runs_nothing_of_the_project_and_attests_nothing() -> None:
    """E7: who may write cannot make, and who makes cannot write."""
    jobs = read("release.yml")["jobs"]
    assert jobs["build"]["permissions"]["contents"] == "read"
    assert jobs["publish"]["permissions"] == {"contents": "write"}
    assert not any("checkout" in step.get("uses", "") for step in jobs["publish"]["steps"])
    assert "sha256sum --check --strict SHA256SUMS" in jobs["publish"]["steps"][-1]["run"]
    attested = [step["with"] for step in jobs["build"]["steps"] if "attest" in step.get("uses", "")]
    assert attested == [{"subject-checksums": f"dist/{SUMS}"}]


def test_evidence_is_fresh_every_night_before_the_day_begins() -> None:
    """E7: and drift is looked for; both on a schedule."""
    for name in ("evidence.yml", "drift.yml"):
        [clock] = read(name)[True]["schedule"]  # YAML 1.1 reads `on` as true
        assert re.fullmatch(r"\d+ [0-6] \* \* \*", clock["cron"])


def test_what_runs_on_every_push_is_what_a_person_runs() -> None:
    assert read("test.yml")["jobs"]["test"]["steps"][-1]["run"] == ".ci/run"
