"""In which order tests run, and which run in one process.

A rehearsal waits for minutes (a real Karpenter takes its time to give a node back) and needs little of a
processor meanwhile, so both begin at once, each in a process of its own, and everything else runs beside
them. Tests of one file stay together, because they share what is expensive to make; so do all that share one
control plane, which needs a processor even when nobody asks it anything.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

ENVIRONMENTS = ("prod", "dev")
"""Of which there are rehearsals, the longer one first."""


CONTROL_PLANE = "world"
"""The fixture that is the shared control plane."""


def together(item: pytest.Item) -> str:
    """The group whose tests run in one process."""
    shared = CONTROL_PLANE in getattr(item, "fixturenames", ())
    return "control plane" if shared else item.nodeid.split("::", 1)[0]


def arranged(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Rehearsals, then tests with a control plane, then the rest; otherwise as they were."""
    return sorted(items, key=_rank)


def _rank(item: pytest.Item) -> int:
    if item.get_closest_marker("rehearsal") is not None:
        fixtures = getattr(item, "fixturenames", ())
        return next((rank for rank, name in enumerate(ENVIRONMENTS) if name in fixtures), len(ENVIRONMENTS))
    control_plane = item.get_closest_marker("controlplane") is not None
    return len(ENVIRONMENTS) + (0 if control_plane else 1)
