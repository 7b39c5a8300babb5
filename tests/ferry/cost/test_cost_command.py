"""``ferry cost`` as a person and a program meet it (E4): ranges, the plan's figures, the budget."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ferry.cli import app
from ferry.cost import command
from ferry.cost.advice import advice
from ferry.cost.plan import PLAN
from policy.model import Resource
from stacks.settings import Settings
from tests.infra.environments import PROJECT, settings
from tests.policy.rendered import rendered

SMALL = PROJECT / "docs/cost/small-production/Pulumi.prod.yaml"


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """A committed environment is rendered once for all tests; other settings are rendered by the command."""
    monkeypatch.chdir(PROJECT)
    monkeypatch.setenv("COLUMNS", "200")
    itself = command.rendered

    def once(wanted: Settings) -> list[Resource]:
        known = settings(wanted.environment)
        same = wanted.model_copy(update={"cost": known.cost}) == known  # a budget makes no resource
        return list(rendered(wanted.environment)) if same else itself(wanted)

    monkeypatch.setattr(command, "rendered", once)


def test_plan_stands_beside_the_estimate_row_by_row() -> None:
    """E4: the plan's small production set against its $1,160."""
    result = CliRunner().invoke(app, ["cost", "--settings", str(SMALL), "--plan"])
    assert result.exit_code == 0
    assert sum(PLAN.values()) == 1160
    for component, usd in PLAN.items():
        [line] = [line for line in result.output.splitlines() if line.startswith(f"│ {component} ")]
        assert f" {usd:,.0f} " in line
    assert "each of 3 shards has a replica" in result.output


def test_json_has_the_range_the_rows_and_what_was_assumed() -> None:
    """E4."""
    result = CliRunner().invoke(app, ["cost", "--env", "prod", "--json"])
    found = json.loads(result.output)
    assert result.exit_code == 0
    assert 0 < found["low_usd"] < found["high_usd"] <= found["budget_usd"]
    rows = found["by_component"].values()
    assert found["high_usd"] == pytest.approx(sum(row["high_usd"] for row in rows), abs=0.1)
    assert found["assumed"]["stored_gb"] == 500
    assert found["unpriced"] == []


def test_over_budget_is_exit_code_1_and_says_the_way_out(tmp_path: Path) -> None:
    """E4."""
    file = tmp_path / "Pulumi.dev.yaml"
    text = (PROJECT / "Pulumi.dev.yaml").read_text()
    assert "budget_usd: 1500" in text
    file.write_text(text.replace("budget_usd: 1500", "budget_usd: 15"))
    result = CliRunner().invoke(app, ["cost", "--settings", str(file)])
    assert result.exit_code == 1
    assert "Over budget" in result.output
    assert "lower the pools' limits" in result.output


def test_wrong_settings_are_exit_code_2_with_the_key() -> None:
    result = CliRunner().invoke(app, ["cost", "--settings", "nowhere/Pulumi.dev.yaml"])
    assert result.exit_code == 2
    assert "nothing was created or changed" in result.output


def test_advice_names_what_would_be_saved_and_at_what_risk() -> None:
    """E4: spot and right-sizing."""
    found = advice(rendered("prod"), "us-east-1")
    [spot] = [hint for hint in found if "on demand only" in hint]
    assert "karpenter-pool-gpu" in spot
    assert "up to $2,150 a month less" in spot  # 8 x $0.526 x 730 h x 70%
    [database] = [hint for hint in found if "db.m6g.large" in hint]
    assert "for $137 a month less" in database  # 2 x ($0.159 - $0.065) x 730 h
    [cache] = [hint for hint in found if "cache.t3.medium" in hint]
    assert "for $149 a month less" in cache  # 6 x ($0.068 - $0.034) x 730 h
    [nodes] = [hint for hint in found if "m5.xlarge" in hint]
    assert "for $210 a month less" in nodes  # 3 x ($0.192 - $0.096) x 730 h
    assert not [hint for hint in advice(rendered("dev"), "us-east-1") if "on demand only" in hint]
