"""How sure a gate is, and how many rows that takes. Pure.

Several metrics are handled as an intersection-union test: *every* one must pass at ``ALPHA``, so the chance
that a model which is worse by a tolerance in *any* of them is promoted stays below ``ALPHA`` without a
correction (Berger 1982). What several metrics cost is power, so the rows are planned for ``POWER`` of all
together: each metric gets ``1 - (1 - PLANNED) / k``.
"""

from __future__ import annotations

import math

from scipy.stats import norm

from workloads.spec import Comparison

ALPHA = 0.045
"""One-sided level of each test: a model at the tolerance's edge stays out 95 times of 100, with half a point
left for what the approximations (DeLong's normal, the bootstrap's percentiles) get wrong at these sizes."""

POWER = 0.90
"""How often an equal model passes with the planned rows, at least."""

PLANNED = 0.92
"""What the rows are planned for, so that the power holds although a score interval is a little wider than the
normal one that plans it (simulated: 0.895 when planned for 0.90)."""

MULTIPLICITY = (
    f"intersection-union: every check must pass at one-sided level {ALPHA}, so no correction of the level; "
    f"rows planned for a joint power of {POWER:.0%} by Bonferroni over the metrics"
)
"""What the evidence says about there being several checks."""


def z_level() -> float:
    """Standard errors between an estimate and its one-sided bound."""
    return float(norm.ppf(1 - ALPHA))


def z_needed(comparison: Comparison, metrics: int = 1) -> float:
    """Standard errors that a tolerance must be wide, so that an equal model passes with the power."""
    missed = (1 - PLANNED) / metrics
    if comparison is Comparison.EQUIVALENCE:
        missed /= 2  # two bounds may each be missed
    return z_level() + float(norm.ppf(1 - missed))


def rows_needed(sd: float, tolerance: float, comparison: Comparison, metrics: int = 1) -> int:
    """Rows that the test asks for.

    Args:
        sd: standard deviation that one row adds to the difference.
        tolerance: in the metric's unit.
        metrics: how many have to pass together.
    """
    return math.ceil((z_needed(comparison, metrics) * sd / tolerance) ** 2)
