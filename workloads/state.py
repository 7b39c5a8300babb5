"""Where a workload stands: one reviewed line of configuration (requirement C5)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from infra.specs.base import Spec
from infra.specs.domain import MisfitError

CEILINGS = (1, 5, 25, 50)
"""Percent of live traffic that the platform may be given at stage ``canary``, in this order."""


class Stage(StrEnum):
    """How far a workload has crossed; what each means for traffic says :mod:`workloads.stages`."""

    LEGACY = "legacy"
    """Nothing on the platform; callers go straight to the old system."""
    FRONTED = "fronted"
    """The gateway and an adapter stand before the old system, which still answers everything."""
    SHADOW = "shadow"
    """The platform gets copies; nobody sees its answers."""
    CANARY = "canary"
    """The platform answers a share of the requests, never more than the ceiling."""
    PLATFORM = "platform"
    """The platform answers everything; the old system is hot and gets copies."""
    STANDBY = "standby"
    """The old system is scaled down and protected from deletion."""
    RETIRED = "retired"
    """The old system is gone; the way back is the previous version of the model."""


class Slot(StrEnum):
    """One of the two places on the platform that hold a version of the model."""

    BLUE = "blue"
    GREEN = "green"

    @property
    def other(self) -> Slot:
        """The slot that this one is not."""
        return Slot.GREEN if self is Slot.BLUE else Slot.BLUE


def _ceiling(value: int) -> int:
    if value not in CEILINGS:
        near = min(CEILINGS, key=lambda step: abs(step - value))
        ladder = ", ".join(str(step) for step in CEILINGS)
        raise MisfitError(f"{value} is not a step of the ladder ({ladder})", str(near))
    return value


def _digest(value: str) -> str:
    if len(value) != len("sha256:") + 64 or not value.startswith("sha256:") or set(value[7:]) - _HEX:
        raise MisfitError(
            f'"{value}" is not the digest of an evidence object; `ferry gate` prints it',
            f'"sha256:{"0" * 64}"',
        )
    return value


_HEX = frozenset("0123456789abcdef")

Ceiling = Annotated[int, AfterValidator(_ceiling)]
"""A step of the ladder in percent."""

EvidenceDigest = Annotated[str, AfterValidator(_digest)]
"""Names one evidence object by its content: ``sha256:`` and 64 hexadecimal digits."""


class WorkloadState(Spec):
    """The line ``ferry:workloads.<name>``.

    Attributes:
        stage: where it shall stand.
        ceiling: the most that the platform may be given at ``canary``, in percent; of no meaning elsewhere.
        evidence: what shows that the step forward is safe; needed only by the change that makes the step.
        epoch: raised by one to release the latch that a rollback left; never lowered.
        active: a pin. All traffic of the platform goes to this slot, whatever Argo CD and the guard would do.
    """

    stage: Stage
    ceiling: Ceiling | None = None
    evidence: EvidenceDigest | None = None
    epoch: int = Field(ge=1, default=1)
    active: Slot | None = None
