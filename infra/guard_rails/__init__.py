"""Guard rails of teams (B9, B10): a namespace with rights, limits and fences of its own."""

from __future__ import annotations

from infra.guard_rails.component import GuardRails, GuardRailsArgs

__all__ = ["GuardRails", "GuardRailsArgs"]
