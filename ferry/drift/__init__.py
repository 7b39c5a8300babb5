"""Whether a model says lately what it said when it was accepted (C3)."""

from ferry.drift.command import drift

__all__ = ["drift"]
