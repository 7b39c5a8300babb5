"""The engine's resources as a graph of who waits for whom.

What is judged is time: B is complete before A begins. A waits for everything in its dependencies, for its
provider and for its parent, and for whatever those wait for. A parent is not complete when its child
begins, so its other children are not waited for; a component *named as a dependency* is complete, children
included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

Resource = Mapping[str, Any]

SECRET_KEY = "4dabf18193072939515e22adb298388d"  # noqa: S105 # the engine's public marker of a special value
STACK = "pulumi:pulumi:Stack"


@dataclass(frozen=True)
class Graph:
    """Resources of one stack, by URN."""

    resources: Mapping[str, Resource] = field(repr=False)

    @classmethod
    def of(cls, resources: Iterable[Resource]) -> Graph:
        """From `deployment.resources` of an export."""
        return cls({str(item["urn"]): item for item in resources})

    def all(self, *types: str) -> list[Resource]:
        """Every resource whose type is one of `types`."""
        return [item for item in self.resources.values() if item["type"] in types]

    @cached_property
    def kubernetes(self) -> list[Resource]:
        """Every Kubernetes object (charts are not objects)."""
        return [item for item in self.resources.values() if manifest(item)]

    @cached_property
    def _children(self) -> dict[str, list[str]]:
        children: dict[str, list[str]] = {}
        for urn, item in self.resources.items():
            children.setdefault(str(item.get("parent", "")), []).append(urn)
        return children

    def waits_for(self, urn: str) -> frozenset[str]:
        """URNs of everything that is complete before the resource begins."""
        known = self._waits.get(urn)
        if known is None:
            known = self._waits[urn] = self._search(urn)
        return known

    @cached_property
    def _waits(self) -> dict[str, frozenset[str]]:
        return {}

    def _search(self, urn: str) -> frozenset[str]:
        complete: set[str] = set()
        begun = [urn]
        seen: set[str] = set()
        while begun:
            current = begun.pop()
            if current in seen or current not in self.resources:
                continue
            seen.add(current)
            item = self.resources[current]
            finished = [named for edge in edges(item) for named in self._with_children(edge)]
            complete.update(finished)
            parent = str(item.get("parent", ""))
            if self.resources.get(parent, {}).get("custom"):
                complete.add(parent)
            begun += [*finished, parent]
        return frozenset(complete)

    def _with_children(self, urn: str) -> list[str]:
        found, queue = [], [urn]
        while queue:
            current = queue.pop()
            found.append(current)
            if not self.resources.get(current, {}).get("custom", True):
                queue += self._children.get(current, [])
        return found

    def cut(self, urn: str, target: str) -> Graph:
        """The same graph with every edge removed by which `urn`, or a parent of it, waits for `target`."""
        changed = dict(self.resources)
        current = urn
        while current in self.resources:
            item = self.resources[current]
            leading = {edge for edge in edges(item) if self._leads(edge, target)}
            changed[current] = _dropped(item, leading)
            current = str(item.get("parent", ""))
        return Graph(changed)

    def _leads(self, edge: str, target: str) -> bool:
        return target in self._with_children(edge) or target in self.waits_for(edge)


def _dropped(item: Resource, leading: set[str]) -> Resource:
    changed = dict(item)
    changed["dependencies"] = [edge for edge in item.get("dependencies") or [] if edge not in leading]
    changed["propertyDependencies"] = {
        key: [edge for edge in named or [] if edge not in leading]
        for key, named in (item.get("propertyDependencies") or {}).items()
    }
    if str(item.get("provider", "")).rpartition("::")[0] in leading:
        changed["provider"] = ""
    return changed


def edges(item: Resource) -> list[str]:
    """What the resource names itself: dependencies, those of its properties, its provider, who deletes it."""
    found = [str(edge) for edge in item.get("dependencies") or []]
    for named in (item.get("propertyDependencies") or {}).values():
        found += [str(edge) for edge in named or []]
    provider = str(item.get("provider", "")).rpartition("::")[0]
    return [*found, provider] if provider else found


def manifest(item: Resource) -> dict[str, Any]:
    """The Kubernetes object that a resource holds; empty for anything else."""
    inputs = item.get("inputs") or {}
    is_object = str(item["type"]).startswith("kubernetes:") and "kind" in inputs and "apiVersion" in inputs
    return plain(inputs) if is_object else {}


def plain(value: Any) -> Any:
    """A value without the engine's envelopes: a secret or an unknown becomes what is in it, or an empty
    string.
    """
    if isinstance(value, Mapping):
        if SECRET_KEY in value:
            return plain(value.get("value", ""))
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(entry) for entry in value]
    return value


def strings(value: Any) -> Iterable[str]:
    """Every string anywhere inside a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from strings(entry)
    elif isinstance(value, Sequence):
        for entry in value:
            yield from strings(entry)


def short(item: Resource) -> str:
    """How a finding calls a resource: its type and its name."""
    return f"{item['type']} {str(item['urn']).rsplit('::', 1)[-1]}"
