"""Text that stays text inside of Markdown: names and messages come from anybody's change. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

CELL = 200
"""Characters of a value in a table or a sentence; what is longer is cut."""
ROWS = 25
"""Rows of a table or sentences of a list; the rest is counted."""
_TICKS = re.compile(r"`+")


def cut(text: str, most: int = CELL) -> str:
    """At most so many characters, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def prose(text: str, most: int = CELL) -> str:
    """Words of somebody else among ours: nothing in them is markup, a link or a mention."""
    line = cut(text, most).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = re.sub(r"([\\`*_\[\]|~#!])", r"\\\1", line)
    return line.replace("@", "@\u200b")  # a mention would call people


def code(text: str, most: int = CELL) -> str:
    """A name or a value, as it is written."""
    line = cut(text, most).replace("|", "\\|") or " "
    longest = max((len(found) for found in _TICKS.findall(line)), default=0)
    if longest:
        fence = "`" * (longest + 1)
        return f"{fence} {line} {fence}"
    return f"`{line}`"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of at most :data:`ROWS` rows."""
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows[:ROWS]]
    return lines + more(len(rows), "rows")


def bullets(sentences: Iterable[str]) -> list[str]:
    """A list of at most :data:`ROWS` sentences."""
    found = list(sentences)
    return [f"- {sentence}" for sentence in found[:ROWS]] + more(len(found), "lines")


def more(number: int, what: str) -> list[str]:
    """That something was left out."""
    return (
        ["", f"… and {number - ROWS} more {what}; `ferry preview --json` has them all."]
        if number > ROWS
        else []
    )


def fenced(lines: Sequence[str]) -> list[str]:
    """A block of code that none of its lines can end."""
    longest = max((len(found) for line in lines for found in _TICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}diff", *lines, fence]


def count(number: int, one: str, several: str = "") -> str:
    """``1 resource``, ``2 resources``."""
    return f"{number} {one if number == 1 else several or one + 's'}"
