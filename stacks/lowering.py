"""Going down: a capability that was there and is to go takes its resources with it, so somebody says so (E5).

What was there is the stack's own last output. Everything is decided before the first resource is registered,
so that a preview is refused with the whole list and nothing is deleted by a shorter line in a file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from stacks.rollout import CAPABILITIES
from stacks.settings import Settings

OUTPUT = "rollout"
"""The stack's output that the next `up` reads."""


class LoweringError(Exception):
    """Capabilities would go, and nobody has said what that deletes; nothing was changed."""


def exported(settings: Settings) -> dict[str, Any]:
    """The level and everything that is on."""
    return {"level": str(settings.rollout), "capabilities": sorted(settings.enabled)}


def going(outputs: Mapping[str, Any], now: Collection[str]) -> list[str]:
    """Capabilities that the stack has and would no longer have; none before its first `up`."""
    before = (outputs.get(OUTPUT) or {}).get("capabilities") or []
    return [name for name in before if name not in now and name in CAPABILITIES]


def check(settings: Settings, outputs: Mapping[str, Any]) -> list[str]:
    """What this `up` takes away, a line each, for the log.

    Args:
        settings: what is wanted.
        outputs: what the stack exported when it was last applied.

    Raises:
        LoweringError: something goes, and no (reviewed) teardown says that it may.
    """
    lines = [sentence(name) for name in going(outputs, settings.enabled)]
    if not lines or settings.teardown:
        return lines
    found = "\n".join(f"  {line}" for line in lines)
    wanted = "\n".join(
        f"  {key}: {_quoted(value)}"
        for key, value in settings.teardown_lines("<who agreed, and why>").items()
    )
    raise LoweringError(
        f"Less is switched on than {settings.cluster_name} has, which would delete:\n{found}\n"
        "so nothing was changed. Put the level or the capabilities back; or, if it is meant, review and add\n"
        f"{wanted}\nfor one `pulumi up` as things are, which lifts the protection; then go down, and take "
        "the lines out again."
    )


def sentence(name: str) -> str:
    """What goes with a capability."""
    item = CAPABILITIES[name]
    lost = f", and with it for good: {item.holds}" if item.holds else ""
    return f"{name} ({item.what}, requirement {item.requirement}){lost}"


def _quoted(value: str) -> str:
    return value if value in ("true", "false") else f'"{value}"'
