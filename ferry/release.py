"""A release: packages, their bill of materials and their digests, made by one command.

``python -m ferry.release --tag v0.1.0 --to dist`` in the pipeline, ``make release`` on a person's machine.
What it makes is attested by the pipeline; nothing is published here.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Annotated

import typer

from ferry.images.bill import BillError, bill, locked

PROJECT = Path(__file__).parents[1]
SUMS = "SHA256SUMS"
NOTES = "notes.md"


class ReleaseError(Exception):
    """Fact, consequence, way out."""


def version_of(project: Path) -> str:
    """The version that ``pyproject.toml`` names."""
    found: str = tomllib.loads((project / "pyproject.toml").read_text())["project"]["version"]
    return found


def notes(changelog: str, version: str) -> str:
    """What the changelog says of a version.

    Raises:
        ReleaseError: it has no section of that version, or an empty one.
    """
    match = re.search(
        rf"^## \[?{re.escape(version)}\]?(?:[ \t][^\n]*)?\n(.*?)(?=^## |\Z)", changelog, re.M | re.S
    )
    if not match or not match[1].strip():
        raise ReleaseError(
            f"CHANGELOG.md says nothing of {version}, so nothing was made. Give what stands under "
            f"Unreleased the heading `## {version} - <day>`."
        )
    return match[1].strip() + "\n"


def check_tag(tag: str, version: str) -> None:
    """Let the release through.

    Raises:
        ReleaseError: the tag is of another version.
    """
    if tag and tag != f"v{version}":
        raise ReleaseError(
            f"The tag is {tag} and pyproject.toml says {version}, so nothing was made. Tag the commit "
            f"v{version}, or change the version first."
        )


def release(project: Path, to: Path, tag: str = "", *, offline: bool = False) -> list[Path]:
    """Make everything; the files of the release, the sums last.

    Args:
        to: an empty or new directory.
        tag: that is released; empty for none.
        offline: without the network, which the build back end may come from.

    Raises:
        ReleaseError: the tag or the changelog does not fit, or a package cannot be built.
        BillError: there is no bill of materials.
    """
    version = version_of(project)
    check_tag(tag, version)
    text = notes((project / "CHANGELOG.md").read_text(), version)
    to.mkdir(parents=True, exist_ok=True)
    if left := sorted(item.name for item in to.iterdir()):
        raise ReleaseError(f"{to} is not empty ({left[0]}), so nothing was made. Remove it, or name another.")
    _build(project, to, offline=offline)
    requirements = to / "requirements.txt"
    locked(project, requirements)
    materials = to / f"ferry-{version}.cdx.json"
    bill(requirements, materials, of=("ferry", version))
    files = sorted(item for item in to.iterdir() if item.name != ".gitignore")
    sums = to / SUMS
    sums.write_text("".join(f"{_digest(item)}  {item.name}\n" for item in files))
    (to / NOTES).write_text(text)
    return [*files, sums]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _build(project: Path, to: Path, *, offline: bool) -> None:
    command = [str(project / "scripts" / "uv"), "build", "--quiet", "--out-dir", str(to.resolve())]
    command += ["--offline"] if offline else []
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=project)  # noqa: S603 - our own script
    if done.returncode:
        raise ReleaseError(f"The packages could not be built, so there is no release: {done.stderr.strip()}")


def main(
    to: Annotated[Path, typer.Option(help="An empty or new directory.")] = Path("dist"),
    tag: Annotated[str, typer.Option(help="The tag that is released; it must fit the version.")] = "",
) -> None:
    """Make packages, bill of materials, digests and notes."""
    try:
        for path in release(PROJECT, to, tag):
            typer.echo(path)
    except (ReleaseError, BillError) as error:
        typer.echo(str(error), err=True)
        sys.exit(1)


if __name__ == "__main__":
    typer.run(main)
