"""The sample pipelines (B2): they compile as Kubeflow wants them, run here, and are judged by their results.

The runs are real. That the role may write to its store is proved in the rehearsal.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ferry.rehearsal.checks import samples

IMAGE = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/ferry-dev/pipeline@sha256:{'a' * 64}"
GOOD = samples.Found(
    outputs={"sample": {"Output": "x"}, "two-steps": {"Output": 2.0}},
    local={"sample/report/written": "1", "two-steps/prepare/data": "2", "two-steps/fit/model": "3"},
    stored={"sample/report/written": "1", "two-steps/prepare/data": "2", "two-steps/fit/model": "3"},
)


def failed(found: samples.Found) -> set[str]:
    return {check.id for check in samples.judge(found) if not check.passed}


def command(*arguments: str) -> None:
    argv = [sys.executable, "-m", "workloads.samples", *arguments]
    subprocess.run(argv, check=True, capture_output=True, cwd=Path(__file__).parents[3])


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """Both pipelines as they would be uploaded."""
    directory = tmp_path_factory.mktemp("compiled")
    command("compile", str(directory), IMAGE)
    return {path.stem: yaml.safe_load(path.read_text()) for path in directory.glob("*.yaml")}


def test_there_is_one_of_one_step_and_one_of_two(compiled: dict[str, dict[str, object]]) -> None:
    """B2 as the plan words it."""
    steps = {name: len(spec["root"]["dag"]["tasks"]) for name, spec in compiled.items()}  # type: ignore[index] # YAML
    assert steps == {"sample": 1, "two-steps": 2}


def test_steps_run_in_the_image_that_is_named_by_digest_and_install_nothing(
    compiled: dict[str, dict[str, object]],
) -> None:
    for spec in compiled.values():
        text = json.dumps(spec)
        assert f'"image": "{IMAGE}"' in text
        assert "pip install" not in text


def test_second_step_gets_the_first_ones_artifact(compiled: dict[str, dict[str, object]]) -> None:
    fit = compiled["two-steps"]["root"]["dag"]["tasks"]["fit"]  # type: ignore[index] # YAML
    given = fit["inputs"]["artifacts"]["data"]["taskOutputArtifact"]
    assert given == {"outputArtifactKey": "data", "producerTask": "prepare"}


def test_pipelines_run_here_and_leave_what_is_expected(tmp_path: Path) -> None:
    """Through Kubeflow's own runner, steps as processes."""
    command("run", str(tmp_path))
    outputs = json.loads((tmp_path / "outputs.json").read_text())
    files = samples.artifacts(tmp_path, samples.EXPECTED)
    assert set(files) == set(GOOD.local)
    assert abs(outputs["two-steps"]["Output"] - samples.SLOPE) < samples.EXACT
    assert json.loads(files["two-steps/fit/model"])["slope"] == outputs["two-steps"]["Output"]


def test_good_runs_pass() -> None:
    assert failed(GOOD) == set()


@pytest.mark.parametrize(
    ("found", "check"),
    [
        (samples.Found({"sample": {}}, GOOD.local, GOOD.stored), "pipelines.ran"),
        (
            samples.Found({**GOOD.outputs, "two-steps": {"Output": 2.1}}, GOOD.local, GOOD.stored),
            "pipelines.ran",
        ),
        (samples.Found(GOOD.outputs, {}, GOOD.stored), "pipelines.stored"),
        (samples.Found(GOOD.outputs, GOOD.local, {}), "pipelines.stored"),
        (
            samples.Found(GOOD.outputs, GOOD.local, {**GOOD.stored, "two-steps/fit/model": "4"}),
            "pipelines.stored",
        ),
    ],
    ids=["one did not run", "wrong result", "no artifact", "nothing stored", "stored otherwise"],
)
def test_each_thing_that_can_go_wrong_fails_its_check(found: samples.Found, check: str) -> None:
    assert failed(found) == {check}
