"""``make bench``: how long an assessment takes; writes ``reports/bench-assess.json``."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from ferry.assess.reading import Asked, assessed

COUNT = 1_000
"""Workloads: two in three scripts, one in three notebooks, every second one reading what another writes."""
_BODY = """import pandas as pd
from sklearn.ensemble import RandomForestClassifier

rows = pd.read_parquet("s3://estate/{source}/")
model = RandomForestClassifier(random_state=7).fit(rows.drop(columns="y"), rows["y"])
rows["score"] = model.predict_proba(rows.drop(columns="y"))[:, 1]
rows.to_parquet("s3://estate/{own}/")
"""
_PADDING = "".join(
    f"\ndef step_{number}(rows):\n    return rows.assign(x{number}=rows.y * {number})\n"
    for number in range(40)
)


def estate(directory: Path, count: int = COUNT) -> None:
    """So many workloads, each of about 130 lines, in directories of fifty."""
    for number in range(count):
        place = directory / f"team-{number // 50:02}"
        place.mkdir(parents=True, exist_ok=True)
        source = f"w{number - 1}" if number % 2 else "raw"
        text = _BODY.format(source=source, own=f"w{number}") + _PADDING
        if number % 3:
            (place / f"w{number:04}.py").write_text(text, "utf-8")
        else:
            (place / f"w{number:04}.ipynb").write_text(json.dumps(_notebook(text)), "utf-8")


def _notebook(text: str) -> dict[str, object]:
    cells = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "source": part,
            "metadata": {},
            "outputs": [],
            "execution_count": number + 1,
        }
        for number, part in enumerate(text.split("\n\n"))
    ]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}


def main() -> int:
    """Measure once, after the modules are loaded."""
    with tempfile.TemporaryDirectory() as directory:
        estate(Path(directory))
        began = time.perf_counter()
        found = assessed(Asked(code=(Path(directory),)), teams=40)
        seconds = time.perf_counter() - began
    reports = Path(__file__).parents[2] / "reports"
    reports.mkdir(exist_ok=True)
    figures = {"workloads": len(found.proposals), "seconds": round(seconds, 2)}
    (reports / "bench-assess.json").write_text(json.dumps(figures), "utf-8")
    sys.stdout.write(f"assessed {figures['workloads']} workloads in {figures['seconds']} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
