"""Which pattern, how many weeks, which wave, and why (requirements C1 to C3, C10, C11). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from graphlib import TopologicalSorter

from ferry.assess import scoring
from ferry.assess.model import Kind, Proposal, Score, Workload
from workloads.spec import Pattern, Wave

WEEKS = {
    Pattern.LIFT_AND_SHIFT: (1, 2),
    Pattern.REFACTOR_AND_OPTIMIZE: (3, 4),
    Pattern.REBUILD_AND_ENHANCE: (6, 8),
    Pattern.RETIRE: (1, 1),
}
"""Fewest and most weeks of one team (C1 to C3); retiring is locking, archiving and taking down."""

CRITICAL, MEDIUM = 6, 3
"""Least criticality of the waves "high impact" and "medium impact"."""
COMPLEX = 6
"""Complexity from which carrying the code as it is would carry its troubles."""
_PLAIN = 3
_WAVES = list(Wave)
_DEEP = {"torch", "tensorflow", "keras", "transformers", "jax", "flax", "onnxruntime", "paddleocr"}


def propose(workloads: Sequence[Workload]) -> list[Proposal]:
    """One proposal for each workload, in the order in which they should move."""
    readers = Counter(need for workload in workloads for need in workload.needs)
    plain = [_alone(workload, readers[workload.name]) for workload in workloads]
    waves = _kept({item.name: item for item in plain})
    return sorted(
        _with_pilot([waves[item.name] for item in plain]),
        key=lambda item: (_WAVES.index(item.wave), item.priority, -item.criticality.value, item.name),
    )


def _alone(workload: Workload, readers: int) -> Proposal:
    critical, complex_ = scoring.criticality(workload, readers), scoring.complexity(workload)
    pattern, why = _pattern(workload, critical, complex_, readers)
    least, most = WEEKS[pattern]
    weeks = least + round((most - least) * complex_.value / scoring.MOST)
    wave, wave_why = _wave(pattern, critical)
    return Proposal(
        workload=workload,
        criticality=critical,
        complexity=complex_,
        dependencies=scoring.dependencies(workload, readers),
        compliance=scoring.compliance(workload),
        pattern=pattern,
        pattern_reason=why,
        weeks=weeks,
        priority={Wave.HIGH_IMPACT: 1, Wave.MEDIUM_IMPACT: 2}.get(wave, 3),
        wave=wave,
        wave_reason=wave_why,
    )


def _pattern(workload: Workload, critical: Score, complex_: Score, readers: int) -> tuple[Pattern, str]:
    parts = workload.parts
    endpoints = [part for part in parts if part.kind is Kind.ENDPOINT]
    unused = endpoints and all(part.requests == 0 for part in endpoints) and not workload.cron
    if not readers and (unused or all(part.off for part in parts)):
        return (
            Pattern.RETIRE,
            "nobody asked it in two weeks" if unused else "everything of it is switched off",
        )
    if any(value.lower() == "deprecated" for part in parts for _, value in part.tags) and not readers:
        return Pattern.RETIRE, "it is tagged as deprecated"
    if complex_.value >= COMPLEX and critical.value >= CRITICAL:
        return (
            Pattern.REBUILD_AND_ENHANCE,
            "it matters, and carrying its code as it is would carry its troubles",
        )
    deep = {name for part in parts for name in part.frameworks} & _DEEP
    if any(part.gpus for part in parts) or (deep and endpoints):
        what = "a GPU" if any(part.gpus for part in parts) else ", ".join(sorted(deep))
        return Pattern.REFACTOR_AND_OPTIMIZE, f"it uses {what}, which Triton serves for less"
    if complex_.value >= COMPLEX or any(part.kind is Kind.PIPELINE for part in parts):
        return Pattern.REFACTOR_AND_OPTIMIZE, "its steps become a pipeline of Kubeflow"
    return Pattern.LIFT_AND_SHIFT, "its code runs as it is in a container"


def _wave(pattern: Pattern, critical: Score) -> tuple[Wave, str]:
    if not pattern.moves:
        return Wave.REST, "it is taken down with the rest"
    if critical.value >= CRITICAL:
        return Wave.HIGH_IMPACT, f"criticality {critical.value} of {scoring.MOST}"
    if critical.value >= MEDIUM:
        return Wave.MEDIUM_IMPACT, f"criticality {critical.value} of {scoring.MOST}"
    return Wave.REST, f"criticality {critical.value} of {scoring.MOST}"


def _kept(proposals: Mapping[str, Proposal]) -> dict[str, Proposal]:
    """Waves in which nobody moves before those whose data it reads: those are drawn forward.

    What is retired stays last: its readers move away from it.
    """
    kept = dict(proposals)
    needs = {name: item.workload.needs for name, item in proposals.items()}
    for name in reversed(tuple(TopologicalSorter(needs).static_order())):
        item = kept[name]
        for need in item.workload.needs:
            other = kept[need]
            if other.pattern.moves and _WAVES.index(other.wave) > _WAVES.index(item.wave):
                reason = f"{name}, which moves in wave {item.wave}, reads what it writes"
                kept[need] = replace(other, wave=item.wave, priority=item.priority, wave_reason=reason)
    return kept


def _with_pilot(proposals: list[Proposal]) -> list[Proposal]:
    """At most one pilot: it matters, is plain, and neither waits for anybody nor is read by anybody."""
    free = [
        item
        for item in proposals
        if item.pattern is Pattern.LIFT_AND_SHIFT
        and item.criticality.value >= MEDIUM
        and not item.workload.needs
        and not any(item.name in other.workload.needs for other in proposals)
    ]
    if not free:
        return proposals
    best = max(free, key=lambda item: (item.criticality.value, item.complexity.value <= _PLAIN, item.name))
    reason = "the most critical of those that run as they are and that nobody waits for"
    pilot = replace(best, wave=Wave.PILOT, priority=1, wave_reason=reason)
    return [pilot if item is best else item for item in proposals]
