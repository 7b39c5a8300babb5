"""The pinned tools of a rehearsal, built from ``tools/*/go.mod`` when they are not there."""

from __future__ import annotations

from sandbox.toolchain.chain import VARIABLE, Toolchain
from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.table import REHEARSAL, Tool

__all__ = ["REHEARSAL", "VARIABLE", "Tool", "Toolchain", "ToolchainError"]
