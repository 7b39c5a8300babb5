"""``ferry assess``: what runs today, what it takes to move it, and when (requirements C10, C11)."""

from ferry.assess.command import assess

__all__ = ["assess"]
