"""The second layer: what teams use. A service whose capability is off leaves nothing behind.

Each service is one component of ``infra/``, made by one method here, and only where the rollout says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.audit import Audit, AuditArgs
from infra.specs.storage import Purpose
from stacks.foundation import Foundation
from stacks.settings import Settings


@dataclass(frozen=True)
class Services:
    """What the fleet of workloads builds on; None where the capability is off.

    Attributes:
        audit: who read and changed the stores.
    """

    audit: Audit | None


def build(settings: Settings, foundation: Foundation) -> Services:
    """Registers the layer's components."""
    builder = _Builder(settings, foundation)
    return Services(audit=builder.audit)


class _Builder:
    """One environment's services, in the order in which they need each other."""

    def __init__(self, settings: Settings, foundation: Foundation) -> None:
        self._settings = settings
        self._foundation = foundation
        self.audit = self._audit() if self._on("audit") else None

    def _on(self, capability: str) -> bool:
        """Whether the rollout, with its overrides, switches a capability on."""
        return capability in self._settings.enabled

    def _audit(self) -> Audit:
        base, stores = self._foundation, self._foundation.stores.buckets
        args = AuditArgs(
            scope=base.scope,
            spec=self._settings.services.audit,
            storage=self._settings.storage,
            stores={
                str(purpose): name for purpose, name in stores.items() if purpose is not Purpose.ACCESS_LOGS
            },
            access_logs=stores[Purpose.ACCESS_LOGS],
            logs_key=base.keys.logs,
        )
        return Audit("audit", args, self._beside(base.stores))

    def _beside(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of components in the home region that wait for ``after``."""
        return pulumi.ResourceOptions(providers=[self._foundation.home], depends_on=[*after])
