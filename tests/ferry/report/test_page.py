"""The page as a document, read without a browser: complete, self-contained, and safe against what it shows.

This tier proves that every section and every figure is in the HTML, that nothing in it points elsewhere,
and that a resource with a hostile name stays text. It cannot prove that it looks right: `test_browser.py`
opens it.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from ferry.report.model import Report, Resource, Timings
from ferry.report.page import as_json, figures, prose, render
from tests.ferry.report.sample import bad, good

SECTIONS = ["checks", "made", "time", "nodes", "real", "warnings", "kept", "memory", "versions"]
EMPTY = Report(
    environment="dev", versions={}, providers={}, checks=[], resources={}, timings=Timings(),
    second_preview_changes=None, cluster=None, failure="the engine did not start",
)  # fmt: skip


class Reader(HTMLParser):
    """Collects elements, attributes and ids, and whether every element is closed."""

    VOID = frozenset({"meta", "link", "input", "br", "hr", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.misplaced: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.misplaced.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(report: Report) -> Reader:
    reader = Reader()
    reader.feed(render(report))
    return reader


@pytest.mark.parametrize("report", [good(), bad(), EMPTY], ids=["good", "bad", "stopped early"])
def test_every_section_is_there_and_every_element_closed(report: Report) -> None:
    reader = read(report)
    assert [attributes["id"] for tag, attributes in reader.found if tag == "section"] == SECTIONS
    assert reader.misplaced == []
    assert reader.open == []


def test_ids_are_unique_and_every_inner_link_has_a_target() -> None:
    reader = read(bad())
    ids = [attributes["id"] for _, attributes in reader.found if attributes.get("id")]
    assert len(ids) == len(set(ids))
    links = [
        str(attributes["href"]) for tag, attributes in reader.found if tag == "a" and attributes.get("href")
    ]
    assert {link.removeprefix("#") for link in links} <= set(ids)


@pytest.mark.parametrize("report", [good(), EMPTY], ids=["good", "stopped early"])
def test_nothing_comes_from_elsewhere(report: Report) -> None:
    text = render(report)
    reader = read(report)
    sources = [attributes.get(name) for _, attributes in reader.found for name in ("src", "srcset", "data")]
    assert not any(sources)
    assert not [tag for tag, attributes in reader.found if tag == "link" and attributes["href"] != "data:,"]
    assert "@import" not in text
    assert re.findall(r"url\((?!#)", text) == []
    assert set(re.findall(r"https?://[^\"'\s<]+", text)) <= {"http://www.w3.org/2000/svg"}
    policy = next(attributes for tag, attributes in reader.found if attributes.get("http-equiv"))
    assert str(policy["content"]).startswith("default-src 'none'")


def test_verdict_comes_first() -> None:
    assert render(good()).index("holds") < render(good()).index('id="checks"')
    assert "2 of 16 claims failed" in render(bad())
    assert "the engine did not start" in render(EMPTY)


def test_every_check_resource_node_and_leak_is_shown() -> None:
    report = bad()
    text = "".join(read(report).text)
    shown = {attributes.get("data-urn") for _, attributes in read(report).found}
    assert all(check.scenario.replace("`", "") in text for check in report.checks)
    assert all(item.urn in shown for item in report.graph if item.type.startswith(("aws:", "kubernetes:")))
    assert report.cluster is not None
    assert all(node.name in text for node in report.cluster.nodes)
    assert all(leak in text for leak in report.leaks)


def test_hostile_name_stays_text() -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    item = Resource(urn=f"u::{evil}", type="aws:s3/bucket:Bucket", name=evil, dependencies=[f"u::{evil}2"])
    report = good().model_copy(update={"graph": [item], "leaks": [evil], "environment": "dev"})
    reader = read(report)
    assert len([tag for tag, _ in reader.found if tag == "script"]) == 2
    assert not [tag for tag, attributes in reader.found if tag == "img" or "onerror" in attributes]


def test_json_in_the_page_cannot_end_its_element() -> None:
    assert "<" not in as_json({"a": "</script>"})


def test_words_in_backticks_become_code() -> None:
    assert prose("`up` < 2") == "<code>up</code> &lt; 2"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, figures.NOT_MEASURED), (0.04, "0.0 s"), (9.84, "9.8 s"), (59.6, "60 s"), (125, "2 min 5 s")],
)
def test_seconds_are_written_for_a_person(value: float | None, text: str) -> None:
    assert figures.seconds(value) == text


def test_waterfall_leaves_out_components_and_stays_within_its_axis() -> None:
    fall = figures.waterfall(good().graph)
    assert len(fall.spans) == figures.SLOWEST
    assert all(span.left >= 0 and span.left + span.width <= 1.0001 for span in fall.spans)
    assert not [span for span in fall.spans if span.resource.type.startswith("ferry:")]
    assert "karpenter" in {span.resource.name for span in fall.spans}


def test_ratio_above_its_limit_does_not_hold() -> None:
    assert [ratio.holds for ratio in figures.ratios(good())] == [True, True]
    assert [ratio.holds for ratio in figures.ratios(bad())] == [True, False]


def test_figure_that_was_not_measured_is_not_shown_as_zero() -> None:
    assert figures.ratios(EMPTY) == []
    assert figures.phases(EMPTY) == []
    assert "The floor was not measured" in render(EMPTY)
    assert next(tile for tile in figures.tiles(EMPTY) if tile.label == "leaks").value == figures.NOT_MEASURED
    assert "Nobody looked" in render(EMPTY)
