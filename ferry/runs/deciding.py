"""Whether a run may begin. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

UNDER_WAY = frozenset({"RUNTIME_STATE_UNSPECIFIED", "PENDING", "RUNNING", "PAUSED", "CANCELING"})
"""States of a run that is not over, in Kubeflow's words (API v2beta1); one without a state has just begun."""


@dataclass(frozen=True)
class Run:
    """A run as Kubeflow lists it.

    Attributes:
        name: as it is shown.
        pipeline: id of what it is a run of; empty where the run holds a pipeline of its own.
        state: Kubeflow's word.
    """

    name: str
    pipeline: str
    state: str


class Decision(StrEnum):
    """What to do."""

    START = "start"
    """Nobody is under way."""
    THERE = "there"
    """This very run has been started before: the pod that did was asked twice."""
    BUSY = "busy"
    """Another one is still under way; this one is left out, and not made up for."""


def decide(runs: Iterable[Run], pipeline: str, name: str) -> Decision:
    """Whether a run of a pipeline may begin.

    Args:
        runs: the latest ones.
        pipeline: its id.
        name: of the run: the same for every try of one scheduled time.
    """
    own = [run for run in runs if run.pipeline == pipeline]
    if any(run.name == name for run in own):
        return Decision.THERE
    return Decision.BUSY if any(run.state in UNDER_WAY for run in own) else Decision.START
