"""What an engine's preview showed: the model between its events and a comment. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How the engine writes a value that only the `up` will know (its SDK: resource/plugin/rpc.go)."""

Props = Mapping[str, Any]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Kind(StrEnum):
    """What happens to a resource, all of the engine's steps on it taken together."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    """A new one is made and the old one deleted, in either order."""
    DELETE = "delete"
    IMPORT = "import"
    SAME = "same"


class Step(_Frozen):
    """One resource.

    Attributes:
        kind: what happens to it.
        old: its inputs as they were last applied; None for a new one. Secrets are masked by the engine.
        new: its inputs after the change; None for one that goes.
        why: inputs that force the replacement.
        protected: the engine would refuse to delete it.
    """

    kind: Kind
    urn: str
    type: str
    old: Props | None = None
    new: Props | None = None
    why: tuple[str, ...] = ()
    protected: bool = False

    @property
    def name(self) -> str:
        """In the program."""
        return self.urn.rpartition("::")[2]


class Ruling(_Frozen):
    """Something that the policy pack said.

    Attributes:
        mandatory: it stops the `up`.
    """

    policy: str
    said: str
    mandatory: bool


class Seen(_Frozen):
    """A whole preview.

    Attributes:
        steps: what changes, and of what stays that which costs something.
        unchanged: how many resources stay as they are.
        before, after: what the stack's outputs say of workloads; ``after`` is empty where the preview failed.
        rulings: what the policy pack said.
        errors: why the preview failed; empty where it did not.
        rules: name and version of the pack that judged; empty where none did.
    """

    steps: tuple[Step, ...] = ()
    unchanged: int = 0
    before: Props = {}
    after: Props = {}
    rulings: tuple[Ruling, ...] = ()
    errors: tuple[str, ...] = ()
    rules: str = ""

    @property
    def changes(self) -> tuple[Step, ...]:
        """What does not stay."""
        return tuple(step for step in self.steps if step.kind is not Kind.SAME)
