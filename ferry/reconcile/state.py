"""What an interrupted `up` left in the state, and the state without it. Pure: a deployment is plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The engine's own word for a value that is not known yet (pulumi/sdk/go/common/resource/plugin)."""
HIDDEN = "[secret]"
"""The engine's word, in its events, for a value that is secret."""

State = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """A resource that the program wants and that the state has not.

    Attributes:
        urn, type: of the resource.
        inputs: checked ones; complete, nothing of them unknown.
        record: what the state will say of it, but for its id.
        pending: the engine had begun to make it when it was cut off.
    """

    urn: str
    type: str
    inputs: Mapping[str, Any]
    record: Mapping[str, Any]
    pending: bool


def pending(deployment: State) -> list[State]:
    """Operations that were begun and whose end the engine never saw."""
    return list(deployment.get("pending_operations") or [])


def begun(deployment: State) -> list[Wanted]:
    """What was being made, in the order in which it was begun."""
    known = {item["urn"] for item in deployment.get("resources") or []}
    found = [item["resource"] for item in pending(deployment) if item["type"] == "creating"]
    return [
        Wanted(item["urn"], item["type"], item.get("inputs") or {}, item, pending=True)
        for item in found
        if item["urn"] not in known and item.get("custom")
    ]


def half_done(deployment: State) -> list[str]:
    """URNs of what was being changed or deleted: they are in the state, and may be different or gone."""
    known = {item["urn"] for item in deployment.get("resources") or []}
    half = [
        item["resource"]["urn"] for item in pending(deployment) if item["type"] in {"updating", "deleting"}
    ]
    return sorted(known & set(half))


def settled(deployment: State) -> State:
    """The state without operations that never ended: whoever drops them has looked at each."""
    return {key: value for key, value in deployment.items() if key != "pending_operations"}


def adopting(deployment: State, wanted: Mapping[str, Wanted], ids: Mapping[str, str]) -> State:
    """The state with these resources in it, by their ids; the next refresh reads what they are."""
    adopted = [_entry(wanted[urn], id_) for urn, id_ in ids.items()]
    return {**settled(deployment), "resources": [*(deployment.get("resources") or []), *adopted]}


def _entry(wanted: Wanted, id_: str) -> State:
    keys = ("parent", "provider", "dependencies", "propertyDependencies", "protect", "retainOnDelete")
    kept = {key: wanted.record[key] for key in keys if wanted.record.get(key)}
    inputs = {key: value for key, value in wanted.inputs.items() if not _hidden(value)}
    same = {"urn": wanted.urn, "custom": True, "id": id_, "type": wanted.type, "inputs": inputs}
    return {**same, "outputs": {key: value for key, value in inputs.items() if key != "__defaults"}, **kept}


def without(deployment: State, urns: set[str]) -> State:
    """The state without some resources: they turned out to be somebody else's."""
    kept = [item for item in deployment.get("resources") or [] if item["urn"] not in urns]
    return {**deployment, "resources": kept}


def complete(values: Any) -> bool:
    """Whether nothing in the values is unknown."""
    return UNKNOWN not in repr(values)


def _hidden(value: Any) -> bool:
    return HIDDEN in repr(value)
