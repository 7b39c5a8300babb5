"""The audit trail: how long who did what is kept, and what else watches the account."""

from __future__ import annotations

from pydantic import Field

from infra.specs.base import Spec
from infra.specs.domain import RetentionDays


class AuditSpec(Spec):
    """CloudTrail for one environment, and AWS's own watchers of an account.

    Attributes:
        retention_days: days that the trail's files are kept; 90 at least, since CloudTrail's own history of
            events holds the last 90 (AWS CloudTrail user guide) and a shorter trail would add nothing.
        log_retention_days: days that the same events can be searched in CloudWatch Logs.
        management_events: who changed what in the account. AWS charges for every copy after an account's
            first (AWS CloudTrail pricing), so environments that share an account let one of them write them.
        config_recorder: AWS Config records every resource's changes. One per account and region, so off
            unless this environment is the one to own it.
        security_hub: AWS Security Hub with its default standards; it needs the recorder, here or elsewhere.
    """

    retention_days: int = Field(ge=90, default=365)
    log_retention_days: RetentionDays = 90
    management_events: bool = True
    config_recorder: bool = False
    security_hub: bool = False
