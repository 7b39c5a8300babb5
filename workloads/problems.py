"""What makes a set of workloads impossible, said before anything is made. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from graphlib import CycleError, TopologicalSorter

from workloads.features import FEATURE_GROUPS, FeatureGroup
from workloads.schedules import ScheduleError, shortest_gap
from workloads.spec import WorkloadSpec
from workloads.state import Stage, WorkloadState

CROSSING = (Stage.SHADOW, Stage.CANARY)
"""Stages at which a workload's feature groups are backfilled, written twice and compared."""


@dataclass(frozen=True)
class Problem:
    """One reason.

    Attributes:
        workload: whose line of configuration it concerns.
        key: the key in that line, or empty for the whole line.
        fact: what is wrong, without a full stop at its end.
        example: a right line, or what to do.
    """

    workload: str
    key: str
    fact: str
    example: str


def problems(
    states: Mapping[str, WorkloadState],
    catalogue: Mapping[str, WorkloadSpec],
    groups: Mapping[str, FeatureGroup] = FEATURE_GROUPS,
) -> list[Problem]:
    """Everything that is wrong with these states of these workloads; one entry for each mistake."""
    found: list[Problem] = []
    for name, state in states.items():
        spec = catalogue.get(name)
        if spec is None:
            found.append(_unknown(name, catalogue))
        else:
            found += [*_state(spec, state), *_definition(spec), *_features(spec, groups)]
    return [*found, *_shared(states, catalogue)]


def _unknown(name: str, catalogue: Mapping[str, WorkloadSpec]) -> Problem:
    near = difflib.get_close_matches(name, catalogue, n=1)
    hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(sorted(catalogue))}"
    example = f"{near[0]}: {{stage: legacy}}" if near else "remove the line"
    return Problem(name, "", f'there is no workload "{name}"; {hint}', example)


def _state(spec: WorkloadSpec, state: WorkloadState) -> Iterator[Problem]:
    """What the line itself says."""
    stage = state.stage
    if stage is Stage.CANARY and state.ceiling is None:
        fact = "is missing, and at stage canary nothing else says how much traffic the platform may be given"
        yield Problem(spec.name, "ceiling", fact, "ceiling: 1")
    if not spec.pattern.moves and stage not in (Stage.LEGACY, Stage.STANDBY, Stage.RETIRED):
        fact = f"is {stage}, and {spec.name} is retired without moving: nothing of it runs on the platform"
        yield Problem(spec.name, "stage", fact, "stage: standby")


def _definition(spec: WorkloadSpec) -> Iterator[Problem]:
    """What the definition in ``workloads/`` lacks."""
    where = f"workloads/{spec.name.replace('-', '_')}/definition.py"
    if spec.pattern.moves:
        if spec.serving.online and (spec.slo is None or spec.slo.online is None):
            fact = (
                f"{where} has no SLO for requests, so no gate could say whether the platform is fast enough"
            )
            right = "slo=Slo(online=OnlineSlo(p99_ms=150.0, error_rate=0.001))"
            yield Problem(spec.name, "", fact, right)
        if spec.serving.batch and (spec.slo is None or spec.slo.batch is None):
            fact = f"{where} has no SLO for files, so nobody could say when the old output has to stand in"
            yield Problem(spec.name, "", fact, "slo=Slo(batch=BatchSlo(deadline_minutes=120))")
        if spec.model is None or spec.tolerances is None:
            fact = f"{where} names no model or no tolerances, so there is nothing to serve or to compare"
            yield Problem(spec.name, "", fact, "model=ModelSpec(…), tolerances=Tolerances(metrics=(…))")
        if spec.serving.batch and spec.schedule is None:
            fact = f"{where} serves in batch and has no schedule, so it would never run"
            yield Problem(spec.name, "", fact, 'schedule=ScheduleSpec(cron="30 4 * * *", longest_minutes=90)')
    yield from _schedule(spec, where)


def _schedule(spec: WorkloadSpec, where: str) -> Iterator[Problem]:
    if spec.schedule is None:
        return
    longest = timedelta(minutes=spec.schedule.longest_minutes)
    try:
        gap = shortest_gap(spec.schedule.cron)
    except ScheduleError as error:
        yield Problem(spec.name, "", f"{where}: {error}", 'cron="30 4 * * *"')
        return
    if longest > gap:
        minutes = int(gap.total_seconds() // 60)
        fact = (
            f'{where}: the schedule "{spec.schedule.cron}" overlaps itself: a run may take '
            f"{spec.schedule.longest_minutes} minutes and the next begins after {minutes}"
        )
        yield Problem(spec.name, "", fact, f"longest_minutes={minutes}")


def _features(spec: WorkloadSpec, groups: Mapping[str, FeatureGroup]) -> Iterator[Problem]:
    """Groups that are not there, or that wait for each other."""
    for name in spec.features:
        if name not in groups:
            near = difflib.get_close_matches(name, groups, n=1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            fact = f'reads the feature group "{name}", which workloads/features.py does not have{hint}'
            yield Problem(spec.name, "", fact, f'features=("{near[0] if near else next(iter(groups))}",)')
    try:
        backfill_order(spec, groups)
    except CycleError as error:
        ring = " ← ".join(error.args[1])
        fact = f"its feature groups wait for each other ({ring}), so none could be backfilled first"
        yield Problem(spec.name, "", fact, "in workloads/features.py take one of them out of derived_from")


def backfill_order(
    spec: WorkloadSpec, groups: Mapping[str, FeatureGroup] = FEATURE_GROUPS
) -> tuple[str, ...]:
    """The groups that a workload needs, each after those it is derived from.

    Raises:
        graphlib.CycleError: groups are derived from each other.
    """
    graph: dict[str, tuple[str, ...]] = {}
    waiting = [name for name in spec.features if name in groups]
    while waiting:
        name = waiting.pop()
        if name not in graph:
            graph[name] = tuple(other for other in groups[name].derived_from if other in groups)
            waiting += graph[name]
    return tuple(TopologicalSorter(graph).static_order())


def _shared(states: Mapping[str, WorkloadState], catalogue: Mapping[str, WorkloadSpec]) -> Iterator[Problem]:
    """Two cutovers at once that would write and compare the same group."""
    held: dict[str, str] = {}
    for name, state in states.items():
        if name not in catalogue or state.stage not in CROSSING:
            continue
        taken = [(group, held[group]) for group in catalogue[name].features if group in held]
        if taken:
            group, first = taken[0]
            fact = (
                f"is {state.stage} while {first} is {states[first].stage}, and both read the feature group "
                f'"{group}": a difference in it could be blamed on either'
            )
            yield Problem(name, "stage", fact, f"stage: {Stage.FRONTED}")
        held.update({group: name for group in catalogue[name].features if group not in held})
