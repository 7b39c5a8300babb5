"""The page in a real Chromium: it draws, it answers the pointer, it asks nobody for anything.

This tier proves that the script runs without an error, that hovering shows dependencies in both directions,
and that the page fits a phone. It cannot judge taste. It is skipped, with the reason, where no Chromium is
installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ferry.report import write
from tests.ferry.report.browser import Browser, assert_draws, executable
from tests.ferry.report.sample import bad, good
from tests.ferry.report.test_page import SECTIONS

pytestmark = pytest.mark.skipif(
    executable() is None, reason="Chromium is not installed: apt-get install chromium"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as running:
        yield running


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(good(), tmp_path_factory.mktemp("report"))[1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1600])
def test_page_draws_without_an_error_or_a_request(
    browser: Browser, page: Path, scheme: str, width: int
) -> None:
    assert_draws(browser, page, scheme, width, SECTIONS)


def test_colours_follow_the_system_and_then_the_readers_choice(browser: Browser, page: Path) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    browser.resize(1600, 1000)
    browser.prefer("light")
    browser.open(page)
    light = browser.run(colour)
    browser.prefer("dark")
    dark = browser.run(colour)
    assert light != dark
    browser.run("document.getElementById('theme').click()")
    assert browser.run(colour) == light
    browser.run("document.getElementById('theme').click()")
    assert browser.run(colour) == dark


def test_pointing_at_a_resource_shows_both_directions(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.point('.cell[data-tip="karpenter"]')
    names = "[...document.querySelectorAll('.cell.{}')].map(c => c.dataset.tip)"
    assert set(browser.run(names.format("needs"))) == {
        "karpenter-crd",
        "karpenter-controller",
        "interruptions",
    }
    assert {"gpu", "general", "kubeflow"} <= set(browser.run(names.format("serves")))
    assert browser.run("document.querySelectorAll('#arrows path').length") >= 6
    assert "helm.sh" in browser.run("document.getElementById('tooltip').textContent")


def test_pointing_at_a_component_fades_what_is_unrelated(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.point(".hold .group h3")
    assert browser.run("document.querySelectorAll('.box.on, .group.on').length") == 2
    assert browser.run("document.getElementById('graph').classList.contains('busy')")


def test_names_can_be_shown_and_resources_found(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.run("document.getElementById('names').click()")
    assert browser.run("document.querySelector('.cell span').offsetWidth") > 0
    field = "document.getElementById('find')"
    browser.run(f"{field}.value = 'nodepool', {field}.dispatchEvent(new Event('input'))")
    assert browser.run("document.querySelectorAll('.cell.hit').length") == 2


def test_failed_checks_are_open_and_the_others_can_be_hidden(browser: Browser, tmp_path: Path) -> None:
    browser.open(write(bad(), tmp_path)[1])
    assert browser.run("document.querySelectorAll('details.check[open]').length") == 2
    browser.run("document.querySelector('[data-show=failed]').click()")
    shown = "[...document.querySelectorAll('.check')].filter(c => c.offsetHeight > 0).length"
    assert browser.run(shown) == 2
    assert browser.complaints() == []
