"""Pages of Grafana (B7): what they ask can be answered, and Grafana can read them.

Queries are parsed by Prometheus' own promtool, pages by the types of Grafana's own SDK. That a page looks
well is for a person to see.
"""

from __future__ import annotations

import json
import re
import subprocess
import typing
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import Dashboard as Model

from infra.watching import dashboards
from infra.watching.dashboards import PAGES, Dashboard
from infra.watching.dashboards.model import SOURCE
from infra.watching.exporters import exported
from infra.watching.rules import GROUPS
from stacks.rollout import CAPABILITIES
from tests.infra.watching.test_rules import metrics_of

ALL = frozenset(CAPABILITIES)
WANTED = {
    "inference throughput": "ferry-throughput",
    "model performance": "ferry-models",
    "feature-store latency": "ferry-features",
    "training jobs": "ferry-training",
    "GPU use": "ferry-gpus",
    "migration progress": "ferry-migration",
}
"""B7's list to the page that answers it."""
UNITS = {value for name in dir(units) if isinstance(value := getattr(units, name), str)}


def page_of(uid: str) -> Dashboard:
    (found,) = [page for page in PAGES if page.uid == uid]
    return found


def drawn(page: Dashboard) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(dashboards.drawn(page))
    return found


def filled(expr: str) -> str:
    """A query as Grafana sends it, every value chosen."""
    return re.sub(r"\$\w+", ".*", expr)


def panels(page: Dashboard) -> list[dict[str, Any]]:
    return [panel for panel in drawn(page)["panels"] if panel["type"] != "row"]


@pytest.mark.parametrize(("what", "uid"), WANTED.items())
def test_every_page_that_was_asked_for_is_there(what: str, uid: str) -> None:
    assert panels(page_of(uid)), what


def test_throughput_models_and_confidence_are_those_of_the_requirement() -> None:
    """B7 names three metrics."""
    asked = {name for page in PAGES for expr in page.queries for name in metrics_of(filled(expr))}
    recorded = {item.record: item.expr for group in GROUPS for item in group.recordings}
    asked |= {name for record in asked & set(recorded) for name in metrics_of(recorded[record])}
    for name in ("inference_requests_total", "inference_latency_seconds_bucket", "model_confidence_sum"):
        assert name in asked


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.uid)
def test_page_asks_only_for_metrics_that_something_exports(page: Dashboard) -> None:
    """A panel over a metric that nobody exports is empty, and nobody knows why."""
    groups = [group for group in GROUPS if group.capability in {page.capability, "basic_metrics"}]
    recorded = {item.record for group in groups for item in group.recordings}
    known = exported(frozenset({page.capability, "basic_metrics"})) | recorded
    assert {name for expr in page.queries for name in metrics_of(filled(expr))} - known == set()
    assert set(page.filters.values()) <= known


def test_promtool_parses_every_query(promtool: Path, tmp_path: Path) -> None:
    queries = sorted({filled(expr) for page in PAGES for expr in page.queries})
    named = [{"record": f"page:query{number}:x", "expr": expr} for number, expr in enumerate(queries)]
    assert judged(promtool, tmp_path, named).returncode == 0
    assert judged(promtool, tmp_path, [{"record": "page:query:x", "expr": f"{queries[0]} +"}]).returncode != 0


def judged(promtool: Path, where: Path, named: list[dict[str, str]]) -> subprocess.CompletedProcess[str]:
    """What promtool says of queries, as recording rules."""
    file = where / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "pages", "rules": named}]}))
    asked: list[str | Path] = [promtool, "check", "rules", file]
    return subprocess.run(asked, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.uid)
def test_grafanas_own_types_read_the_page(page: Dashboard) -> None:
    read = Model.from_json(drawn(page))
    assert (read.uid, read.title) == (page.uid, page.title)
    for name, value in vars(read).items():
        kinds = typing.get_type_hints(Model).get(name)
        assert kinds is not None or value is None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.uid)
def test_panels_have_a_source_that_is_there_a_unit_that_grafana_knows_and_a_place_of_their_own(
    page: Dashboard,
) -> None:
    seen: set[tuple[int, int]] = set()
    for panel in panels(page):
        assert panel["datasource"] == {"type": "prometheus", "uid": SOURCE}
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS, panel["title"]
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & seen
        assert at["x"] + at["w"] <= 24
        seen |= cells
        assert [target["refId"] for target in panel["targets"]] == sorted(
            {target["refId"] for target in panel["targets"]}
        )


def test_every_value_that_can_be_chosen_is_used_and_every_one_that_is_used_can_be_chosen() -> None:
    for page in PAGES:
        used = {name for expr in page.queries for name in re.findall(r"\$(\w+)", expr)}
        assert used == set(page.filters), page.uid


def test_addresses_and_titles_are_each_pages_own() -> None:
    assert len({page.uid for page in PAGES}) == len({page.title for page in PAGES}) == len(PAGES)


def test_page_is_there_only_with_the_capability_that_brings_its_metrics() -> None:
    assert set(dashboards.files(frozenset())) == set()
    assert "ferry-gpus.json" not in dashboards.files(frozenset({"basic_metrics"}))
    assert set(dashboards.files(ALL)) == {f"{page.uid}.json" for page in PAGES}
