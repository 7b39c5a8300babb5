"""What a readiness judgement may look at, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.providers.kubernetes.api import Api, Object
from sandbox.providers.kubernetes.objects import metadata


@dataclass(frozen=True)
class Verdict:
    """Ready or not; ``reasons`` says why not, ``failed`` that waiting longer is no use."""

    ready: bool
    reasons: list[str] = field(default_factory=list)
    failed: bool = False


@dataclass(frozen=True)
class Look:
    """One wait: the API server, the object as it was applied, and as it was before (None at its creation)."""

    api: Api
    applied: Object
    before: Object | None
    settle_seconds: float

    @property
    def namespace(self) -> str:
        """The namespace of the object waited for."""
        return str(metadata(self.applied).get("namespace", "default"))

    def owned(self, api_version: str, kind: str, owner: Mapping[str, Any]) -> list[Object]:
        """Objects of the kind, in the namespace, whose owner is ``owner``."""
        path = self.api.resource(api_version, kind).path(self.namespace)
        uid = metadata(owner).get("uid")
        return [
            item for item in self.api.get(path)["items"]
            if any(reference["uid"] == uid for reference in metadata(item).get("ownerReferences", []))
        ]  # fmt: skip

    def named(self, api_version: str, kind: str, name: str) -> Object | None:
        """One object by name, in the namespace if its kind has one."""
        return self.api.find(self.api.resource(api_version, kind).path(self.namespace, name))


Judge = Callable[[Object], Verdict]
"""Asked at each state of the object."""

READY = Verdict(ready=True)


def waiting(*reasons: str) -> Verdict:
    """Not yet, for these reasons."""
    return Verdict(ready=False, reasons=list(reasons))


def pluck(obj: Mapping[str, Any], *path: str) -> Any:
    """A nested value; None when any step is missing."""
    found: Any = obj
    for step in path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(step)
    return found


def conditions(obj: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The object's status conditions by type."""
    return {item["type"]: item for item in pluck(obj, "status", "conditions") or []}


def observed(obj: Mapping[str, Any]) -> bool:
    """Whether the controller has seen the object's present generation."""
    return bool(pluck(obj, "status", "observedGeneration") == metadata(obj).get("generation"))
