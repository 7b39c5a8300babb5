"""What may differ between environments in the platform's services; one attribute for each service."""

from __future__ import annotations

from pydantic import Field

from infra.specs.audit import AuditSpec
from infra.specs.base import Spec


class ServicesSpec(Spec):
    """The key ``ferry:services``; a service's own spec stands in ``infra/specs/``.

    Whether a service is there at all says the rollout (:mod:`stacks.rollout`), not this.

    Attributes:
        audit: the trail of who read and changed the stores.
    """

    audit: AuditSpec = Field(default_factory=AuditSpec)
