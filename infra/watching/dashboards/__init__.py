"""Dashboards as code (requirement B7): pages as data, drawn by Grafana's Foundation SDK."""

from __future__ import annotations

from infra.watching.dashboards.model import Dashboard, Panel, Query, drawn
from infra.watching.dashboards.pages import PAGES

__all__ = ["PAGES", "Dashboard", "Panel", "Query", "drawn", "files"]


def files(capabilities: frozenset[str]) -> dict[str, str]:
    """File name to JSON, of the pages whose metrics are there when these capabilities are on."""
    return {f"{page.uid}.json": drawn(page) for page in PAGES if page.capability in capabilities}
