"""The third layer's decision: where each workload stands after this `up`, or why it may not (C5, C7, C12).

The previous stage is the stack's own last output; evidence is read only for a workload that moves forward.
Everything is decided before the first resource is registered, so that a refused step fails the preview.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pulumi
from pydantic import ValidationError

from stacks.settings import Settings
from stacks.shelf import Shelf
from workloads.catalogue import CATALOGUE
from workloads.evidence import Asked, Finding, UnreadableError, Verdict, judge
from workloads.spec import WorkloadSpec
from workloads.stages import Move, Recorded, after, move, needs, next_stage, place
from workloads.state import Stage, WorkloadState

FORWARD = (Move.ADVANCE, Move.RAISE)


class RefusedError(Exception):
    """At least one workload may not go where configuration wants it; nothing was changed."""


def last_outputs() -> Mapping[str, Any]:
    """What this stack exported when it was last applied; empty before the first time."""
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    answer = pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {"name": name})
    outputs: Mapping[str, Any] = (answer.value or {}).get("outputs") or {}
    return outputs


def recorded(outputs: Mapping[str, Any]) -> dict[str, Recorded]:
    """Where the workloads stood, from the stack's last outputs.

    Raises:
        RefusedError: the output was written by something else, so that no step could be judged.
    """
    try:
        return {
            name: Recorded.model_validate_json(json.dumps(_whole(item)))
            for name, item in (outputs.get("workloads") or {}).items()
        }
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise RefusedError(
            f"The stack's last output `workloads` cannot be read ({where}: {first['msg']}), so no "
            "step could be judged and nothing was changed. Apply with the version of Ferry that wrote it, or "
            "restore the stack's last checkpoint."
        ) from None


def _whole(item: Mapping[str, Any]) -> dict[str, Any]:
    """An output as it was exported; the engine keeps whole numbers as floats."""
    return {key: int(v) if isinstance(v, float) and v.is_integer() else v for key, v in item.items()}


def decide(
    settings: Settings, outputs: Mapping[str, Any], shelf: Shelf, now: datetime
) -> dict[str, Recorded]:
    """Where every workload stands once this configuration is applied.

    A workload that configuration never named stands at ``legacy``; one that crossed keeps its line.

    Raises:
        RefusedError: with one paragraph for each workload that may not move as asked.
    """
    before = recorded(outputs)
    refusals = [
        _line_gone(name, was)
        for name, was in before.items()
        if name not in settings.workloads and was.stage is not Stage.LEGACY
    ]
    result = {}
    for name, wanted in settings.workloads.items():
        was, spec = before.get(name, Recorded()), CATALOGUE[name]
        finding = _finding(settings, spec, (was, wanted), shelf, now)
        decision = next_stage(spec, was, wanted, finding, now)
        if decision.refusal:
            refusals.append(str(decision.refusal))
        result[name] = after(was, wanted, decision, now)
    if refusals:
        lines = "\n\n".join(f"  {refusal}" for refusal in refusals)
        raise RefusedError(f"Nothing was created or changed:\n\n{lines}")
    return result


def exported(crossed: Mapping[str, Recorded]) -> dict[str, Any]:
    """The stack's output ``workloads``, which the next `up` reads."""
    return {name: item.model_dump(mode="json", exclude_none=True) for name, item in crossed.items()}


def _finding(
    settings: Settings,
    spec: WorkloadSpec,
    step: tuple[Recorded, WorkloadState],
    shelf: Shelf,
    now: datetime,
) -> Finding | None:
    """What the named evidence says about a step forward; None if it names none or nothing moves forward."""
    was, wanted = step
    if wanted.evidence is None or move(spec, was, wanted) not in FORWARD:
        return None
    asked = Asked(
        workload=spec.name,
        environment=str(settings.environment),
        stage=was.stage,
        ceiling=was.ceiling,
        since=was.since,
        kinds=needs(spec, was.stage, wanted.stage),
    )
    try:
        return judge(shelf.read(spec.name, wanted.evidence), asked, now)
    except UnreadableError as error:
        return Finding(verdict=Verdict.MISMATCH, why=str(error))


def _line_gone(name: str, was: Recorded) -> str:
    where = place(was.stage, was.ceiling)
    return (
        f"{name}: its line is gone while it stands at {where}, so all of it would be taken down at once; it "
        f"stays. Put `{name}: {{stage: {was.stage}, …}}` back, and go back to legacy a step at a time."
    )
