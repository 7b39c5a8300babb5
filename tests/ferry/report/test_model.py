"""The report's model: the keys that the design promises, and a verdict that needs evidence.

This tier proves the shape of `report.json` and when a run counts as good. It cannot prove that the figures
in it are true: the rehearsal's own checks do.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ferry.report import read, write
from ferry.report.model import Check, Claim, Report, Timings
from tests.ferry.report.sample import bad, good

DESIGN_KEYS = {
    "environment", "versions", "providers", "checks", "resources", "recorded_only", "simulated", "timings",
    "second_preview_changes", "cluster", "workloads", "traffic", "policy", "cost", "kept", "leaks",
}  # fmt: skip
CHECK_KEYS = {"id", "requirement", "scenario", "bar", "value", "unit", "pass"}
TIMING_KEYS = {
    "build", "boot", "preview", "up", "waiting", "second_preview", "destroy", "floor_preview", "floor_up",
}  # fmt: skip
CLAIM = Claim("id", "A1", "a claim")


def written(report: Report, directory: Path) -> dict[str, Any]:
    path, _ = write(report, directory)
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def test_json_has_every_key_of_the_design(tmp_path: Path) -> None:
    content = written(good(), tmp_path)
    assert content.keys() >= DESIGN_KEYS
    assert all(check.keys() >= CHECK_KEYS for check in content["checks"])
    assert content["timings"].keys() >= TIMING_KEYS
    assert content["cluster"].keys() >= {"deployments", "pending_pods", "nodes"}
    node = content["cluster"]["nodes"][0]
    assert node.keys() >= {"name", "instance_type", "capacity_type", "nodepool", "gpus"}
    assert content["cluster"]["deployments"].keys() == {"ready", "wanted"}


def test_report_survives_writing_and_reading(tmp_path: Path) -> None:
    path, _ = write(good(), tmp_path / "deep" / "er")
    assert read(path) == good()


def test_second_writing_replaces_both_files_and_leaves_nothing_else(tmp_path: Path) -> None:
    write(good(), tmp_path)
    write(bad(), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]
    assert read(tmp_path / "report.json") == bad()
    assert "does not hold" in (tmp_path / "report.html").read_text()


def test_interrupted_writing_leaves_the_old_report_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(good(), tmp_path)

    def break_off(_self: Path, _target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", break_off)
    with pytest.raises(KeyboardInterrupt):
        write(bad(), tmp_path)
    monkeypatch.undo()
    assert read(tmp_path / "report.json") == good()
    assert len(list(tmp_path.iterdir())) == 2


def test_misspelt_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="extra"):
        Timings.model_validate({"pre_view": 1.0})


def test_good_run_is_good() -> None:
    assert good().ok


@pytest.mark.parametrize(
    "change",
    [
        {"checks": []},
        {"checks": [CLAIM.equal(0, 1)]},
        {"leaks": ["us-east-1/ec2/volume/vol-1"]},
        {"second_preview_changes": 1},
        {"second_preview_changes": None},
        {"failure": "up failed"},
    ],
    ids=["no evidence", "failed claim", "leak", "changed twice", "second preview not run", "stopped early"],
)
def test_run_that_lacks_one_thing_is_not_good(change: dict[str, Any]) -> None:
    assert not good().model_copy(update=change).ok


@pytest.mark.parametrize(
    ("check", "passed"),
    [
        (CLAIM.at_most(1.5, 1.5), True),
        (CLAIM.at_most(1.5, 1.51), False),
        (CLAIM.at_least(3, 3), True),
        (CLAIM.at_least(3, 2), False),
        (CLAIM.equal("a", "a"), True),
        (CLAIM.equal("a", "b"), False),
        (CLAIM.none_of([]), True),
        (CLAIM.none_of(["one"]), False),
        (CLAIM.failed("no cluster"), False),
    ],
)
def test_claim_is_held_to_its_bar(check: Check, passed: bool) -> None:
    assert check.passed is passed


def test_ratio_needs_both_times() -> None:
    assert Timings(up=3, floor_up=2).up_ratio == 1.5
    assert Timings(up=3).up_ratio is None
    assert Timings(up=3, floor_up=0).up_ratio is None
