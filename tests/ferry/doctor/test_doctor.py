"""``ferry doctor``: what each lack of a machine is called, and the way out it shows.

This tier proves the judgements by a table and that looking at this machine ends in a report. It cannot prove
that a machine with only green lines has what a future rehearsal needs.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from ferry.doctor import machine
from ferry.doctor.command import doctor
from ferry.doctor.findings import Status
from ferry.doctor.machine import Facts, judge, look

ROOT = Path(__file__).parents[3]

FIT = Facts(
    system="Linux",
    machine="x86_64",
    python=(3, 11),
    uv="0.13.9",
    go="1.26.1",
    pulumi="/usr/bin/pulumi",
    pulumi_refused="",
    missing=(),
    go_needed="1.26.0",
    namespaces="",
    memory_gib=6.0,
    disk_gib=1.0,
    cache="/home/me/.cache/ferry",
    ports=True,
    plugins=("aws",),
    settings={"Pulumi.dev.yaml": ""},
)

ROWS: list[tuple[dict[str, Any], str, Status, str, str]] = [
    ({"system": "Darwin"}, "system", Status.FAIL, "Darwin x86_64", "in a VM"),
    ({"machine": "aarch64"}, "system", Status.FAIL, "Linux aarch64", "x86-64"),
    ({"python": (3, 10)}, "python", Status.FAIL, "3.10", "uv python install"),
    ({"python": (3, 14)}, "python", Status.FAIL, "3.14", "uv python install"),
    ({"uv": ""}, "uv", Status.NOTE, "not on PATH", "`make` brings its own"),
    ({"missing": ("kwok",), "disk_gib": 6.0}, "tools", Status.NOTE, "not built yet: kwok", "make tools"),
    ({"pulumi": "", "pulumi_refused": "3.1 is too old"}, "pulumi", Status.NOTE, "3.1 is too old", "3.250.0"),
    (
        {"pulumi": "", "missing": ("pulumi",), "disk_gib": 6.0},
        "pulumi",
        Status.NOTE,
        "none on PATH",
        "make tools",
    ),
    ({"go": "", "missing": ("kwok",), "disk_gib": 6.0}, "go", Status.NOTE, "not on PATH", "wheel on PyPI"),
    ({"go": "1.9.9", "missing": ("kwok",), "disk_gib": 6.0}, "go", Status.NOTE, "older than 1.26.0", "wheel"),
    ({"namespaces": "not permitted"}, "namespaces", Status.NOTE, "not permitted", "One rehearsal at a time"),
    ({"memory_gib": 2.9}, "memory", Status.FAIL, "2.9 GiB available", "end other programs"),
    ({"disk_gib": 0.9}, "disk", Status.FAIL, "0.9 GiB free for /home/me/.cache/ferry", "FERRY_CACHE"),
    ({"disk_gib": 5.9, "missing": ("kwok",)}, "disk", Status.FAIL, "5.9 GiB free", "6 GiB are needed"),
    ({"ports": False, "namespaces": "no"}, "ports", Status.FAIL, "fewer than 12", "ss -ltnp"),
    ({"ports": False}, "ports", Status.NOTE, "fewer than 12", "allow namespaces"),
    ({"plugins": ()}, "plugins", Status.OK, "no official provider", "pulumi plugin install"),
    (
        {"settings": {"Pulumi.prod.yaml": "ferry:region: is missing."}},
        "Pulumi.prod.yaml",
        Status.FAIL,
        "ferry:region: is missing.",
        "ferry rehearse --env prod",
    ),
]


def test_a_machine_that_has_everything_has_only_green_lines() -> None:
    findings = judge(FIT)
    assert {finding.status for finding in findings} == {Status.OK}
    assert [finding.way_out for finding in findings] == [""] * len(findings)


@pytest.mark.parametrize(("lack", "name", "status", "found", "way_out"), ROWS)
def test_each_lack_is_named_with_a_way_out(
    lack: dict[str, Any], name: str, status: Status, found: str, way_out: str
) -> None:
    lines = {finding.name: finding for finding in judge(replace(FIT, **lack))}
    assert lines[name].status is status
    assert found in lines[name].found
    assert way_out in lines[name].way_out


@pytest.mark.parametrize("facts", [{"go": "1.26.0", "missing": ("kwok",), "disk_gib": 6.0}, {"go": ""}])
def test_go_is_only_missed_when_something_is_to_be_built(facts: dict[str, Any]) -> None:
    lines = {finding.name: finding for finding in judge(replace(FIT, **facts))}
    assert lines["go"].status is Status.OK


def test_the_oldest_and_newest_python_are_supported() -> None:
    for version in ((3, 11), (3, 12), (3, 13)):
        assert judge(replace(FIT, python=version))[1].status is Status.OK


def test_looking_at_this_machine_finds_its_files_right() -> None:
    facts = look(ROOT)
    assert set(facts.settings) == {"Pulumi.dev.yaml", "Pulumi.staging.yaml", "Pulumi.prod.yaml"}
    assert set(facts.settings.values()) == {""}
    assert facts.memory_gib > 0
    assert facts.python >= (3, 11)


def run(monkeypatch: pytest.MonkeyPatch, facts: Facts, *arguments: str) -> Any:
    monkeypatch.setattr(machine, "look", lambda _: facts)
    monkeypatch.setenv("COLUMNS", "200")
    app = typer.Typer()
    app.command()(doctor)
    return CliRunner().invoke(app, list(arguments))


def test_a_fit_machine_is_exit_code_0(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, FIT)
    assert result.exit_code == 0
    assert "/usr/bin/pulumi" in result.output


def test_a_note_does_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, replace(FIT, uv="")).exit_code == 0


def test_an_unfit_machine_is_exit_code_1_and_says_why_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, replace(FIT, memory_gib=1.0), "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["fit"] is False
    failed = [finding for finding in report["findings"] if finding["status"] == "fail"]
    assert [finding["name"] for finding in failed] == ["memory"]
