"""Whether everything has arrived: counts and checksums of both ends, compared; pure (A9: zero loss)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Listing = Mapping[str, str]
"""Path below the moved root → checksum of the content, in the same algorithm at both ends."""


@dataclass(frozen=True)
class Comparison:
    """Both ends of a move.

    Attributes:
        source: how many files there are at the source.
        arrived: how many of them are at the destination with the same content.
        missing: paths that are not there.
        changed: paths that are there with another content.
        extra: paths that only the destination has: no loss, but somebody should know why.
    """

    source: int
    arrived: int
    missing: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)

    @property
    def lossless(self) -> bool:
        """Whether nothing is missing or changed, and there was something to move."""
        return self.source > 0 and self.arrived == self.source

    def problems(self) -> list[str]:
        """What was lost, a sentence each; an empty source is one too, since it proves nothing."""
        empty = [] if self.source else ["the source is empty, so nothing was verified"]
        gone = [f"{path} has not arrived" for path in self.missing]
        return [*empty, *gone, *(f"{path} arrived with another content" for path in self.changed)]


def compare(source: Listing, destination: Listing) -> Comparison:
    """Hold the destination against the source, path by path."""
    missing = sorted(source.keys() - destination.keys())
    changed = sorted(path for path in source.keys() & destination.keys() if source[path] != destination[path])
    extra = sorted(destination.keys() - source.keys())
    return Comparison(len(source), len(source) - len(missing) - len(changed), missing, changed, extra)
