"""Backfill, dual write, read-compare. The old store is the truth until the workload has left ``canary``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ferry.features.stores import OldStore, RedisStore, Value, Written
from ferry.gates.checks import Compared
from workloads.features import FEATURE_GROUPS, FeatureGroup

TRIES = 3
"""How often a difference is looked at again: a write may be between its two stores."""


class NamesError(Exception):
    """A store has features that nobody declared: something would be lost or renamed silently."""


def backfill(group: str, old: OldStore, new: RedisStore) -> int:
    """Copy every entity of a group; may be repeated, and run while others write. How many were written.

    Raises:
        NamesError: the old store has a feature by a name that :mod:`workloads.features` does not have.
    """
    written = 0
    for entity in old.entities(group):
        found = old.read(group, entity)
        if found is not None:
            _known(group, found.values)
            written += new.write(group, entity, found)
    return written


@dataclass
class DualWriter:
    """Writes to both stores. A write that the new store did not take is remembered and made again.

    Attributes:
        missed: group and entity of writes that only the old store has.
    """

    old: OldStore
    new: RedisStore
    missed: set[tuple[str, str]] = field(default_factory=set)

    def write(self, group: str, entity: str, written: Written) -> None:
        """First the old store, which has to take it; the new one must not stand in callers' way.

        Raises:
            NamesError: before anything was written.
        """
        _known(group, written.values)
        self.old.write(group, entity, written)
        self._copy(group, entity, written)

    def repair(self) -> int:
        """Make missed writes again, from what the old store has now; how many are still missing."""
        for group, entity in sorted(self.missed):
            found = self.old.read(group, entity)
            if found is not None:
                self._copy(group, entity, found)
        return len(self.missed)

    def _copy(self, group: str, entity: str, written: Written) -> None:
        try:
            self.new.write(group, entity, written)
        except Exception:
            self.missed.add((group, entity))
        else:
            self.missed.discard((group, entity))


def compare(group: str, entities: Iterable[str], old: OldStore, new: RedisStore) -> dict[str, Compared]:
    """Read entities from both stores; each declared feature by its own name, ``<group>.<feature>``.

    Equal means the same value of the same kind: no rounding, no default for what is missing.

    Raises:
        NamesError: one of the stores has a feature by a name that nobody declared.
    """
    reads, different = 0, dict.fromkeys(FEATURE_GROUPS[group].features, 0)
    for entity in entities:
        reads += 1
        for name in _differences(group, entity, old, new):
            different[name] += 1
    return {f"{group}.{name}": Compared(reads, count) for name, count in different.items()}


def report(compared: Mapping[str, Compared]) -> bytes:
    """As ``ferry gate`` reads it from ``features/<workload>/`` in the evidence store."""
    content = {name: {"reads": item.reads, "different": item.different} for name, item in compared.items()}
    return json.dumps(content, sort_keys=True).encode()


def _differences(group: str, entity: str, old: OldStore, new: RedisStore) -> list[str]:
    """Features that differ each time, the old store's being the same before and after."""
    found: list[str] = []
    for _ in range(TRIES):
        before, there, after = old.read(group, entity), new.read(group, entity), old.read(group, entity)
        if before != after:
            continue  # written while we looked: neither answer is the other's
        found = _unequal(FEATURE_GROUPS[group], _values(group, before), _values(group, there))
        if not found:
            return []
    return found


def _values(group: str, found: Written | None) -> Mapping[str, Value]:
    values = found.values if found is not None else {}
    _known(group, values)
    return values


def _unequal(group: FeatureGroup, one: Mapping[str, Value], other: Mapping[str, Value]) -> list[str]:
    """Declared features that are not equal, or that nobody has."""
    return [
        name
        for name in group.features
        if name not in one
        or name not in other
        or (type(one[name]), one[name]) != (type(other[name]), other[name])
    ]


def _known(group: str, values: Mapping[str, Value]) -> None:
    unknown = sorted(set(values) - set(FEATURE_GROUPS[group].features))
    if unknown:
        raise NamesError(
            f"{group} has features that nobody declared ({', '.join(unknown)}), so they would be lost, or "
            "one was renamed, and nothing more is written. Declare them in workloads/features.py, or take "
            "them out of the store."
        )
