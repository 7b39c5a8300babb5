"""Whose traffic would move, from the stack's own outputs before and after. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ferry.preview.seen import Seen
from stacks.fleet import recorded
from workloads.evidence import Check, Evidence
from workloads.stages import Recorded, place
from workloads.state import Stage
from workloads.traffic import TABLE, Side, allowed

Found = Mapping[str, Evidence | str]
"""Workload → what was measured for its step, or why that could not be read."""


@dataclass(frozen=True)
class Move:
    """One workload's step.

    Attributes:
        was, becomes: where it stands before and after.
        evidence: what was measured; None where the step needs none, text where it could not be read.
    """

    workload: str
    was: Recorded
    becomes: Recorded
    evidence: Evidence | str | None = None

    @property
    def steps(self) -> tuple[str, str]:
        """From and to, as one says them."""
        return place(self.was.stage, self.was.ceiling), place(self.becomes.stage, self.becomes.ceiling)

    @property
    def shares(self) -> tuple[str, str]:
        """Who answers before and after."""
        return share(self.was), share(self.becomes)


def moves(seen: Seen, found: Found) -> list[Move]:
    """Every workload whose stage, ceiling, pin or latch changes, by name."""
    before, after = recorded(seen.before), recorded(seen.after)
    result = []
    for name in sorted(after):
        was, becomes = before.get(name, Recorded()), after[name]
        if _stand(was) != _stand(becomes):
            evidence = found.get(name) if becomes.evidence != was.evidence else None
            result.append(Move(name, was, becomes, evidence))
    return result


def _stand(item: Recorded) -> tuple[object, ...]:
    return (item.stage, item.ceiling, item.active, item.epoch)


def named(seen: Seen) -> dict[str, str]:
    """Workload → digest of the evidence that its change names."""
    before, after = recorded(seen.before), recorded(seen.after)
    return {
        name: item.evidence
        for name, item in after.items()
        if item.evidence and item.evidence != before.get(name, Recorded()).evidence
    }


def share(item: Recorded) -> str:
    """Who answers a live request there, and who gets copies."""
    row, most = TABLE[item.stage], allowed(item.stage, item.ceiling)
    if item.stage is Stage.CANARY:
        answers = f"platform at most {most}%, legacy the rest"
    else:
        answers = f"{'platform' if most else 'legacy'} 100%"
    copies = {Side.PLATFORM: ", copies to the platform", Side.LEGACY: ", copies to legacy"}
    pin = f", pinned to {item.active}" if item.active else ""
    return answers + (copies.get(row.mirror, "") if row.mirror else "") + pin


def measured(check: Check) -> str:
    """An estimate with its interval and what it was held against."""
    if check.estimate is None:
        return "not measured"
    interval = (
        f" [{check.low:+.4g}, {check.high:+.4g}]" if check.low is not None and check.high is not None else ""
    )
    limit = f", limit {check.limit:g}" if check.limit is not None else ""
    return f"{check.estimate:+.4g}{interval}{limit}"
