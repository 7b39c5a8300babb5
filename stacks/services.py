"""The second layer: what teams use. A service whose capability is off leaves nothing behind.

Each service is one component of ``infra/``, made by one method here, and only where the rollout says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from stacks.foundation import Foundation
from stacks.settings import Settings


@dataclass(frozen=True)
class Services:
    """What the fleet of workloads builds on; None where the capability is off."""


def build(settings: Settings, foundation: Foundation) -> Services:
    """Registers the layer's components."""
    _Builder(settings, foundation)
    return Services()


class _Builder:
    """One environment's services, in the order in which they need each other."""

    def __init__(self, settings: Settings, foundation: Foundation) -> None:
        self._settings = settings
        self._foundation = foundation

    def _on(self, capability: str) -> bool:
        """Whether the rollout, with its overrides, switches a capability on."""
        return capability in self._settings.enabled
