"""One line to the log, at once."""

from __future__ import annotations

import sys


def say(sentence: str) -> None:
    """Write a sentence to standard output."""
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()
