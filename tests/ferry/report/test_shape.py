"""How the page arranges what was made: components, groups, layers.

This tier proves that no resource is lost or counted twice, and that arrows point the right way. It cannot
prove that the picture is beautiful: the page's own test looks at it in a browser, and so should you.
"""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferry.report.model import Resource
from ferry.report.page import layers, shape
from tests.ferry.report.sample import STACK, resources, urn

SAMPLE = resources()
NAMES = {group.name: place for place, group in enumerate(shape.groups(SAMPLE))}


def item(name: str, parent: str = STACK, *needs: str, type_: str = "aws:s3/bucket:Bucket") -> Resource:
    return Resource(urn=urn(type_, name), type=type_, name=name, parent=parent, dependencies=list(needs))


def test_every_resource_stands_in_exactly_one_group() -> None:
    shown = [leaf.urn for group in shape.groups(SAMPLE) for leaf in group.resources]
    made = [entry.urn for entry in SAMPLE if not entry.type.startswith(("ferry:", "pulumi:"))]
    assert sorted(shown) == sorted(made)


def test_component_that_holds_nearly_everything_is_opened() -> None:
    layer = Resource(
        urn=urn("ferry:stack:Foundation", "all"), type="ferry:stack:Foundation", name="all", parent=STACK
    )
    moved = [
        entry.model_copy(update={"parent": layer.urn}) if entry.parent == STACK else entry for entry in SAMPLE
    ]
    assert {group.name for group in shape.groups([layer, *moved])} == NAMES.keys()


def test_resources_without_a_component_stand_together() -> None:
    found = shape.groups([item("a"), item("b")])
    assert [(group.name, len(group.resources)) for group in found] == [(shape.LOOSE, 2)]


def test_parent_that_exists_itself_is_counted() -> None:
    parent = item("bucket")
    found = shape.groups([parent, item("policy", parent.urn, type_="aws:s3/bucketPolicy:BucketPolicy")])
    assert sum(len(group.resources) for group in found) == 2


def test_dependency_between_components_is_an_edge_from_user_to_used() -> None:
    edges = shape.edges(shape.groups(SAMPLE))
    assert (NAMES["cluster"], NAMES["network"]) in edges
    assert (NAMES["network"], NAMES["cluster"]) not in edges


@pytest.mark.parametrize(
    ("type_", "kind", "words"),
    [
        ("aws:ec2/vpc:Vpc", "network", "ec2 Vpc"),
        ("aws:iam/role:Role", "identity and keys", "iam Role"),
        ("kubernetes:apps/v1:Deployment", "kubernetes", "Deployment"),
        ("eks:index:Cluster", "cluster", "Cluster"),
        ("random:index:Thing", "databases and secrets", "Thing"),
        ("std:index:Thing", "other", "Thing"),
    ],
)
def test_type_is_named_and_coloured_by_what_it_is(type_: str, kind: str, words: str) -> None:
    assert shape.category(type_) == kind
    assert shape.short_type(type_) == words


def test_whoever_is_needed_stands_further_left() -> None:
    drawing = layers.draw(3, [(1, 0), (2, 1), (2, 0)])
    assert drawing.boxes[0].x < drawing.boxes[1].x < drawing.boxes[2].x
    assert [(line.source, line.target) for line in drawing.lines] == [(0, 1), (1, 2)]


def test_two_that_need_each_other_are_still_drawn() -> None:
    assert len(layers.draw(2, [(0, 1), (1, 0)]).lines) == 1


def test_nothing_made_is_an_empty_drawing() -> None:
    assert layers.draw(0, []).boxes == {}


GRAPHS = st.integers(1, 12).flatmap(
    lambda count: st.tuples(
        st.just(count),
        st.lists(
            st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda e: e[0] != e[1])
        ),
    )
)


@given(GRAPHS)
def test_no_two_boxes_overlap_and_all_stay_inside(graph: tuple[int, list[tuple[int, int]]]) -> None:
    count, edges = graph
    drawing = layers.draw(count, edges)
    for one, other in itertools.combinations(drawing.boxes.values(), 2):
        apart = abs(one.x - other.x) >= one.width or abs(one.y - other.y) >= one.height
        assert apart
    assert all(box.x + box.width <= drawing.width for box in drawing.boxes.values())
    assert all(box.y >= 0 and box.y + box.height <= drawing.height for box in drawing.boxes.values())


@given(GRAPHS)
def test_every_arrow_runs_to_the_right(graph: tuple[int, list[tuple[int, int]]]) -> None:
    drawing = layers.draw(*graph)
    assert all(drawing.boxes[line.source].x < drawing.boxes[line.target].x for line in drawing.lines)
