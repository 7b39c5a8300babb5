"""What a rehearsal leaves behind: `report.json` for machines and `report.html` for people, from one model."""

from __future__ import annotations

from ferry.report.writing import read, write

__all__ = ["read", "write"]
