"""What a rule is: a claim over several keys, and which keys it needs to be right before it can be judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stacks.settings.example import Path
from stacks.settings.mistakes import Mistake, key_of
from stacks.settings.model import Settings

Judge = Callable[[Settings], Iterator[Mistake]]


@dataclass(frozen=True)
class Rule:
    """A judge over settings whose ``needs`` (names of top-level keys) are each right in themselves."""

    needs: frozenset[str]
    judge: Judge


def needs(*keys: str) -> Callable[[Judge], Rule]:
    """Make a rule of a judge that looks at ``keys`` only."""
    return lambda judge: Rule(frozenset(keys), judge)


def wrong(path: Path, fact: str, example: str) -> Mistake:
    """A mistake at ``path``."""
    return Mistake(key_of(path), fact, example)
