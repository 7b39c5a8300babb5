"""What may differ between environments in the platform's services; one attribute for each service."""

from __future__ import annotations

from pydantic import Field

from infra.specs.audit import AuditSpec
from infra.specs.backup import BackupSpec
from infra.specs.base import Spec
from infra.specs.data_sources import DataSource


class ServicesSpec(Spec):
    """The key ``ferry:services``; a service's own spec stands in ``infra/specs/``.

    Whether a service is there at all says the rollout (:mod:`stacks.rollout`), not this.

    Attributes:
        audit: the trail of who read and changed the stores.
        backup: when what holds data is copied, and for how long that is kept.
        data_sources: what moves into the stores from elsewhere.
    """

    audit: AuditSpec = Field(default_factory=AuditSpec)
    backup: BackupSpec = Field(default_factory=BackupSpec)
    data_sources: list[DataSource] = Field(default_factory=list)
