"""What a hyper-parameter search looks for. Pure (requirements B3, D)."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from infra.specs.base import Spec
from infra.specs.domain import MisfitError


class Parameter(Spec):
    """One dimension of the search.

    Attributes:
        name: as the training program calls it.
        kind: ``double`` or ``int``.
        low, high: both included.
        step: between neighbours; None for any value.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kind: Literal["double", "int"]
    low: float
    high: float
    step: float | None = Field(gt=0, default=None)

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if self.high <= self.low:
            raise MisfitError(
                f"{self.name} goes from {self.low} to {self.high}, so there is nothing to search", "high: 1.0"
            )
        return self


class SearchSpec(Spec):
    """A search that maximises one metric.

    Attributes:
        metric: what the training program prints as ``name=value``.
        goal: the search ends when it is reached.
        parameters: what is varied.
        trials: how many at most, and ``parallel`` at once. Source of both figures: requirement B3.
    """

    metric: str
    goal: float
    parameters: tuple[Parameter, ...] = Field(min_length=1)
    trials: int = Field(ge=1, default=15)
    parallel: int = Field(ge=1, default=3)
