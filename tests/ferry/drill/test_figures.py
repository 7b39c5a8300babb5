"""From what a drill saw to its figures (C8): pure. That what is seen is true is ``tests/crossing``'s."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ferry.cli import app
from ferry.drill.detecting import FAILURES, is_bad, judged, right
from ferry.drill.figures import Detection, Spread, detection, elsewhere, false_hours, lost
from ferry.drill.practised import practised, windows
from ferry.drill.programs import Answer
from ferry.drill.rows import ROWS, TITLES
from ferry.guard.decide import DWELL, Memory, alarm
from ferry.guard.detectors import DETECTORS
from ferry.report import read, write
from ferry.report.model import Check, Claim, Report, Timings


def answer(key: str, began: float, seconds: float = 0.1, status: int = 200) -> Answer:
    return Answer(key, began, seconds, status)


def test_a_failure_lasts_from_the_first_bad_answer_to_the_last_that_the_platform_had_a_hand_in() -> None:
    """C8: by the load generator's clock, also for answers that a retry made good."""
    told = [answer("a", 1.0), answer("b", 2.0), answer("c", 3.0), answer("d", 9.0), answer("e", 5.0, 0.5)]
    found = detection(told, asked=["b", "c", "e", "never asked"], bad=["c"])
    assert found is not None
    assert found.seconds == pytest.approx(5.5 - 3.1)
    assert found.exposed == 3
    assert detection(told, asked=["b"], bad=[]) is None


def test_whatever_is_no_usable_answer_is_lost() -> None:
    """C8: a 500, a 503 and silence alike."""
    told = [answer(str(status), 0.0, status=status) for status in (200, 500, 503, 0)]
    assert lost(told) == 3


def test_no_run_is_no_figure() -> None:
    """C8: a claim that could not be tried has not passed."""
    with pytest.raises(ValueError, match="no run gave a value"):
        assert Spread(()).p50
    (check,) = judged(FAILURES[0], [], [])
    assert not check.passed


def test_a_figure_over_its_bar_fails_and_stands_beside_what_others_would_do() -> None:
    """C8: the ratio is to rules as documented, and says so."""
    slow = [Detection(seconds, 20) for seconds in (1.0, 4.0, 9.0)]
    p50, p95, exposed = judged(FAILURES[0], slow, [])
    assert (p50.value, p50.passed, p95.passed, exposed.passed) == (4.0, False, False, True)
    assert sum("computed" in line for line in p50.detail) == 2


def test_what_default_rules_do_not_look_at_is_never_found_by_them() -> None:
    """C8: a model that is slow below their limit, or silently wrong."""
    assert all("never found" in line for line in elsewhere(0.0, 2.0, 20.0))
    flagger, _ = elsewhere(1.0, 2.0, 20.0, runs=200)
    assert "times ours" in flagger


def test_healthy_hours_seldom_end_in_a_rollback_and_ill_ones_would() -> None:
    """C8: through the detectors' own code."""
    assert false_hours(300, 20.0)["any"] <= 0.03


def test_a_practised_guard_has_its_ten_minutes_behind_it() -> None:
    """C8: no alarm, the rate of the drill, and a weight that has long stood still."""
    found = practised(Memory(weight=10, epoch=3), 10, 3, now=1e6, seed=5)
    assert alarm(found) is None
    assert found.rate == pytest.approx(220, rel=0.1)
    assert found.moved_at is None
    assert pytest.approx(1e6 - len(windows(5)) * 0.5) == 1e6 - DWELL * 10


def test_each_failure_is_told_from_health_row_by_row() -> None:
    """C8: what counts as a bad answer of the platform."""
    errors, _, slow, wrong = FAILURES
    assert [is_bad(errors, ["k", None, 1.0, code, False]) for code in (200, 400, 500, 502)] == [
        False,
        False,
        True,
        True,
    ]
    assert [is_bad(slow, ["k", 0.5, ms, 200, False]) for ms in (55.0, 251.0)] == [False, True]
    said = right("ill-7")
    assert [is_bad(wrong, ["ill-7", score, 1.0, 200, False]) for score in (said, 1 - said)] == [False, True]
    assert {failure.cause for failure in FAILURES} == {item.name for item in DETECTORS}


def drilled(*checks: Check) -> Report:
    return Report(
        kind="drill",
        environment="drill",
        versions={"runs": "1"},
        providers={},
        checks=list(checks),
        resources={},
        timings=Timings(),
        second_preview_changes=None,
        cluster=None,
    )


def test_a_drill_holds_if_its_claims_do_and_says_so_on_its_page(tmp_path: Path) -> None:
    """C8: it previews nothing twice and destroys nothing; a drill without claims proves nothing."""
    claim = Claim("drill.x", "C8", "a claim")
    assert drilled(claim.equal(0, 0)).ok
    assert not drilled(claim.equal(0, 1)).ok
    assert not drilled().ok
    data, page = write(drilled(claim.equal(0, 0)), tmp_path)
    assert read(data).kind == "drill"
    assert "All 1 claims held." in page.read_text()


def test_rows_can_be_chosen_and_an_unknown_one_is_refused() -> None:
    """C8: before anything is started."""
    assert ROWS.keys() == TITLES.keys()
    refused = CliRunner().invoke(app, ["drill", "--only", "nonsense"])
    assert refused.exit_code == 2
    assert "known are arrival, switches" in " ".join(refused.output.replace("│", " ").split())
