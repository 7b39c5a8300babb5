"""Automatic names as pulumi-aws makes them: the resource's name, a separator, seven hexadecimal digits."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.providers.codec import Value

RANDOM_DIGITS = 7
"""Length of the suffix (pulumi-terraform-bridge's default)."""


def _same(name: str, _: Mapping[str, Value]) -> str:
    return name


@dataclass(frozen=True)
class AutoName:
    """Which property is named automatically, and the rules of the service behind it."""

    property: str = "name"
    max_length: int = 255
    separator: str = "-"
    digits: int = RANDOM_DIGITS
    lower: bool = False
    finish: Callable[[str, Mapping[str, Value]], str] = _same
    """Last touch, such as the ``.fifo`` of a queue or the ``alias/`` of a key alias."""

    def make(self, resource_name: str, inputs: Mapping[str, Value], seed: bytes) -> str:
        """A name for the resource. The same seed gives the same name, so preview and up agree."""
        base = resource_name.lower() if self.lower else resource_name
        if self.digits:
            digest = hashlib.sha256(seed or os.urandom(32)).hexdigest()[: self.digits]
            room = self.max_length - len(self.separator) - self.digits
            base = f"{base[:room]}{self.separator}{digest}"
        return self.finish(base, inputs)
