"""Rules (B7), judged by Prometheus' own promtool: each alert fires when it should, not when it nearly should.

It proves what the rules say about given series. That the exporters export these series is taken from their
documentation: ``infra/watching/exporters.py`` names it.
"""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.watching import rules
from infra.watching.exporters import EXPORTERS, exported
from infra.watching.rules import GROUPS, Alert
from infra.watching.rules.objectives import BURNS
from stacks.rollout import CAPABILITIES
from tests.infra.watching.cases import CASES, Case, Near

PROJECT = Path(__file__).parents[3]
ALL = frozenset(CAPABILITIES)
ALERTS: dict[str, Alert] = {alert.name: alert for group in GROUPS for alert in group.alerts}
QUIET = [(case, near) for case in CASES for near in case.quiet]


@functools.cache
def everything() -> str:
    """All rules as a file of Prometheus."""
    return yaml.safe_dump(rules.written(ALL), sort_keys=False)


def run(promtool: Path, where: Path, verb: Iterable[str], **files: Any) -> subprocess.CompletedProcess[str]:
    """Promtool's answer; ``files`` are written beside the rules."""
    (where / "rules.yaml").write_text(everything())
    for group in GROUPS:
        (where / f"{group.name}.yaml").write_text(yaml.safe_dump({"groups": [group.written()]}))
    for name, content in files.items():
        (where / f"{name}.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return subprocess.run([promtool, *verb], cwd=where, capture_output=True, text=True, check=False)


def file_of(case: Case, series: dict[str, str], at: str, expected: list[dict[str, Any]]) -> dict[str, Any]:
    """A file of promtool that tries one alert, with the rules of its group."""
    group = next(group for group in GROUPS if ALERTS[case.alert] in group.alerts)
    return {
        "rule_files": [f"{group.name}.yaml"],
        "evaluation_interval": case.interval,
        "tests": [
            {
                "interval": case.interval,
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "alert_rule_test": [{"eval_time": at, "alertname": case.alert, "exp_alerts": expected}],
            }
        ],
    }


def loud(case: Case) -> dict[str, Any]:
    """The file in which an alert has to fire, with the words that a person reads."""
    alert = ALERTS[case.alert]
    labels = {"severity": str(alert.severity), **case.labels}
    said = {"summary": case.summary, "runbook": alert.runbook}
    return file_of(case, case.series, case.at, [{"exp_labels": labels, "exp_annotations": said}])


@pytest.fixture(scope="session")
def verdicts(promtool: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What promtool says of every case, by file; asked once about all."""
    files = {f"fires-{case.alert}": loud(case) for case in CASES}
    files |= {name_of(case, near): file_of(case, near.series, near.at, []) for case, near in QUIET}
    where = tmp_path_factory.mktemp("cases")
    run(promtool, where, ["test", "rules", "--junit=said.xml", *(f"{name}.yaml" for name in files)], **files)
    said = (where / "said.xml").read_text()
    return dict(re.findall(r'<testsuite name="(.+?)\.yaml"[^>]*>(.*?)</testsuite>', said, re.DOTALL))


def name_of(case: Case, near: Near) -> str:
    """The file of a near thing."""
    return f"quiet-{case.alert}-{case.quiet.index(near)}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_alert_fires_with_the_sentence_that_a_person_reads(case: Case, verdicts: dict[str, str]) -> None:
    assert "<failure>" not in verdicts[f"fires-{case.alert}"]


@pytest.mark.parametrize(("case", "near"), QUIET, ids=[f"{case.alert}: {near.why}" for case, near in QUIET])
def test_alert_keeps_quiet_when_it_nearly_fires(case: Case, near: Near, verdicts: dict[str, str]) -> None:
    assert "<failure>" not in verdicts[name_of(case, near)]


def test_judge_fails_a_case_whose_alert_does_not_fire(promtool: Path, tmp_path: Path) -> None:
    case = CASES[0]
    wrong = file_of(case, case.series, case.at, [])
    run(promtool, tmp_path, ["test", "rules", "--junit=said.xml", "wrong.yaml"], wrong=wrong)
    assert "<failure>" in (tmp_path / "said.xml").read_text()


def test_promtool_accepts_every_rule(promtool: Path, tmp_path: Path) -> None:
    done = run(promtool, tmp_path, ["check", "rules", "--lint=all", "--lint-fatal", "rules.yaml"])
    assert done.returncode == 0, done.stdout + done.stderr


def test_judge_refuses_a_rule_that_is_none(promtool: Path, tmp_path: Path) -> None:
    broken = {"groups": [{"name": "x", "rules": [{"alert": "X", "expr": "sum(("}]}]}
    assert run(promtool, tmp_path, ["check", "rules", "broken.yaml"], broken=broken).returncode != 0


def test_every_alert_has_a_case_where_it_fires_and_one_where_it_does_not() -> None:
    assert sorted(case.alert for case in CASES) == sorted(ALERTS)
    assert all(case.quiet for case in CASES)


def test_every_alert_has_its_paragraph_in_the_runbook_and_no_paragraph_is_left_over() -> None:
    text = (PROJECT / "docs/operate/alerts.md").read_text()
    sections = dict(re.findall(r"^### (\w+)\n+(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL))
    assert set(sections) == set(ALERTS)
    assert all(len(body.split()) >= 15 for body in sections.values())


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_rules_use_only_metrics_that_something_exports(group: rules.Group) -> None:
    recorded = {item.record for every in GROUPS for item in every.recordings}
    known = exported(frozenset({group.capability, "basic_metrics"})) | recorded
    queries = [*(rule.expr for rule in group.alerts), *(rule.expr for rule in group.recordings)]
    used = {name for query in queries for name in metrics_of(query)}
    assert used - known == set()


def metrics_of(expr: str) -> set[str]:
    """Names of metrics in a query: what stands where a series may stand."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]', "", expr)
    bare = re.sub(r"\b(by|on|ignoring|without|group_left|group_right)\s*\([^)]*\)", "", bare)
    words = re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?!\s*\()\b", bare)
    return {word for word in words if "_" in word or word == "up"}


def test_metrics_of_a_query_are_found() -> None:
    query = 'sum by (a_b) (rate(x_total{c_d="e_f"}[5m])) / on (g_h) group_left () max(y:z_w) > 3'
    assert metrics_of(query) == {"x_total", "y:z_w"}


def test_no_exporter_is_listed_twice_and_each_belongs_to_a_capability() -> None:
    names = [name for item in EXPORTERS for name in item.metrics]
    assert len(names) == len(set(names))
    assert {item.capability for item in EXPORTERS} <= ALL


def test_group_is_there_only_with_the_capability_that_brings_its_metrics() -> None:
    def names(*on: str) -> set[str]:
        return {group["name"] for group in rules.written(frozenset(on))["groups"]}

    assert "ferry-gpu" not in names("basic_metrics")
    assert "ferry-gpu" in names("basic_metrics", "gpu_monitoring")
    assert names() == set()


def test_short_windows_are_a_twelfth_of_the_long_ones() -> None:
    minutes = {"m": 1, "h": 60, "d": 1440}
    for burn in BURNS:
        long, short = (int(text[:-1]) * minutes[text[-1]] for text in (burn.long, burn.short))
        assert long == 12 * short
