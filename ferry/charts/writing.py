"""One chart's digests written into the text of the lock, whose comments and order stay."""

from __future__ import annotations

import re
from datetime import date

from ferry.charts.publishers import Found
from infra.charts.lock import Chart

_BLOCK = r"  - name: {name}\n(?:    .*\n)*?    version: {version}\b.*\n(?:    .*\n)*"
_WRITTEN = re.compile(r"    (archive|digest|source|unverified): .*\n")


def written(text: str, chart: Chart, found: Found, day: date) -> str:
    """``text`` with what was found in place of what the chart's block said.

    Raises:
        ValueError: the block is not in the lock's own form.
    """
    pattern = _BLOCK.format(name=re.escape(chart.name), version=re.escape(chart.version))
    match = re.search(pattern, text)
    if not match:
        raise ValueError(f"{chart.name} {chart.version} is not written as the lock writes a chart")
    lines = [f"    archive: {found.archive}\n"]
    if found.digest:
        lines.append(f"    digest: {found.digest}\n")
    lines.append(f"    source: {found.source} on {day.isoformat()}\n")
    block = _WRITTEN.sub("", match[0]) + "".join(lines)
    return text[: match.start()] + block + text[match.end() :]


def contradicts(chart: Chart, found: Found) -> str | None:
    """Which digest of the lock the publisher no longer has; None if it has what is known."""
    for what, known, now in (
        ("archive", chart.archive, found.archive),
        ("manifest", chart.digest, found.digest),
    ):
        if known and known != now:
            return f"its {what} is locked as {known} and the publisher now has {now}"
    return None
