"""In which order tests run, and which run in one process.

A rehearsal waits for minutes (a real Karpenter takes its time to give a node back) and needs little of a
processor meanwhile, so both begin at once, each in a process of its own, and everything else runs beside
them. Tests of one file stay together, because they share what is expensive to make; so do all that share one
control plane, which needs a processor even when nobody asks it anything.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from xdist.scheduler import LoadFileScheduling

ENVIRONMENTS = ("prod", "dev")
"""Of which there are rehearsals, the longer one first."""


SHARING = (
    "tests/sandbox/controlplane/",
    "tests/sandbox/providers/kubernetes/",
    "tests/ferry/rehearsal/test_live_lookups.py",
)
"""Where tests share one control plane."""

CONTROL_PLANE = {"kube", "world_spec"}
"""Fixtures that lead to the shared control plane."""


class Scheduling(LoadFileScheduling):  # type: ignore[misc] # xdist's own types are not followed
    """Tests of one file in one process, as `--dist loadfile` does, and all that share a control plane."""

    def _split_scope(self, nodeid: str) -> str:
        return together(nodeid)


def together(nodeid: str) -> str:
    """The group whose tests run in one process."""
    return "control plane" if nodeid.startswith(SHARING) else nodeid.split("::", 1)[0]


def strays(items: Sequence[pytest.Item]) -> list[str]:
    """Tests that share the control plane and are not where the others are."""
    using = [item for item in items if CONTROL_PLANE & set(getattr(item, "fixturenames", ()))]
    return [item.nodeid for item in using if not shares(item)]


def shares(item: pytest.Item | None) -> bool:
    """Whether a test stands where one control plane is shared."""
    return item is not None and item.nodeid.startswith(SHARING)


def arranged(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Rehearsals, then tests with a control plane, then the rest; otherwise as they were."""
    return sorted(items, key=_rank)


def _rank(item: pytest.Item) -> int:
    if item.get_closest_marker("rehearsal") is not None:
        fixtures = getattr(item, "fixturenames", ())
        return next((rank for rank, name in enumerate(ENVIRONMENTS) if name in fixtures), len(ENVIRONMENTS))
    if shares(item):
        return len(ENVIRONMENTS) + 1
    control_plane = item.get_closest_marker("controlplane") is not None
    return len(ENVIRONMENTS) + (2 if control_plane else 3)
