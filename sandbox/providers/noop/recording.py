"""What an earlier run made: ids and outputs by URN, and answers of functions, for replaying.

The deployment comes from ``pulumi stack export --show-secrets`` (secrets stay marked as such), the answers
from the line-by-line file that a provider writes when ``FERRY_RECORD_INVOKES`` names one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sandbox.providers.answers import replay
from sandbox.providers.codec import Secret

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the engine's public marker of a secret


@dataclass(frozen=True)
class Made:
    """One resource as the earlier run left it."""

    id: str
    outputs: dict[str, Any]


@dataclass(frozen=True)
class Recording:
    """Everything known of an earlier run; empty when there was none."""

    made: Mapping[str, Made] = field(default_factory=dict)
    answers: Mapping[str, dict[str, Any]] = field(default_factory=dict)


def load(deployment: Path | None, answers: Path | None) -> Recording:
    """Read what is there; either file may be None."""
    made = {}
    if deployment:
        exported = json.loads(deployment.read_text())
        made = {
            resource["urn"]: Made(resource["id"], _revealed(resource.get("outputs") or {}))
            for resource in exported["deployment"].get("resources", [])
            if resource.get("custom") and resource.get("id")
        }
    return Recording(made, replay(answers))


def _revealed(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return Secret(json.loads(value["plaintext"]))
        return {key: _revealed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_revealed(item) for item in value]
    return value
