"""In which order tests run: what waits long begins first.

A rehearsal waits for minutes (a real Karpenter takes its time to give a node back) and needs little of a
processor meanwhile, so both begin at once, each in a process of its own (`--dist loadfile`: tests of one
file stay together, because they share what is expensive to make), and everything else runs beside them.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

ENVIRONMENTS = ("prod", "dev")
"""Of which there are rehearsals, the longer one first."""


def arranged(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Rehearsals, then tests with a control plane, then the rest; otherwise as they were."""
    return sorted(items, key=_rank)


def _rank(item: pytest.Item) -> int:
    if item.get_closest_marker("rehearsal") is not None:
        fixtures = getattr(item, "fixturenames", ())
        return next((rank for rank, name in enumerate(ENVIRONMENTS) if name in fixtures), len(ENVIRONMENTS))
    control_plane = item.get_closest_marker("controlplane") is not None
    return len(ENVIRONMENTS) + (0 if control_plane else 1)
