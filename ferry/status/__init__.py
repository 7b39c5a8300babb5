"""``ferry status``: how far the crossing is, what it costs, who decides what next (requirements E5, E6)."""

from ferry.status.command import status

__all__ = ["status"]
