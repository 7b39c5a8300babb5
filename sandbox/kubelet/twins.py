"""Broken twins: the proof that a look-up can fail.

For every reference that resolves there is a twin of its holder in which exactly that reference points
nowhere. A look-up that accepts the twin checks nothing, however green it is.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sandbox.kubelet.objects import Index, Object, Options, Reference, dotted, title

Find = Callable[[Object, Index, Options], Iterator[Reference]]


def broken_twin(reference: Reference) -> dict[str, Any]:
    """A copy of the reference's holder in which that one reference cannot resolve."""
    twin = copy.deepcopy(dict(reference.holder))
    spot: Any = twin
    for step in reference.path[:-1]:
        spot = spot[step]
    spot[reference.path[-1]] = reference.broken
    return twin


def unseen_twins(references: Iterable[Reference], find: Find, index: Index, options: Options) -> list[str]:
    """The broken twins that `find` takes for healthy, each named. Optional references have no twin."""
    unseen = []
    for reference in references:
        if reference.optional or reference.problem:
            continue
        found = find(broken_twin(reference), index, options)
        if not any(other.problem and _covers(other, reference) for other in found):
            unseen.append(
                f"{title(reference.holder)}: nobody notices when {dotted(reference.path)} is broken"
            )
    return unseen


def _covers(other: Reference, reference: Reference) -> bool:
    """Whether a finding is at the broken place or, for a whole selector, inside it."""
    size = len(reference.path)
    return other.path[:size] == reference.path
