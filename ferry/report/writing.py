"""Put a report on disk: both files, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ferry.report.model import Report
from ferry.report.page import render

JSON_NAME = "report.json"
HTML_NAME = "report.html"


def write(report: Report, directory: Path) -> tuple[Path, Path]:
    """Write `report.json` and `report.html` into `directory` (made if absent); returns both paths.

    Each file is written beside its place and moved there, so a reader never sees half of one.
    """
    directory.mkdir(parents=True, exist_ok=True)
    json_path, html_path = directory / JSON_NAME, directory / HTML_NAME
    _replace(json_path, report.model_dump_json(indent=2, by_alias=True) + "\n")
    _replace(html_path, render(report))
    return json_path, html_path


def read(path: Path) -> Report:
    """Read a `report.json` back."""
    return Report.model_validate_json(path.read_text())


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
