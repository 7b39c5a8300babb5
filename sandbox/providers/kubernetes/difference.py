"""What a change of inputs means: which properties differ from the live object, which force a replacement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.providers.base import Diff
from sandbox.providers.codec import UNKNOWN, has_unknown
from sandbox.providers.kubernetes.api import Object
from sandbox.providers.kubernetes.objects import is_built_in, is_core
from sandbox.providers.kubernetes.replacements import IDENTITY, forced_by, properties

_MISSING: Final = object()

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Change:
    """One property that differs: where, how (``ADD``, ``DELETE``, ``UPDATE``), and the new value."""

    path: Path
    kind: str
    value: Any

    @property
    def name(self) -> str:
        """The path in the engine's notation, ``spec.ports[0].port``."""
        text = ""
        for step in self.path:
            if isinstance(step, int):
                text += f"[{step}]"
            elif any(character in step for character in '."[]'):
                text += '["{}"]'.format(step.replace('"', '\\"'))
            else:
                text += f".{step}" if text else step
        return text


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Every property in which the inputs differ from the (pruned) live object."""
    lenient = is_built_in(str(new.get("apiVersion")))
    return list(_compare((), dict(old), dict(new), lenient))


def _compare(path: Path, old: Any, new: Any, lenient: bool) -> Iterator[Change]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _compare_one((*path, key), old.get(key, _MISSING), new.get(key, _MISSING), lenient)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before = old[index] if index < len(old) else _MISSING
            after = new[index] if index < len(new) else _MISSING
            yield from _compare_one((*path, index), before, after, lenient)
    elif has_unknown(new) or old != new:
        yield Change(path, "UPDATE", new)


def _compare_one(path: Path, old: Any, new: Any, lenient: bool) -> Iterator[Change]:
    if new is _MISSING:
        yield Change(path, "DELETE", None)
    elif old is _MISSING:
        if new is UNKNOWN or new or not (lenient and new in ([], {}, None)):
            yield Change(path, "ADD", new)
    else:
        yield from _compare(path, old, new, lenient)


@dataclass(frozen=True)
class Mutability:
    """Whether ConfigMaps and Secrets are changed in place; by default they are replaced."""

    config_maps: bool = False
    secrets: bool = False


def judge(old: Object, new: Object, mutability: Mutability, *, patch: bool, renamable: bool) -> Diff:
    """The engine's answer. ``patch``: the type only patches somebody's object, so that nothing but its
    identity forces a replacement. ``renamable``: the replacement can exist beside the old object."""
    found = changes(old, new)
    forced = [
        change for change in found if forced_by(_forcing(new, mutability, patch), change.path, change.value)
    ]
    return Diff(
        changes=[change.name for change in found],
        replaces=[change.name for change in forced],
        delete_before_replace=bool(forced) and not renamable,
        kinds={change.name: change.kind for change in found},
    )


def _forcing(new: Object, mutability: Mutability, patch: bool) -> tuple[str, ...]:
    if patch:
        return IDENTITY
    immutable = new.get("immutable") is True
    if is_core(new, "Secret") and (not mutability.secrets or immutable):
        return (*IDENTITY, ".type", ".stringData", ".data")
    if is_core(new, "ConfigMap") and (not mutability.config_maps or immutable):
        return (*IDENTITY, ".binaryData", ".data")
    return (*IDENTITY, *properties(str(new.get("apiVersion")), str(new.get("kind"))))
