"""The call log: who asked what of which resource, and what came of it. One JSON object per line."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from pathlib import Path


class CallLog:
    """Appends to a file, whole lines only; safe from several threads."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1)
        self._lock = threading.Lock()

    def write(
        self, principal: str, action: str, resources: Sequence[str], status: int, error: str = ""
    ) -> None:
        """One call. ``resources`` are ARNs, or ``*`` where the action has none."""
        line = json.dumps(
            {
                "time": round(time.time(), 3),
                "principal": principal,
                "action": action,
                "resource": resources[0] if len(resources) == 1 else list(resources),
                "status": status,
                "error": error,
            }
        )
        with self._lock:
            self._file.write(line + "\n")
