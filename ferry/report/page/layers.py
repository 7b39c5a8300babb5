"""A layered drawing of a small graph: who depends on nothing stands left, everybody else right of what they
need.

Longest-path layers, dummies for long edges, a few sweeps of barycentres against crossings (Sugiyama's
method). For a few dozen nodes that is all it takes, and no library.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Edge = tuple[int, int]

WIDTH, HEIGHT = 172, 46
COLUMN_GAP, ROW_GAP, DUMMY = 64, 16, 10
MARGIN = 12
SWEEPS = 6


@dataclass(frozen=True)
class Box:
    """A node's place in the drawing, in pixels."""

    x: float
    y: float
    width: float = WIDTH
    height: float = HEIGHT


@dataclass(frozen=True)
class Line:
    """An edge as an SVG path, from the needed to the one that needs it."""

    source: int
    target: int
    path: str


@dataclass(frozen=True)
class Drawing:
    """Everything placed, and the size that it takes."""

    width: float
    height: float
    boxes: Mapping[int, Box]
    lines: Sequence[Line]


def draw(count: int, depends: Iterable[Edge]) -> Drawing:
    """Place `count` nodes; an edge (a, b) says that a depends on b, so b stands further left."""
    forward = reduced(count, acyclic(count, [(b, a) for a, b in depends]))
    rank = ranks(count, forward)
    columns, chains = _with_dummies(count, forward, rank)
    _order(columns, chains)
    places, height = _places(columns, count)
    boxes = {node: Box(places[node][0], places[node][1]) for node in range(count)}
    lines = [_line(chain, places) for chain in chains]
    width = max((box.x + box.width for box in boxes.values()), default=0.0) + MARGIN
    return Drawing(width, height, boxes, lines)


def acyclic(count: int, edges: Iterable[Edge]) -> set[Edge]:
    """The edges without those that close a circle (two components may each need a part of the other)."""
    following: dict[int, list[int]] = {}
    for source, target in sorted(set(edges)):
        following.setdefault(source, []).append(target)
    kept: set[Edge] = set()
    done: set[int] = set()
    open_: set[int] = set()

    def visit(node: int) -> None:
        open_.add(node)
        for target in following.get(node, []):
            if target not in open_:
                kept.add((node, target))
                if target not in done:
                    visit(target)
        open_.discard(node)
        done.add(node)

    for node in range(count):
        if node not in done:
            visit(node)
    return kept


def reduced(count: int, edges: set[Edge]) -> set[Edge]:
    """The edges that no longer path already says (transitive reduction of an acyclic graph)."""
    following: dict[int, set[int]] = {node: set() for node in range(count)}
    for source, target in edges:
        following[source].add(target)
    beyond: dict[int, set[int]] = {}

    def reach(node: int) -> set[int]:
        if node not in beyond:
            beyond[node] = set().union(*(reach(target) | {target} for target in following[node]), set())
        return beyond[node]

    return {
        (source, target)
        for source, target in edges
        if not any(target in reach(other) for other in following[source] - {target})
    }


def ranks(count: int, edges: Iterable[Edge]) -> list[int]:
    """For each node the length of the longest path to it."""
    rank = [0] * count
    listed = list(edges)
    for _ in range(count):
        moved = False
        for source, target in listed:
            if rank[target] < rank[source] + 1:
                rank[target], moved = rank[source] + 1, True
        if not moved:
            break
    return rank


def _with_dummies(count: int, edges: set[Edge], rank: list[int]) -> tuple[list[list[int]], list[list[int]]]:
    """Columns of nodes, and each edge as a chain of nodes that passes every column in between."""
    columns: list[list[int]] = [[] for _ in range(max(rank, default=0) + 1)]
    for node in range(count):
        columns[rank[node]].append(node)
    chains, fresh = [], count
    for source, target in sorted(edges):
        chain = [source]
        for column in range(rank[source] + 1, rank[target]):
            columns[column].append(fresh)
            chain.append(fresh)
            fresh += 1
        chains.append([*chain, target])
    return columns, chains


def _order(columns: list[list[int]], chains: list[list[int]]) -> None:
    """Sort each column by the middle of its neighbours, back and forth."""
    before: dict[int, list[int]] = {}
    after: dict[int, list[int]] = {}
    for chain in chains:
        for left, right in itertools.pairwise(chain):
            before.setdefault(right, []).append(left)
            after.setdefault(left, []).append(right)
    for sweep in range(SWEEPS):
        order, neighbours = (columns[1:], before) if sweep % 2 == 0 else (columns[-2::-1], after)
        for column in order:
            place = {node: spot / max(len(other), 1) for other in columns for spot, node in enumerate(other)}
            middle = {
                node: sum(place[other] for other in neighbours[node]) / len(neighbours[node])
                if neighbours.get(node)
                else place[node]
                for node in column
            }
            column.sort(key=lambda node: middle[node])


def _places(columns: list[list[int]], count: int) -> tuple[dict[int, tuple[float, float]], float]:
    def tall(node: int) -> int:
        return HEIGHT if node < count else DUMMY

    heights = [sum(tall(node) + ROW_GAP for node in column) - ROW_GAP for column in columns]
    tallest = max(heights, default=0)
    places: dict[int, tuple[float, float]] = {}
    for place, column in enumerate(columns):
        y = MARGIN + (tallest - heights[place]) / 2
        for node in column:
            places[node] = (MARGIN + place * (WIDTH + COLUMN_GAP), y)
            y += tall(node) + ROW_GAP
    return places, tallest + 2 * MARGIN


def _line(chain: list[int], places: Mapping[int, tuple[float, float]]) -> Line:
    x, y = places[chain[0]]
    x, y = x + WIDTH, y + HEIGHT / 2
    path = f"M{x:.0f},{y:.0f}"
    for node in chain[1:]:
        last = node == chain[-1]
        next_x, top = places[node]
        next_y = top + (HEIGHT if last else DUMMY) / 2
        bend = (next_x - x) / 2
        path += f" C{x + bend:.0f},{y:.0f} {next_x - bend:.0f},{next_y:.0f} {next_x:.0f},{next_y:.0f}"
        if not last:
            path += f" H{next_x + WIDTH:.0f}"
            next_x += WIDTH
        x, y = next_x, next_y
    return Line(chain[0], chain[-1], path)
