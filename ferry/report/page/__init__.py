"""The page of a rehearsal: one self-contained HTML file that one wants to look at."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ferry.report.model import Report
from ferry.report.page import figures, layers, shape
from ferry.report.page.shape import Branch

CATEGORY_NAMES = (*shape.CATEGORIES, "other")


def render(report: Report) -> str:
    """One self-contained HTML document: no script, style, font or picture comes from elsewhere."""
    environment = Environment(
        loader=PackageLoader("ferry.report.page", "template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "seconds": figures.seconds,
        "figure": figures.figure,
        "gauge": figures.gauge,
        "short_type": shape.short_type,
        "category": lambda type_: CATEGORY_NAMES.index(shape.category(type_)),
        "prose": prose,
        "percent": lambda share: f"{share * 100:.2f}%",
    }
    source = environment.loader
    assert source is not None  # noqa: S101 - set two statements above; only the type says otherwise
    return environment.get_template("page.html.j2").render(
        **_pictures(report),
        report=report,
        style=Markup(_text(environment, "style.css")),  # noqa: S704 # our own file
        script=Markup(_text(environment, "script.js")),  # noqa: S704 # our own file
    )


def _pictures(report: Report) -> dict[str, Any]:
    """What the template draws."""
    groups = shape.groups(report.graph)
    return {
        "groups": groups,
        "drawing": layers.draw(len(groups), shape.edges(groups)),
        "links": as_json(_links(groups)),
        "categories": CATEGORY_NAMES,
        "used": {shape.category(item.type) for group in groups for item in group.resources},
        "tiles": figures.tiles(report),
        "phases": figures.phases(report),
        "ratios": figures.ratios(report),
        "waterfall": figures.waterfall(report.graph),
        "pools": figures.pools(report),
        "processes": _processes(report),
    }


def _links(groups: Iterable[Branch]) -> dict[str, list[str]]:
    """URN to what it depends on, for the arrows that appear on hover."""
    return {item.urn: item.dependencies for group in groups for item in group.resources if item.dependencies}


def _processes(report: Report) -> list[tuple[str, float, float]]:
    """Process, GB, share of the largest; largest first."""
    held = sorted((report.memory.by_process if report.memory else {}).items(), key=lambda item: -item[1])
    largest = held[0][1] if held else 1.0
    return [(name, size, size / (largest or 1.0)) for name, size in held]


def prose(text: str) -> Markup:
    """A sentence in which `words like these` stand as code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part)
        for place, part in enumerate(parts)
    )


def as_json(value: object) -> Markup:
    """JSON that can stand inside a script element: nothing in it can end the element."""
    text = json.dumps(value, separators=(",", ":"))
    for sign, harmless in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(sign, harmless)
    return Markup(text)  # noqa: S704 # every sign that could end the element was just escaped


def _text(environment: Environment, name: str) -> str:
    assert environment.loader is not None  # noqa: S101 - the caller set it; only the type says otherwise
    return environment.loader.get_source(environment, name)[0]
