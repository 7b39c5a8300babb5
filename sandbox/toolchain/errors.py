"""What can go wrong while tools are brought."""

from __future__ import annotations


class ToolchainError(Exception):
    """A tool could not be had; the message says what happened, what follows and the way out."""
