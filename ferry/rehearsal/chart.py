"""A picture of growth: seconds over copies, both logarithmic, as one SVG without any script. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 760, 440, 60, 150, 30, 50
_COLOURS = {"preview": "#3b6fb6", "up": "#c2571a", "destroy": "#4d7d3a"}


@dataclass(frozen=True)
class Series:
    """One line: a name (``floor …`` is dashed) and points of positive numbers."""

    name: str
    points: Sequence[tuple[float, float]]


def growth(series: Sequence[Series], x_title: str, y_title: str) -> str:
    """The SVG. Straight lines of slope one mean that time grows as the copies do.

    Raises:
        ValueError: there is nothing to draw.
    """
    points = [point for one in series for point in one.points]
    if not points:
        raise ValueError("a picture of growth needs at least one point; measure something first")
    xs, ys = _range([x for x, _ in points]), _range([y for _, y in points])
    body = [_grid(xs, ys, x_title, y_title), *(_line(one, xs, ys, index) for index, one in enumerate(series))]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="13">'
        f"<title>{escape(y_title)} over {escape(x_title)}</title>"
        "<style>text{fill:#333}line{stroke:#ccc}@media(prefers-color-scheme:dark)"
        "{text{fill:#ddd}line{stroke:#444}}</style>" + "".join(body) + "</svg>"
    )


def _range(values: Sequence[float]) -> tuple[int, int]:
    """Whole powers of ten around the values."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _at(value: float, span: tuple[int, int], start: float, length: float) -> float:
    return start + (math.log10(value) - span[0]) / (span[1] - span[0]) * length


def _x(value: float, span: tuple[int, int]) -> float:
    return _at(value, span, _LEFT, _WIDTH - _LEFT - _RIGHT)


def _y(value: float, span: tuple[int, int]) -> float:
    return _at(value, span, _HEIGHT - _BOTTOM, -(_HEIGHT - _TOP - _BOTTOM))


def _grid(xs: tuple[int, int], ys: tuple[int, int], x_title: str, y_title: str) -> str:
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    parts = [
        f'<text x="{(_LEFT + right) / 2}" y="{_HEIGHT - 12}" text-anchor="middle">{escape(x_title)}</text>',
        f'<text x="{_LEFT}" y="18">{escape(y_title)}</text>',
    ]
    for power in range(xs[0], xs[1] + 1):
        x = _x(10.0**power, xs)
        parts.append(f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{bottom}"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{10.0**power:g}</text>')
    for power in range(ys[0], ys[1] + 1):
        y = _y(10.0**power, ys)
        parts.append(f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    return "".join(parts)


def _line(series: Series, xs: tuple[int, int], ys: tuple[int, int], index: int) -> str:
    floor = series.name.startswith("floor ")
    colour = _COLOURS.get(series.name.removeprefix("floor "), "#777")
    places = [(_x(x, xs), _y(y, ys)) for x, y in series.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dash = ' stroke-dasharray="5 4"' if floor else ""
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places)
    legend_y = _TOP + 18 + 22 * index
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>{dots}'
        f'<path d="M{_WIDTH - _RIGHT + 14} {legend_y - 4}h26" stroke="{colour}" stroke-width="2"{dash}/>'
        f'<text x="{_WIDTH - _RIGHT + 46}" y="{legend_y}">{escape(series.name)}</text>'
    )
