"""What a case is: series with which an alert fires, and series so near to them with which it does not."""

from __future__ import annotations

from dataclasses import dataclass

Series = dict[str, str]
"""A series to its samples in promtool's notation: ``0+60x10`` begins at 0 and adds 60 ten times."""


@dataclass(frozen=True)
class Near:
    """The nearest thing that nobody should hear of.

    Attributes:
        why: it does not fire.
        series: as of :class:`Case`.
        at: when it is judged.
    """

    why: str
    series: Series
    at: str


@dataclass(frozen=True)
class Case:
    """One alert, tried.

    Attributes:
        alert: its name.
        series: with these it fires.
        at: when it is judged, ``20m`` after the first sample.
        labels: of the firing alert, beside its name and severity.
        summary: the sentence that a person reads.
        quiet: with these it does not; at least one.
        interval: between two samples.
    """

    alert: str
    series: Series
    at: str
    labels: dict[str, str]
    summary: str
    quiet: tuple[Near, ...]
    interval: str = "1m"
