"""What a month costs before and after, by component. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ferry.preview.seen import Props, Step
from policy.cost.estimating import estimate
from policy.cost.model import Component, Estimate
from policy.cost.prices import PriceError
from policy.model import Resource

Range = tuple[float, float]
NOTHING: Range = (0.0, 0.0)


@dataclass(frozen=True)
class Money:
    """USD a month, at least and at most.

    Attributes:
        rows: component → before and after.
        unpriced: types that no rule prices, so that the sums are too low.
        as_of: day of the price table.
        why_not: why there is no estimate; the rest is empty then.
    """

    rows: Mapping[Component, tuple[Range, Range]]
    unpriced: Sequence[str] = ()
    as_of: str = ""
    why_not: str = ""

    @property
    def before(self) -> Range:
        """All components together."""
        return _sum(row[0] for row in self.rows.values())

    @property
    def after(self) -> Range:
        """All components together."""
        return _sum(row[1] for row in self.rows.values())

    @property
    def more(self) -> Range:
        """After less before."""
        return self.after[0] - self.before[0], self.after[1] - self.before[1]


def money(steps: Sequence[Step], region: str) -> Money:
    """The estimate of both sides; a price that the table lacks is said, and nothing is estimated."""
    try:
        before = estimate(list(_resources(steps, old=True)), region)
        after = estimate(list(_resources(steps, old=False)), region)
    except PriceError as error:
        return Money({}, why_not=str(error))
    was, becomes = before.by_component(), after.by_component()
    rows = {
        component: (was.get(component, NOTHING), becomes.get(component, NOTHING))
        for component in Component
        if component in was or component in becomes
    }
    return Money(rows, _unpriced(before, after), after.as_of.isoformat())


def _unpriced(*estimates: Estimate) -> list[str]:
    return sorted({kind for found in estimates for kind in found.unpriced})


def _resources(steps: Sequence[Step], *, old: bool) -> Iterator[Resource]:
    for step in steps:
        props: Props | None = step.old if old else step.new
        if props is not None:
            yield Resource(step.type, step.name, props, step.urn)


def _sum(ranges: Iterable[Range]) -> Range:
    low = high = 0.0
    for least, most in ranges:
        low, high = low + least, high + most
    return low, high


def spoken(found: Range) -> str:
    """``$12`` or ``$12 to $340``."""
    low, high = (f"${value:,.0f}" for value in found)
    return low if low == high else f"{low} to {high}"


def signed(found: Range) -> str:
    """The same for a difference: ``+$12``, ``no change``."""
    low, high = (("+" if value > 0 else "-") + f"${abs(value):,.0f}" for value in found)
    if max(abs(value) for value in found) < 0.5:  # noqa: PLR2004 - rounds to nothing
        return "no change"
    return low if low == high else f"{low} to {high}"
