"""What a dashboard is: rows of panels, each with its queries; drawn by Grafana's own Foundation SDK."""

from __future__ import annotations

import string
from dataclasses import dataclass, field

from grafana_foundation_sdk.builders import prometheus, stat, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard as DashboardBuilder
from grafana_foundation_sdk.builders.dashboard import QueryVariable, Row
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DataSourceRef

SOURCE = "prometheus"
"""Uid of the data source that the chart provisions."""
WIDTH, HEIGHT = 12, 8
"""Of a panel, in Grafana's grid of 24 columns."""


@dataclass(frozen=True)
class Query:
    """One line, or one for each series; ``legend`` names it: ``{{workload}}``."""

    expr: str
    legend: str


@dataclass(frozen=True)
class Panel:
    """One picture.

    Attributes:
        title: the question that it answers.
        unit: of Grafana: ``reqps``, ``s``, ``percentunit``, ``short``, ``bytes``.
        queries: what it shows.
        number: the newest value as a number, instead of a line over time.
    """

    title: str
    unit: str
    queries: tuple[Query, ...]
    number: bool = False


@dataclass(frozen=True)
class Dashboard:
    """One page.

    Attributes:
        uid: in its address; never changes, so that links last.
        capability: without it the page is not there, because its metrics are not.
        panels: in reading order.
        filters: labels to choose values of, with the metric that has them: ``workload``.
    """

    uid: str
    title: str
    description: str
    capability: str
    panels: tuple[Panel, ...]
    filters: dict[str, str] = field(default_factory=dict)

    @property
    def queries(self) -> list[str]:
        """Every query, with ``$workload`` and the like as Grafana puts them in."""
        return [query.expr for panel in self.panels for query in panel.queries]


def drawn(page: Dashboard) -> str:
    """The page as Grafana reads it, JSON with sorted keys: equal pages are equal texts."""
    builder = (
        DashboardBuilder(page.title)
        .uid(page.uid)
        .description(page.description)
        .tags(["ferry"])
        .refresh("30s")
        .time("now-6h", "now")
        .readonly()
    )
    for label, metric in page.filters.items():
        builder = builder.with_variable(_filter(label, metric))
    builder = builder.with_row(Row(page.title))
    for panel in page.panels:
        builder = builder.with_panel(_panel(panel))
    return JSONEncoder(sort_keys=True, indent=1).encode(builder.build())


def _source() -> DataSourceRef:
    return DataSourceRef(type_val="prometheus", uid=SOURCE)


def _filter(label: str, metric: str) -> QueryVariable:
    query = QueryVariable(label).label(label.capitalize()).datasource(_source())
    return query.query(f"label_values({metric}, {label})").multi(True).include_all(True).all_value(".*")


def _panel(panel: Panel) -> stat.Panel | timeseries.Panel:
    builder = stat.Panel() if panel.number else timeseries.Panel().min(0)
    builder = builder.title(panel.title).unit(panel.unit).datasource(_source()).span(WIDTH).height(HEIGHT)
    for letter, query in zip(string.ascii_uppercase, panel.queries, strict=False):
        target = prometheus.Dataquery().ref_id(letter).expr(query.expr).legend_format(query.legend)
        builder = builder.with_target(target.datasource(_source()))
    return builder
