"""What the stand-ins simulated, for the report."""

from __future__ import annotations

import json
import threading
from pathlib import Path


class Ledger:
    """A growing set of sentences, kept in a JSON list; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._said: set[str] = set()
        self._write()

    def note(self, what: str) -> None:
        """Add what was simulated; the same sentence counts once."""
        with self._lock:
            if what in self._said:
                return
            self._said.add(what)
            self._write()

    def _write(self) -> None:
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(sorted(self._said), indent=2))
        part.replace(self._path)
