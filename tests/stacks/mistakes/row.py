"""What a row of the table of mistakes is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """``change`` in ``environment``'s file is answered at ``key`` with ``fact`` and ``example``."""

    name: str
    environment: str
    change: dict[str, Any] = field(repr=False)
    key: str
    fact: str
    example: str


GPU = "karpenter.pools[1]"
"""Where the pool of GPU nodes stands in dev."""
