"""What a change would do to an environment, as a comment that a person can read."""

from ferry.preview.command import preview

__all__ = ["preview"]
