"""What stands in for a container image: its content comes from this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Image:
    """An image's content, as far as a command needs it.

    Attributes:
        environment: the variables that the image sets (``ENV`` in its Dockerfile).
        content: path in the image → file or directory of this machine that is there instead; everything
            else is this machine's own.
        entrypoint: runs when a container names no command.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    content: Mapping[str, Path] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
