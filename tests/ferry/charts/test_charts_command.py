"""`ferry charts` against a registry and a repository on loopback ("charts by OCI digest").

Proves what is asked, believed and written. It cannot prove that a public registry answers as this one does:
its answers follow the OCI distribution specification and Docker's token protocol.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from ferry.charts.publishers import Found
from ferry.charts.writing import written
from ferry.cli import app
from infra.charts.lock import FETCHED, LOCK, Chart, Lock, read
from tests.ferry.charts.registry import Registry, serving, sha256

ARCHIVE = b"a packed chart"


@pytest.fixture
def registry() -> Iterator[Registry]:
    with serving() as found:
        yield found


class Desk:
    """A lock in a directory of the test's, and the command beside it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "lock.yaml"

    def holds(self, *charts: dict[str, Any]) -> None:
        lines = ["# what a person wrote", "charts:"]
        for chart in charts:
            name, *rest = chart.items()
            lines.append(f"  - name: {name[1]}")
            lines += [f"    {key}: {value}" for key, value in rest]
        self.path.write_text("\n".join(lines) + "\n")

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(app, ["charts", *words, "--lock-file", str(self.path)])

    def chart(self, name: str = "karpenter") -> Chart:
        return read(self.path).find(name)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path)


def oci(registry: Registry, **more: Any) -> dict[str, Any]:
    chart = {"name": "karpenter", "repository": f"oci://{registry.host}/charts", "version": "1.12.1 # why"}
    return {**chart, **(more or {"unverified": "new"})}


def https(registry: Registry, **more: Any) -> dict[str, Any]:
    chart = {"name": "dcgm", "repository": f"https://{registry.host}/charts", "version": "4.8.3"}
    return {**chart, **(more or {"unverified": "new"})}


def test_lock_writes_the_digest_of_the_manifest_and_keeps_what_people_wrote(
    registry: Registry, desk: Desk
) -> None:
    digest = registry.push("charts/karpenter", "1.12.1", ARCHIVE)
    desk.holds(https(registry, archive=sha256(b"other"), source="there"), oci(registry))
    assert desk.run("lock").exit_code == 0
    chart = desk.chart()
    assert (chart.digest, chart.archive, chart.unverified) == (digest, sha256(ARCHIVE), None)
    assert chart.reference == f"oci://{registry.host}/charts/karpenter@{digest}"
    assert "# what a person wrote" in desk.path.read_text()
    assert "1.12.1 # why" in desk.path.read_text()
    assert desk.chart("dcgm").archive == sha256(b"other"), "what is pinned is left alone"


def test_an_anonymous_token_is_asked_for_where_the_registry_wants_one(registry: Registry, desk: Desk) -> None:
    registry.asks_token = True
    digest = registry.push("charts/karpenter", "1.12.1", ARCHIVE)
    desk.holds(oci(registry))
    assert desk.run("lock").exit_code == 0
    assert desk.chart().digest == digest
    assert any(path.startswith("/token?service=test&scope=repository") for path in registry.asked)


def test_lock_of_an_https_chart_reads_the_archive_itself(registry: Registry, desk: Desk) -> None:
    registry.publish("dcgm", "4.8.3", ARCHIVE)
    desk.holds(https(registry))
    assert desk.run("lock").exit_code == 0
    assert desk.chart("dcgm").archive == sha256(ARCHIVE)
    assert desk.chart("dcgm").pin


def refusals(registry: Registry) -> dict[str, tuple[dict[str, Any], str]]:
    known = sha256(b"what the index of the publisher names")
    return {
        "archive": (
            oci(registry, archive=known, source="its index", unverified="new"),
            "its archive is locked",
        ),
        "unknown": (oci(registry, unverified="new") | {"name": "missing"}, "answered 404"),
        "version": (https(registry, unverified="new") | {"version": "9.9.9"}, "has no dcgm 9.9.9"),
    }


@pytest.mark.parametrize("case", ["archive", "unknown", "version"])
def test_what_contradicts_the_lock_or_is_not_there_is_refused_and_nothing_is_written(
    registry: Registry, desk: Desk, case: str
) -> None:
    """The archive that the publisher's index names must be the one that the manifest holds."""
    registry.push("charts/karpenter", "1.12.1", ARCHIVE)
    registry.publish("dcgm", "4.8.3", ARCHIVE)
    chart, words = refusals(registry)[case]
    desk.holds(chart)
    before = desk.path.read_text()
    result = desk.run("lock")
    assert result.exit_code == 1
    assert words in result.output
    assert desk.path.read_text() == before


def test_a_registry_that_contradicts_itself_is_not_believed(registry: Registry, desk: Desk) -> None:
    registry.push("charts/karpenter", "1.12.1", ARCHIVE)
    registry.digest_header = sha256(b"something else")
    desk.holds(oci(registry))
    result = desk.run("lock")
    assert result.exit_code == 1
    assert "nothing of it is believed" in result.output


def test_an_index_whose_digest_is_not_the_archives_is_not_believed(registry: Registry, desk: Desk) -> None:
    registry.publish("dcgm", "4.8.3", ARCHIVE, digest="0" * 64)
    desk.holds(https(registry))
    result = desk.run("lock")
    assert result.exit_code == 1
    assert desk.chart("dcgm").pin is None


def test_verify_notices_a_chart_that_changed_under_its_version(registry: Registry, desk: Desk) -> None:
    digest = registry.push("charts/karpenter", "1.12.1", ARCHIVE)
    desk.holds(oci(registry, archive=sha256(ARCHIVE), digest=digest, source="there"))
    assert desk.run("verify").exit_code == 0
    registry.push("charts/karpenter", "1.12.1", b"another chart")
    result = desk.run("verify", "--json")
    assert result.exit_code == 1
    assert "the publisher now has" in json.loads(result.stdout)[0]["trouble"]


def test_fetch_brings_only_archives_that_are_what_the_lock_says(
    registry: Registry, desk: Desk, tmp_path: Path
) -> None:
    registry.publish("dcgm", "4.8.3", ARCHIVE)
    desk.holds(https(registry, archive=sha256(ARCHIVE), source="there"))
    assert desk.run("fetch").exit_code == 0
    file = tmp_path / FETCHED / "dcgm-4.8.3.tgz"
    assert file.read_bytes() == ARCHIVE
    file.unlink()
    registry.publish("dcgm", "4.8.3", b"another chart")
    assert desk.run("fetch").exit_code == 1
    assert not file.exists()


def test_a_publisher_out_of_reach_is_said_so_and_holds_up_no_other(registry: Registry, desk: Desk) -> None:
    registry.publish("dcgm", "4.8.3", ARCHIVE)
    desk.holds({**oci(registry), "repository": "oci://127.0.0.1:1/charts"}, https(registry))
    result = desk.run("lock")
    assert result.exit_code == 1
    assert "did not answer" in result.output
    assert desk.chart("dcgm").pin


def test_a_name_that_is_not_locked_is_refused(registry: Registry, desk: Desk) -> None:
    desk.holds(oci(registry))
    assert desk.run("lock", "karpentre").exit_code == 1


def test_the_committed_lock_is_written_as_the_verb_writes() -> None:
    """Else the verb could not change it."""
    text = LOCK.read_text()
    for chart in read().charts:
        digest = sha256(chart.name.encode()) if chart.oci else None
        text = written(text, chart, Found(sha256(b"a"), digest, "the test"), date(2026, 11, 21))
    after = Lock.model_validate(yaml.safe_load(text))
    assert not after.unverified
    assert [chart.name for chart in after.charts] == [chart.name for chart in read().charts]
