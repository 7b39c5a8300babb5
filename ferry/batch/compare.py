"""Whether two outputs of the same logical date agree. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

Rows = Mapping[str, float]
"""Value by key: a score, a forecast, a segment's number."""

RELATIVE = 1e-6
"""Values closer than this are the same: the order in which floating-point numbers are added may differ."""


@dataclass(frozen=True)
class Comparison:
    """How many keys there are in either output, and how many are missing on one side or differ."""

    keys: int
    missing: int
    different: int

    def within(self, tolerance: float) -> bool:
        """Whether no key is missing and at most this share differs. Two empty outputs agree about nothing."""
        return self.keys > 0 and self.missing == 0 and self.different <= tolerance * self.keys


def compare(old: Rows, new: Rows) -> Comparison:
    """Key by key."""
    both = old.keys() & new.keys()
    different = sum(
        1 for key in both if not math.isclose(old[key], new[key], rel_tol=RELATIVE, abs_tol=1e-12)
    )
    keys = len(old.keys() | new.keys())
    return Comparison(keys, keys - len(both), different)
