"""What is wrong with a configuration, said so that a person can put it right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

CONSEQUENCE = "nothing was created or changed"
"""Settings are read before the first resource is registered, so this is true of every mistake."""


def key_of(path: tuple[str | int, ...]) -> str:
    """The path as one says it: ``ferry:network.zones[2]``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return f"ferry:{text.removeprefix('.')}"


@dataclass(frozen=True)
class Mistake:
    """One wrong place.

    Attributes:
        key: where, as one would say it: ``ferry:network.zones[2]``.
        fact: what is wrong, without a full stop at its end.
        example: right YAML for that place; may have several lines.
    """

    key: str
    fact: str
    example: str

    def __str__(self) -> str:
        if "\n" in self.example:
            example = "\n" + "\n".join(f"      {line}" for line in self.example.splitlines())
        else:
            example = f" {self.example}"
        stop = "" if self.fact.endswith("?") else "."
        return f"{self.key}: {self.fact}{stop}\n    right:{example}"


class SettingsError(Exception):
    """A stack's configuration cannot be used; every mistake found is in the message, one block each."""

    def __init__(self, environment: str, mistakes: Sequence[Mistake]) -> None:
        self.environment = environment
        self.mistakes = tuple(mistakes)
        count = "one mistake" if len(self.mistakes) == 1 else f"{len(self.mistakes)} mistakes"
        blocks = "\n\n".join(f"  {mistake}" for mistake in self.mistakes)
        super().__init__(
            f"Pulumi.{environment}.yaml has {count}; {CONSEQUENCE}.\n\n{blocks}\n\n"
            "Change the lines above and run the command again."
        )
