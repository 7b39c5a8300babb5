"""Pure arithmetic of the figures in a report: proves how times are split, not that a run measured them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ferry.rehearsal.measure import graph, only_waiting, resource_counts
from sandbox.engine import Operation


def made(urn: str, started: float, ended: float, *, component: bool = False) -> Operation:
    return Operation(urn, "t", "create", started, ended, component=component)


def test_time_in_which_one_waits_and_nobody_works_is_waiting() -> None:
    operations = [made("deployment", 0, 10), made("bucket", 0, 4)]
    assert only_waiting(operations, {"deployment": [(1, 10)]}) == 6


def test_a_component_that_is_open_around_its_children_is_not_work() -> None:
    operations = [made("parent", 0, 10, component=True), made("child", 0, 10)]
    assert only_waiting(operations, {"child": [(2, 10)]}) == 8


def test_two_that_wait_at_once_are_counted_once() -> None:
    operations = [made("a", 0, 5), made("b", 0, 6)]
    assert only_waiting(operations, {"a": [(1, 5)], "b": [(1, 6)]}) == 5


def test_a_run_without_waits_has_no_waiting() -> None:
    assert only_waiting([made("a", 0, 5)], {}) == 0


_spans = st.tuples(st.floats(0, 50), st.floats(0, 50)).map(lambda pair: (min(pair), max(pair)))


@given(st.lists(_spans, max_size=6), st.lists(_spans, max_size=6))
def test_waiting_is_never_negative_and_never_longer_than_the_waits(
    work: list[tuple[float, float]], waits: list[tuple[float, float]]
) -> None:
    operations = [made(f"r{index}", *span) for index, span in enumerate(work)]
    waited = only_waiting(operations, {"w": waits})
    assert 0 <= waited <= sum(end - start for start, end in waits) + 1e-9


def test_more_work_never_makes_the_waiting_longer() -> None:
    waits = {"w": [(0.0, 10.0)]}
    alone = only_waiting([made("w", 0, 10)], waits)
    with_work = only_waiting([made("w", 0, 10), made("x", 3, 5)], waits)
    assert (alone, with_work) == (10, 8)


def test_the_stack_and_its_providers_are_not_counted_as_resources() -> None:
    types = ["pulumi:pulumi:Stack", "pulumi:providers:aws", "aws:ec2/vpc:Vpc", "aws:ec2/vpc:Vpc"]
    assert resource_counts({"type": type_} for type_ in types) == {"aws:ec2/vpc:Vpc": 2}


def test_the_graph_keeps_parents_dependencies_and_times() -> None:
    resources = [{"urn": "urn:a::b::t::vpc", "type": "t", "parent": "p", "dependencies": ["d"]}]
    (node,) = graph(resources, [made("urn:a::b::t::vpc", 1.0, 3.5)])
    assert (node.name, node.parent, node.dependencies) == ("vpc", "p", ["d"])
    assert (node.started, node.seconds) == (1.0, 2.5)
