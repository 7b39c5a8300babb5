"""What a provider's verbs take and give: plain values, no protobuf."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field

from sandbox.providers.codec import Value

Props = dict[str, Value]

ignored: ContextVar[Sequence[str]] = ContextVar("ignored", default=())
"""Property paths whose changes the resource being updated ignores; the engine has put the old values back."""


@dataclass(frozen=True)
class CheckFailure:
    """One wrong input: the property's path (may be empty) and the reason in a sentence."""

    property: str
    reason: str


@dataclass(frozen=True)
class Checked:
    """Inputs as they will be stored, defaults and automatic names included, and what is wrong."""

    inputs: Props
    failures: list[CheckFailure] = field(default_factory=list)


@dataclass(frozen=True)
class Diff:
    """What a change of inputs means: which top-level properties change, which force a replacement."""

    changes: list[str] = field(default_factory=list)
    replaces: list[str] = field(default_factory=list)
    delete_before_replace: bool = False
    kinds: Mapping[str, str] = field(default_factory=dict)
    """How a change reads in the preview: ``ADD`` or ``DELETE``; what is not named is an ``UPDATE``."""


@dataclass(frozen=True)
class State:
    """A live resource: its id, its outputs, and (for ``read``) the inputs that would recreate it."""

    id: str
    outputs: Props
    inputs: Props | None = None


class ProviderError(Exception):
    """The service refused; the message is what the person at ``pulumi up`` reads."""


class InitFailed(ProviderError):  # noqa: N818 - the engine's own word for the state
    """The object exists but did not become ready: the engine keeps its state and marks it failed."""

    def __init__(self, state: State, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.state = state
        self.reasons = reasons
