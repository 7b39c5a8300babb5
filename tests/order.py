"""In which order tests run, and which of them share a process: what waits long begins first.

A rehearsal waits for minutes (a real Karpenter takes its time to give a node back) and needs little of a
processor meanwhile, so both begin at once, each in a process of its own, and everything else runs beside
them. Tests of one file stay together, because they share what is expensive to make.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

ENVIRONMENTS = ("prod", "dev")
"""Of which there are rehearsals, the longer one first."""


def arranged(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Rehearsals, then tests with a control plane, then the rest; otherwise as they were."""
    return sorted(items, key=_rank)


def group(item: pytest.Item) -> str:
    """What a test must share a process with: its environment's rehearsal, or its file."""
    environment = _rehearsed(item)
    return f"rehearsal-{environment}" if environment else item.nodeid.partition("::")[0]


def _rank(item: pytest.Item) -> int:
    environment = _rehearsed(item)
    if environment:
        return ENVIRONMENTS.index(environment)
    control_plane = item.get_closest_marker("controlplane") is not None
    return len(ENVIRONMENTS) + (0 if control_plane else 1)


def _rehearsed(item: pytest.Item) -> str | None:
    """The environment whose rehearsal a test looks at; the longer one, if it looks at several."""
    if item.get_closest_marker("rehearsal") is None:
        return None
    given = getattr(item, "callspec", None)
    named = {*getattr(item, "fixturenames", ()), given.params.get("environment") if given else None}
    return next((environment for environment in ENVIRONMENTS if environment in named), None)
