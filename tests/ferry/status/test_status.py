"""``ferry status``: what follows from settings, last outputs, the guard's routes and a rehearsal (E5, E6).

Proves what is said about each, with routes as the guard writes them, and that what nobody read is "no data".
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ferry.cli import app
from ferry.report.model import Policy, Report, Traffic
from ferry.status import command
from ferry.status.composing import Seen, compose, overlays
from ferry.status.model import Mark, Status
from ferry.status.page import incidents, tiles
from policy.catalogue import ids
from tests.ferry.preview.recording import CANARY, load
from tests.ferry.report.sample import good
from tests.infra.environments import PROJECT, settings
from tests.workloads.patterns.test_routes import share, told
from workloads.catalogue import CATALOGUE
from workloads.evidence import Evidence, UnreadableError, digest_of
from workloads.patterns.routes import overlay
from workloads.spec import Wave
from workloads.stages import Recorded
from workloads.state import Stage, WorkloadState

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
NOTHING = Seen({}, {}, None, (400.0, 1300.0))


def status(seen: Seen = NOTHING, **more: Any) -> Status:
    """The status of dev, with other settings."""
    return compose(settings("dev").model_copy(update=more), seen, NOW)


def routes(*, latched: int | None = None) -> dict[str, Any]:
    """What kubectl lists: fraud's overlay at 5%, as the guard writes it, and somebody else's route."""
    item = overlay(told(Stage.CANARY, 25), share(5), latched=latched)
    foreign = {**item, "metadata": {**item["metadata"], "namespace": "elsewhere"}}
    return {"items": [foreign, item]}


def rehearsed(**more: Any) -> Report:
    """A rehearsal's report in which all went well."""
    traffic = Traffic(
        requests=10, lost=0, switches=1, p50_ms=1, p99_ms=2, rollback_s=1.0, exposed_requests=0, mirrored=0
    )
    whole = {"traffic": traffic, "policy": Policy(rules=len(ids()), violations=[]), **more}
    return good().model_copy(update=whole)


def the(found: Status, name: str) -> Any:
    """The crossing of this name."""
    return next(item for item in found.crossings if item.name == name)


def test_a_stage_is_the_recorded_one_and_its_decision_the_next_step() -> None:
    """E6: next decisions and who makes them."""
    stood = {"fraud-detection": Recorded(stage=Stage.CANARY, ceiling=5, since=NOW)}
    wanted = {"fraud-detection": WorkloadState(stage=Stage.CANARY, ceiling=25)}
    fraud = the(status(Seen(stood, {}, None, (1, 2)), workloads=wanted), "fraud-detection")
    assert (fraud.place, fraud.since) == ("canary at 5%", "2026-11-01")
    assert fraud.decision == "to canary at 25%, on evidence of parity, slo"
    assert fraud.owner == CATALOGUE["fraud-detection"].owner


def test_gates_are_what_the_named_evidence_measured() -> None:
    """E6: gates; one that cannot be read says why, and nobody's is no data."""
    there = load(CANARY).evidence["fraud-detection"]
    assert not isinstance(there, str)
    stored: Evidence = there
    named = {
        "fraud-detection": WorkloadState(stage=Stage.CANARY, ceiling=5, evidence=stored.digest),
        "churn": WorkloadState(stage=Stage.FRONTED, evidence=digest_of(b"gone")),
    }

    class Kept:
        def read(self, _workload: str, digest: str) -> Evidence:
            if digest != stored.digest:
                raise UnreadableError("it is not in the store")
            return stored

    read = command._measured(settings("dev").model_copy(update={"workloads": named}), Kept())
    found = status(Seen({}, {}, None, (1, 2), read), workloads=named)
    assert "parity auc PASS" in the(found, "fraud-detection").gates
    assert str(stored.made_at.date()) in the(found, "fraud-detection").gates
    assert the(found, "churn").gates == "not readable: it is not in the store"
    assert the(found, "ocr").gates == "no data"


def test_weights_and_incidents_are_the_guard_s_own() -> None:
    """E6: of the workload's own route, in its own namespace."""
    wanted = {"fraud-detection": WorkloadState(stage=Stage.CANARY, ceiling=25)}
    found = status(Seen({}, overlays(routes()), None, (1, 2)), workloads=wanted)
    assert the(found, "fraud-detection").weight == 5
    assert the(found, "churn").weight is None
    assert (incidents(found), found.incidents) == ("0", ())
    stopped = status(Seen({}, overlays(routes(latched=1)), None, (1, 2)), workloads=wanted)
    [fraud] = stopped.incidents
    assert fraud.decision == "release the latch: epoch 2, once the cause is known"
    assert stopped.measures[0].mark is Mark.FAIL


