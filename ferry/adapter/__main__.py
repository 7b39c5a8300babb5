"""``python -m ferry.adapter``: as `ferry adapter`, without reading what only other verbs need."""

from __future__ import annotations

from ferry.adapter.command import app

app()
