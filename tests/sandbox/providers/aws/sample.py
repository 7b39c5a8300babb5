"""What a sample of a type says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.providers.base import Props
from tests.sandbox.providers.aws.bench import Bench, Made


@dataclass(frozen=True)
class Sample:
    """One type's life."""

    inputs: Callable[[Bench], Props]
    found: Callable[[Bench, Made], Any]
    """What boto3 finds of it; empty or an error when it is gone."""
    change: Callable[[Bench], Props] | None = None
    """New values that are applied in place; None where nothing but a replacement is possible."""
    stays: str = ""
    """Why the thing outlives its deletion, if it does."""
    unreadable: frozenset[str] = frozenset()
    """Inputs that AWS does not give back, so that an import cannot know them."""
    importable: bool = True
