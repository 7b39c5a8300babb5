"""What a release is made of (E7, E8): packages that build, their bill of materials, digests that fit.

The real build back end and the real tool. That the pipeline attests and publishes it is not proved here.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from ferry.release import ReleaseError, check_tag, notes, release, version_of
from tests.infra.environments import PROJECT

CHANGELOG = """# Changelog

## Unreleased

## 0.2.0 - 2026-12-01

- Second.

## 0.1.0 - 2026-11-01

- First.
"""


def test_notes_are_what_the_changelog_says_of_this_version_alone() -> None:
    assert notes(CHANGELOG, "0.2.0") == "- Second.\n"
    assert notes(CHANGELOG, "0.1.0") == "- First.\n"


@pytest.mark.parametrize("version", ["0.3.0", "0.1", "Unreleased"])
def test_version_without_notes_is_refused(version: str) -> None:
    with pytest.raises(ReleaseError, match=r"says nothing of .*, so nothing was made\. Give what stands"):
        notes(CHANGELOG, version)


def test_tag_of_another_version_is_refused() -> None:
    check_tag("v0.1.0", "0.1.0")
    with pytest.raises(ReleaseError, match=r"The tag is v0\.2\.0 and pyproject\.toml says 0\.1\.0"):
        check_tag("v0.2.0", "0.1.0")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What git has of this project, with notes of its version."""
    place = tmp_path_factory.mktemp("release") / "project"
    command = ["git", "-C", str(PROJECT), "ls-files"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    for name in listed:
        if (source := PROJECT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, place / name)
    heading = f"## {version_of(PROJECT)} - today\n\n- Everything.\n\n"
    text = (place / "CHANGELOG.md").read_text()
    (place / "CHANGELOG.md").write_text(text.replace("## Unreleased", heading + "## Unreleased", 1))
    return place


def test_release_is_whole_and_its_sums_are_of_what_is_there(project: Path, tmp_path: Path) -> None:
    """E7, E8."""
    version = version_of(project)
    made = release(project, tmp_path / "dist", f"v{version}", offline=True)
    names = {path.name for path in made}
    assert {f"ferry-{version}{end}" for end in (".tar.gz", "-py3-none-any.whl", ".cdx.json")} <= names
    listed = [line.partition("  ") for line in made[-1].read_text().splitlines()]
    sums = {name: digest for digest, _, name in listed}
    assert sums == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in made[:-1]}
    materials = json.loads((tmp_path / "dist" / f"ferry-{version}.cdx.json").read_text())
    assert materials["metadata"]["component"]["name"] == "ferry"
    assert {"pulumi", "boto3", "pydantic"} <= {item["name"] for item in materials["components"]}
    assert "moto" not in {item["name"] for item in materials["components"]}
    wheel = zipfile.ZipFile(tmp_path / "dist" / f"ferry-{version}-py3-none-any.whl")
    assert "ferry/cli.py" in wheel.namelist()
    with pytest.raises(ReleaseError, match="is not empty"):
        release(project, tmp_path / "dist", offline=True)
