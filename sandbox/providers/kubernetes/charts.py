"""Which chart a release means, as far as can be told without fetching it; reads a local chart's file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from sandbox.providers.base import CheckFailure
from sandbox.providers.codec import Secret, reveal

_ARCHIVE: Final = re.compile(
    r"^\./.*?(?P<name>[a-z0-9]+(-[a-z][a-z0-9]*)*)-(?P<version>v?\d+\.\d+\.\d+.*)\.tgz$"
)
"""A packed chart that was fetched beside the program; it is recorded by its file's name."""
_EXACT: Final = re.compile(r"^v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$")


@dataclass(frozen=True)
class Chart:
    """A chart by name and exact version."""

    name: str
    version: str


class ChartError(Exception):
    """The chart cannot be told; ``failure`` names the input and what to give instead."""

    def __init__(self, property_: str, reason: str) -> None:
        super().__init__(reason)
        self.failure = CheckFailure(property_, reason)


def locate(release: Mapping[str, Any]) -> Chart:
    """The chart of a release's inputs. Raises ChartError."""
    reference = str(release.get("chart") or "").strip()
    if not reference:
        raise ChartError("chart", "chart is missing; check the chart name and repository configuration.")
    if (Path(reference) / "Chart.yaml").is_file():
        return _local(Path(reference))
    if archive := _ARCHIVE.match(reference):
        return Chart(archive["name"], archive["version"])
    repository = (release.get("repositoryOpts") or {}).get("repo")
    if not reference.startswith("oci://") and not repository and "/" not in reference:
        raise ChartError(
            "chart",
            f'chart "{reference}" not found: it is no directory and no repository is given; check the chart '
            "name and repository configuration.",
        )
    last, _, digest = reference.rsplit("/", 1)[-1].partition("@")
    name, _, tag = last.partition(":")
    version = str(release.get("version") or tag).strip()
    if not _EXACT.match(version):
        raise ChartError(
            "version",
            f"the version of {reference} is {version or 'not given'}, so the newest fitting one would be "
            "looked up at its repository, which a rehearsal cannot and a reviewed environment should not. "
            'Give an exact version, for example version="1.12.1"' + (" beside the digest" if digest else ""),
        )
    return Chart(name, version)


def _local(directory: Path) -> Chart:
    metadata = yaml.load((directory / "Chart.yaml").read_text(), Loader=yaml.CSafeLoader)
    return Chart(str(metadata["name"]), str(metadata["version"]))


def values_of(release: Mapping[str, Any]) -> Any:
    """The release's values on top of its value files; secret marks of the values stay."""
    given = release.get("values") or {}
    files = release.get("valueYamlFiles") or []
    merged: dict[str, Any] = {}
    for file in files:
        merged = _merge(merged, yaml.load(_text(reveal(file)), Loader=yaml.CSafeLoader) or {})
    if not merged:
        return given
    return Secret(_merge(merged, reveal(given))) if isinstance(given, Secret) else _merge(merged, given)


def _text(asset: Any) -> str:
    if isinstance(asset, Mapping) and "text" in asset:
        return str(asset["text"])
    if isinstance(asset, Mapping) and "path" in asset:
        return Path(asset["path"]).read_text()
    raise ChartError("valueYamlFiles", "a value file must be an asset of text or of a file here")


def _merge(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = (
            _merge(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
        )
    return merged
