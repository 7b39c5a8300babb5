"""Workloads: that their lines name what there is, and that their crossings do not get in each other's way."""

from __future__ import annotations

from collections.abc import Iterator

from stacks.settings.mistakes import Mistake
from stacks.settings.model import Settings
from stacks.settings.rules.rule import needs, wrong
from workloads.catalogue import CATALOGUE
from workloads.problems import problems


@needs("workloads")
def workloads_can_cross(settings: Settings) -> Iterator[Mistake]:
    """Each is known and whole, and no two change the same features at once (requirements C4, C9, C13)."""
    for problem in problems(settings.workloads, CATALOGUE):
        path = ("workloads", problem.workload, *([problem.key] if problem.key else []))
        yield wrong(path, problem.fact, problem.example)


RULES = (workloads_can_cross,)
