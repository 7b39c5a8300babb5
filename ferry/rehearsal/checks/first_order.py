"""The order of a first `up`: on AWS nothing exists, so whoever needs something must wait for it.

Judged on the dependencies that the engine recorded. An ordering that merely happened to work here would
fail on AWS, where making a thing takes minutes; and `destroy` runs the same edges backwards.
"""

from __future__ import annotations

from collections.abc import Iterable

from ferry.rehearsal.checks.context import CheckContext, Note
from ferry.rehearsal.checks.graph import Graph, Resource, short
from ferry.rehearsal.checks.order_rules import Need, needs
from ferry.report.model import Check, Claim

ORDER = Claim(
    "order.first-up", "E1", "whoever needs another resource waits for it, so a first `up` works from nothing"
)
TWINS = Claim("order.twins", "E1", "each ordering dependency that is taken away is noticed")


def violations(resources: Iterable[Resource]) -> list[str]:
    """What begins without waiting for what it needs, one sentence each."""
    graph = Graph.of(resources)
    return [sentence(graph, need) for need in needs(graph) if _broken(graph, need)]


def unseen_cuts(resources: Iterable[Resource]) -> list[str]:
    """Needs that would still seem fulfilled after every edge that fulfils them was cut."""
    graph = Graph.of(resources)
    held = [need for need in needs(graph) if not _broken(graph, need)]
    return [sentence(graph, need) for need in held if not _broken(graph.cut(need.who, need.what), need)]


def sentence(graph: Graph, need: Need) -> str:
    """Who does not wait for what, and why it must."""
    who = short(graph.resources[need.who])
    if not need.what:
        return f"{who} needs {need.why}, which nobody makes"
    return f"{who} does not wait for {short(graph.resources[need.what])}, but needs {need.why}"


def _broken(graph: Graph, need: Need) -> bool:
    return need.what not in graph.waits_for(need.who)


def run(context: CheckContext, note: Note) -> list[Check]:
    """Judge the stack as the engine recorded it."""
    note("who waits for whom")
    asked = len(needs(Graph.of(context.resources)))
    if not asked:
        return [ORDER.failed("no ordering was found to judge: the stack has no resources")]
    broken = violations(context.resources)
    unseen = unseen_cuts(context.resources)
    seen = [f"{asked} orderings judged"]
    return [
        ORDER.equal(0, len(broken), "violations", broken or seen),
        TWINS.equal(0, len(unseen), "unseen", unseen),
    ]
