"""Field ownership: what a plain create owned passes to the manager of server-side applies."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sandbox.providers.kubernetes.api import Object

_HANDED_OVER: Final = frozenset(
    {
        ("kubectl", "Apply"),
        ("kubectl", "Update"),
        ("before-first-apply", "Update"),
        ("pulumi-kubernetes", "Update"),
        ("pulumi-kubernetes.exe", "Update"),
        ("pulumi-resource-kubernetes", "Update"),
    }
)


def handed_over(live: Object, manager: str) -> list[dict[str, Any]] | None:
    """The JSON patch that gives ``manager`` the fields of a plain create; None when there are none."""
    entries = live["metadata"].get("managedFields", [])
    taken = [entry for entry in entries if _is_taken(entry)]
    if not taken:
        return None
    own = [entry for entry in entries if (entry["manager"], entry["operation"]) == (manager, "Apply")]
    rest = [entry for entry in entries if entry not in taken and entry not in own]
    merged: dict[str, Any] = {}
    for entry in (*own, *taken):
        _merge(merged, entry.get("fieldsV1", {}))
    entry = {
        "manager": manager,
        "operation": "Apply",
        "apiVersion": taken[0]["apiVersion"],
        "time": taken[0]["time"],
        "fieldsType": "FieldsV1",
        "fieldsV1": merged,
    }
    return [
        {"op": "replace", "path": "/metadata/managedFields", "value": [entry, *rest]},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
    ]


def without_ignored(new: Object, live: Object, manager: str, paths: Iterable[str]) -> Object:
    """The new inputs with every ignored path as it is: left out where another manager has it, else kept.

    A path is ``spec.replicas``; one that goes through a list is the engine's matter alone.
    """
    result = copy.deepcopy(new)
    entries = live["metadata"].get("managedFields", [])
    for path in paths:
        steps = path.split(".")
        ours = any(_owns(entry, steps) for entry in entries if _is_ours(entry, manager))
        theirs = any(_owns(entry, steps) for entry in entries if not _is_ours(entry, manager))
        holder = _walk(result, steps[:-1])
        if "[" in path or holder is None:
            continue
        found = _walk(live, steps[:-1])
        if theirs and not ours:
            holder.pop(steps[-1], None)
        elif found is not None and steps[-1] in found:
            holder[steps[-1]] = found[steps[-1]]
    return result


def _is_ours(entry: Mapping[str, Any], manager: str) -> bool:
    return _is_taken(entry) or (entry["manager"], entry["operation"]) == (manager, "Apply")


def _owns(entry: Mapping[str, Any], steps: Sequence[str]) -> bool:
    fields: Any = entry.get("fieldsV1", {})
    for step in steps:
        if not isinstance(fields, Mapping) or f"f:{step}" not in fields:
            return False
        fields = fields[f"f:{step}"]
    return True


def _walk(obj: Any, steps: Sequence[str]) -> dict[str, Any] | None:
    for step in steps:
        obj = obj.get(step) if isinstance(obj, dict) else None
    return obj if isinstance(obj, dict) else None


def _is_taken(entry: Mapping[str, Any]) -> bool:
    return (entry["manager"], entry["operation"]) in _HANDED_OVER and not entry.get("subresource")


def _merge(into: dict[str, Any], fields: dict[str, Any]) -> None:
    for key, value in fields.items():
        if isinstance(value, dict):
            _merge(into.setdefault(key, {}), value)
        else:
            into[key] = value
