"""``ferry charts``: the lock of charts, asked for at the publishers, compared, and its archives fetched."""

from ferry.charts.command import app

__all__ = ["app"]
