"""The status page in a real Chromium (E6): it draws in light and dark, fits a phone, and asks for nothing.

It cannot judge taste. It is skipped, with the reason, where no Chromium is installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ferry.status.composing import Seen, overlays
from ferry.status.page import render
from tests.ferry.report.browser import Browser, assert_draws, executable
from tests.ferry.status.test_status import rehearsed, routes, status

pytestmark = pytest.mark.skipif(
    executable() is None, reason="Chromium is not installed: apt-get install chromium"
)
SECTIONS = ["waves", "incidents", "workloads", "measures", "compliance"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as running:
        yield running


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("status") / "status.html"
    path.write_text(
        render(status(Seen({}, overlays(routes(latched=1)), rehearsed(), (400.0, 1300.0)))), "utf-8"
    )
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1600])
def test_page_draws_without_an_error_or_a_request(
    browser: Browser, page: Path, scheme: str, width: int
) -> None:
    assert_draws(browser, page, scheme, width, SECTIONS)


def test_colours_follow_the_system_and_an_incident_stands_out(browser: Browser, page: Path) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    browser.prefer("light")
    browser.open(page)
    light = browser.run(colour)
    browser.prefer("dark")
    assert browser.run(colour) != light
    said = browser.run("document.querySelector('#incidents').innerText")
    assert "fraud-detection: rolled back and latched" in said
    alarm = "getComputedStyle(document.querySelector('#incidents .fail')).color"
    assert browser.run(alarm) != browser.run("getComputedStyle(document.body).color")
