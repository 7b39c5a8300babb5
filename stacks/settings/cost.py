"""What an environment may cost, and what it replaces."""

from __future__ import annotations

from pydantic import Field

from infra.specs.base import Spec


class CostSpec(Spec):
    """The key ``ferry:cost``; USD a month.

    Attributes:
        budget_usd: what a month may cost with every pool of nodes at its limit; more fails the preview. No
            limit where it is left out.
        legacy_usd: what the old estate costs, for the saving; no saving is shown where it is left out.
    """

    budget_usd: int | None = Field(default=None, gt=0)
    legacy_usd: int | None = Field(default=None, gt=0)
