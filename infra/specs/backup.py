"""Backups beside those that a service keeps of itself: how often, for how long, and locked or not."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from infra.specs.base import Spec


class BackupSpec(Spec):
    """AWS Backup for one environment.

    Attributes:
        hour: of the day, UTC, at which the daily backup begins; RDS keeps its own for any second besides.
        keep_days: days that a daily backup is kept.
        keep_monthly_days: days that the first of each month is kept; longer than ``keep_days``.
        copy_keep_days: days that the copy in ``ferry:storage.replica_region`` is kept; no copy without one.
        lock: who can delete a backup before its time. ``none``: whoever IAM allows. ``governance``: nobody
            while the lock is there, and whoever may remove the lock can remove it. ``compliance``: after
            ``lock_grace_days`` nobody at all, AWS included, so a teardown has to wait for the last one.
        lock_grace_days: days in which a ``compliance`` lock can still be removed; 3 at least (AWS Backup).
    """

    hour: int = Field(ge=0, le=23, default=3)
    keep_days: int = Field(ge=1, default=35)
    keep_monthly_days: int = Field(ge=1, default=365)
    copy_keep_days: int = Field(ge=1, default=35)
    lock: Literal["none", "governance", "compliance"] = "governance"
    lock_grace_days: int = Field(ge=3, default=14)
