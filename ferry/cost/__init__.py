"""What an environment costs a month, before it is applied."""

from ferry.cost.command import cost

__all__ = ["cost"]
