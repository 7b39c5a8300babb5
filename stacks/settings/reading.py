"""From what the engine holds to one document; every key is seen, so a misspelt one is not lost."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, get_origin

from pydantic import BaseModel

from stacks.settings import example
from stacks.settings.mistakes import Mistake
from stacks.settings.model import Settings

NAMESPACE = "ferry"
OTHERS = frozenset({"pulumi", "aws", "eks", "kubernetes"})
"""Namespaces whose keys are the engine's and the providers' business."""

SHADOWED = {"aws:region": "region", "aws:allowedAccountIds": "account", "aws:defaultTags": "owner"}
"""Keys of a provider that would do nothing, to the setting that does it: Ferry makes its providers itself."""

SECRETS_LIVE = (
    "secrets do not belong in a stack file: AWS makes and rotates passwords, and they live in Secrets Manager"
)


@dataclass(frozen=True)
class Document:
    """Values by key, without the namespace, and what was wrong on the way.

    ``accounted``: keys that are not among the values because a mistake already speaks of them, so that they
    are not called missing as well.
    """

    values: dict[str, Any] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    accounted: set[str] = field(default_factory=set)


def from_engine(config: Mapping[str, str], secret_keys: Collection[str]) -> Document:
    """Configuration as the engine holds it: full key to text, objects as JSON."""
    document = Document()
    for key, text in sorted(config.items()):
        namespace, _, name = key.partition(":")
        if key in secret_keys:
            document.mistakes.append(_secret(key, name))
            document.accounted.add(name)
        elif namespace == NAMESPACE and name:
            _take(document, name, text)
        elif namespace not in OTHERS or key in SHADOWED:
            document.mistakes.append(_foreign(key))
            document.accounted.add(name or namespace)
    document.accounted.difference_update(document.values)
    return document


def _take(document: Document, name: str, text: str) -> None:
    setting = Settings.model_fields.get(name)
    if setting is None or name == "environment":
        document.mistakes.append(_unknown(name))
        document.accounted.update(_meant(name))
        return
    annotation = setting.annotation
    if annotation is bool:
        document.values[name] = {"true": True, "false": False}.get(text, text)
        return
    is_object = get_origin(annotation) is dict or (
        isinstance(annotation, type) and issubclass(annotation, BaseModel)
    )
    document.values[name] = _decoded(text) if is_object else text


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _keys() -> list[str]:
    return [name for name in Settings.model_fields if name != "environment"]


def _meant(name: str) -> list[str]:
    """The setting that was probably meant, or none."""
    return difflib.get_close_matches(name, _keys(), n=1, cutoff=0.5)


def _unknown(name: str) -> Mistake:
    if name == "environment":
        return Mistake(
            "ferry:environment", "the environment is the stack's name and not a key", "remove the line"
        )
    near = _meant(name)
    hint = f'did you mean "{near[0]}"?' if near else f"known keys: {', '.join(_keys())}"
    shown = example.line((near[0],)) if near else "remove the line"
    return Mistake(f"ferry:{name}", f'there is no setting "{name}"; {hint}', shown)


def _foreign(key: str) -> Mistake:
    namespace, colon, name = key.partition(":")
    if key in SHADOWED:
        fact = f"does nothing, because Ferry makes its providers itself; the setting is ferry:{SHADOWED[key]}"
        return Mistake(key, fact, example.line((SHADOWED[key],)))
    bare = name if colon else namespace
    meant = _meant(bare)
    shown = example.line((meant[0],)) if meant else "remove the line"
    what = f'the namespace "{namespace}"' if colon else "a key without a namespace"
    hint = f'; did you mean "ferry:{meant[0]}"?' if meant else ""
    return Mistake(key, f"nothing reads {what}{hint}", shown)


def _secret(key: str, name: str) -> Mistake:
    shown = example.line((name,)) if name in _keys() else "remove the line"
    return Mistake(key, f"holds a secure value; {SECRETS_LIVE}", f"a plain value: {shown}")