def test_a_released_latch_is_no_incident() -> None:
    wanted = {"fraud-detection": WorkloadState(stage=Stage.CANARY, ceiling=25, epoch=2)}
    assert not status(Seen({}, overlays(routes(latched=1)), None, (1, 2)), workloads=wanted).incidents


def test_progress_and_value_grow_with_the_stages() -> None:
    """E6: by wave, and value moved."""
    wanted = {"churn": WorkloadState(stage=Stage.PLATFORM)}
    found = status(workloads=wanted)
    pilot = next(item for item in found.waves if item.wave is Wave.PILOT)
    assert (pilot.workloads, pilot.through) == (1, 0)
    assert pilot.moved == pytest.approx(4 / 6)
    assert found.value_moved[0] == 2_000_000
    assert status(workloads={"churn": WorkloadState(stage=Stage.RETIRED)}).waves[0].through == 1


def test_what_nobody_read_is_no_data_and_never_zero() -> None:
    found = status()
    assert {item.mark for item in found.measures if item.source == "the last rehearsal"} == {Mark.NO_DATA}
    assert {item.mark for item in found.controls} == {Mark.NO_DATA}
    assert {label: figure for label, figure, _ in tiles(found)}["incidents"] == "no data"


def test_controls_have_the_evidence_of_the_rehearsal() -> None:
    """E5: controls x evidence; a violation fails its control and no other."""
    found = status(Seen({}, {}, rehearsed(), (1, 2)))
    assert {item.id for item in found.controls} >= {*ids(), *(check.id for check in good().checks)}
    assert {item.mark for item in found.controls} == {Mark.PASS}
    broken = rehearsed(policy=Policy(rules=len(ids()), violations=[f"{ids()[0]}: something is open"]))
    failed = [item.id for item in status(Seen({}, {}, broken, (1, 2))).controls if item.mark is Mark.FAIL]
    assert failed == ids()[:1]


def test_cost_stands_against_budget_and_old_estate() -> None:
    """E6: cost against budget and saving."""
    dear = status(Seen({}, {}, None, (400.0, 99_999.0)))
    assert next(item for item in dear.measures if "budget" in item.name).mark is Mark.FAIL
    cost = settings("dev").cost.model_copy(update={"legacy_usd": 4_000})
    saved = status(cost=cost).money.saved
    assert saved == pytest.approx(1 - 1300 / 4000)


def test_a_person_and_a_program_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """E6: exit code 2 and a way out for the report of another environment."""
    monkeypatch.chdir(PROJECT)
    listed = tmp_path / "routes.json"
    listed.write_text(json.dumps(routes()))
    given = ["status", "--env", "dev", "--routes", str(listed), "--json"]
    result = CliRunner().invoke(app, given)
    assert result.exit_code == 0, result.output
    crossings = {item["name"]: item for item in json.loads(result.stdout)["crossings"]}
    assert crossings["fraud-detection"]["weight"] == 5
    other = tmp_path / "report.json"
    other.write_text(rehearsed(environment="prod").model_dump_json(by_alias=True))
    refused = CliRunner().invoke(app, ["status", "--env", "dev", "--report", str(other)])
    assert refused.exit_code == 2
    assert "`ferry rehearse --env dev` makes the right one" in refused.output


def test_controls_are_for_those_who_have_the_report() -> None:
    """E5: switched off they stand on no page."""
    assert status().controls
    without = status(capabilities={**settings("dev").capabilities, "compliance_report": False})
    assert without.controls == ()
    assert "controls with evidence" not in {label for label, _, _ in tiles(without)}


def test_report_for_auditors_is_refused_where_it_is_off(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """E5: and the error says how to have it."""
    text = (PROJECT / "Pulumi.dev.yaml").read_text()
    off = text.replace("ferry:capabilities:\n", "ferry:capabilities:\n    compliance_report: false\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(off)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["status", "--compliance"])
    assert done.exit_code == 2
    assert "compliance_report: true" in done.output
