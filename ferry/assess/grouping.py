"""From things to workloads: what runs, starts, trains or answers for the other belongs together. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from ferry.assess.model import Found, Inventory, Kind, Skipped, Workload

_ORDER = (
    Kind.ENDPOINT,
    Kind.NOTEBOOK,
    Kind.SCRIPT,
    Kind.CRONJOB,
    Kind.PIPELINE,
    Kind.TUNING,
    Kind.TRAINING,
    Kind.MODEL_PACKAGES,
    Kind.NOTEBOOK_INSTANCE,
    Kind.CRON,
)
"""Which part names the workload."""

_CODE = {Kind.NOTEBOOK, Kind.SCRIPT}
_SAGEMAKER = {Kind.ENDPOINT, Kind.PIPELINE, Kind.TRAINING, Kind.TUNING, Kind.MODEL_PACKAGES}
_SUFFIXES = {
    "prod", "production", "prd", "live", "endpoint", "train", "training", "trainer", "tuning", "tune", "hpo",
    "pipeline", "job", "jobs", "model", "models", "packages", "group", "v1", "v2", "v3", "daily", "weekly",
    "nightly", "hourly", "batch", "run",
}  # fmt: skip
_LONGEST = 40


class _Sets:
    """Union and find over positions, with the reason of each union."""

    def __init__(self, size: int) -> None:
        self._up = list(range(size))
        self.reasons: dict[int, list[str]] = defaultdict(list)

    def root(self, item: int) -> int:
        """The one that stands for its group."""
        while self._up[item] != item:
            self._up[item] = self._up[self._up[item]]
            item = self._up[item]
        return item

    def join(self, one: int, other: int, reason: str) -> None:
        """Put two groups together."""
        first, second = sorted((self.root(one), self.root(other)))
        if first != second:
            self._up[second] = first
            self.reasons[first] += [*self.reasons.pop(second, []), reason]


def workloads(inventory: Inventory) -> list[Workload]:
    """Groups of what was found, by name; helpers that nothing runs are set aside."""
    found = sorted(inventory.found, key=lambda item: (item.kind, item.where))
    sets = _Sets(len(found))
    _by_reference(found, sets)
    _by_sagemaker_name(found, sets)
    groups: dict[int, list[Found]] = defaultdict(list)
    for position, item in enumerate(found):
        groups[sets.root(position)].append(item)
    made, taken = [], set[str]()
    for root, parts in groups.items():
        why = _no_workload(parts)
        if why:
            inventory.aside += [Skipped(part.where, why) for part in parts]
            continue
        parts.sort(key=lambda part: (_ORDER.index(part.kind), part.off, part.where))
        name = _free_name(parts[0].name, taken)
        made.append(Workload(name, tuple(parts), joined=tuple(sets.reasons[root])))
    return _merged_cycles(_with_needs(made))


def _no_workload(parts: list[Found]) -> str:
    """Why parts are not a workload; empty where they are."""
    if all(part.kind is Kind.SCRIPT for part in parts) and not any(part.frameworks for part in parts):
        return "code without a framework of machine learning that no clock starts"
    if all(part.kind is Kind.CRON for part in parts):
        return "starts code that was not among the directories"
    if all(part.kind is Kind.MODEL_PACKAGES and part.off for part in parts):
        return "a group of model packages without a package"
    return ""


def _by_reference(found: list[Found], sets: _Sets) -> None:
    """A clock and what it starts, an endpoint and what made its model, a script and its helper beside it."""
    by_file: dict[str, list[int]] = defaultdict(list)
    by_name: dict[str, list[int]] = defaultdict(list)
    for position, item in enumerate(found):
        if item.kind in _CODE:
            by_file[item.name].append(position)
        elif not item.kind.scheduled:
            for name in {item.name, item.where, *item.points_at}:
                by_name[name].append(position)
    helped: dict[int, list[int]] = defaultdict(list)
    for position, item in enumerate(found):
        if item.kind.scheduled or item.kind in _CODE:
            for other in {
                pos for name in item.points_at for pos in _targets(item, found, by_file.get(name, []))
            }:
                helped[other].append(position)
    for other, users in sorted(helped.items()):
        clocks = [user for user in users if found[user].kind.scheduled]
        for user in clocks or users[: len(users) == 1]:  # a helper of several belongs to none of them
            verb = "starts" if clocks else "uses"
            sets.join(user, other, f"{found[user].name} {verb} {found[other].name}")
    for name, positions in by_name.items():
        for other in positions[1:]:
            one = found[positions[0]]
            sets.join(positions[0], other, f"{one.kind} and {found[other].kind} name {_short(name)}")


def _targets(item: Found, found: list[Found], candidates: list[int]) -> list[int]:
    """Of files of the wanted name: the only one for a clock; for code the one in its own directory."""
    if item.kind.scheduled:
        return candidates if len(candidates) == 1 else []
    directory = item.where.rpartition("/")[0]
    return [
        other
        for other in candidates
        if found[other] is not item
        and found[other].where.rpartition("/")[0] == directory
        and not found[other].frameworks
    ]


def _by_sagemaker_name(found: list[Found], sets: _Sets) -> None:
    """``churn-prod`` and ``churn-training``: what SageMaker itself does not connect."""
    stems: dict[str, list[int]] = defaultdict(list)
    for position, item in enumerate(found):
        if item.kind in _SAGEMAKER:
            stems[stem(item.name)].append(position)
    for name, positions in stems.items():
        endpoints = [position for position in positions if found[position].kind is Kind.ENDPOINT]
        if len(endpoints) > 1:
            continue  # which of them a job trains is not for a name to say
        for other in positions[1:]:
            sets.join(positions[0], other, f"both are called {name}")


def stem(name: str) -> str:
    """A name without what says environment, role or time."""
    words = [word for word in re.split(r"[^a-z0-9]+", _spaced(name).lower()) if word]
    while len(words) > 1 and (words[-1] in _SUFFIXES or words[-1].isdigit()):
        words.pop()
    return "-".join(words)


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", re.sub(r"\.(py|ipynb)$", "", name))


def _free_name(name: str, taken: set[str]) -> str:
    """A name for configuration: letters, digits and dashes, and only once."""
    plain = re.sub(r"^[^a-z]+", "", stem(name))[: _LONGEST - 4].strip("-")
    plain = plain if len(plain) > 2 else f"workload-{plain or 'unnamed'}"  # noqa: PLR2004 - WorkloadSpec.name has three letters at least
    free = plain
    for number in range(2, len(taken) + 3):
        if free not in taken:
            break
        free = f"{plain}-{number}"
    taken.add(free)
    return free


def _short(name: str) -> str:
    return name.rsplit("/", 1)[-1] or name


def _with_needs(made: list[Workload]) -> list[Workload]:
    """Who reads what another writes."""
    writers: dict[str, set[str]] = defaultdict(set)
    for workload in made:
        for place in _places(part.writes for part in workload.parts):
            writers[place].add(workload.name)
    after = []
    for workload in made:
        writes = _places(part.writes for part in workload.parts)
        reads = _places(part.sources for part in workload.parts) - writes
        needs = {name for place in reads for name in writers[place] if place in writers}
        after.append(replace(workload, needs=tuple(sorted(needs - {workload.name}))))
    return after


def _places(groups: Iterable[frozenset[str]]) -> set[str]:
    """Addresses of objects and directories; a store named without a place connects nobody."""
    return {place for group in groups for place in group if "://" in place}


def _merged_cycles(made: list[Workload]) -> list[Workload]:
    """Workloads that read each other's data are one: none of them can move first."""
    by_name = {workload.name: workload for workload in made}
    while True:
        try:
            TopologicalSorter({name: workload.needs for name, workload in by_name.items()}).prepare()
        except CycleError as error:
            ring = sorted(set(error.args[1]))
            by_name = _one_of(by_name, ring)
        else:
            return [by_name[name] for name in sorted(by_name)]


def _one_of(by_name: dict[str, Workload], ring: list[str]) -> dict[str, Workload]:
    first, inside = ring[0], set(ring)
    parts = sorted(
        (part for name in ring for part in by_name[name].parts),
        key=lambda part: (_ORDER.index(part.kind), part.off, part.where),
    )
    joined = [
        *(why for name in ring for why in by_name[name].joined),
        f"{', '.join(ring)} read each other's data",
    ]
    needs = {need for name in ring for need in by_name[name].needs} - inside
    rest = {
        name: replace(
            workload, needs=tuple(sorted({first if need in inside else need for need in workload.needs}))
        )
        for name, workload in by_name.items()
        if name not in inside
    }
    return {**rest, first: Workload(first, tuple(parts), tuple(sorted(needs)), tuple(joined))}
