"""When a backup is taken, how long it is kept, and what it is taken of; pure."""

from __future__ import annotations

from dataclasses import dataclass

from infra.scope import BACKUP_TAG
from infra.specs.backup import BackupSpec

TAKEN_OF = ("arn:aws:rds:*:*:db:*", "arn:aws:s3:::*", "arn:aws:ec2:*:*:volume/*")
"""Kinds of resources: databases, buckets, volumes. The tag says which of them."""


@dataclass(frozen=True)
class Rule:
    """One rule of a plan: a name, AWS's cron expression (UTC), days kept, days that its copy is kept."""

    name: str
    schedule: str
    keep_days: int
    copy_keep_days: int | None


def rules(spec: BackupSpec, *, copied: bool) -> list[Rule]:
    """Every day, and the first day of each month for longer.

    Args:
        spec: how long.
        copied: whether there is another region to copy to.
    """
    copy = spec.copy_keep_days if copied else None
    return [
        Rule("daily", f"cron(0 {spec.hour} * * ? *)", spec.keep_days, copy),
        Rule("monthly", f"cron(0 {spec.hour} 1 * ? *)", spec.keep_monthly_days, copy),
    ]


def condition(environment: str) -> tuple[str, str]:
    """What a resource must carry to be taken: condition key and value."""
    return f"aws:ResourceTag/{BACKUP_TAG}", environment


def lock_days(spec: BackupSpec, rule_list: list[Rule]) -> tuple[int, int]:
    """Fewest and most days that the vault lets a backup be kept: exactly what the plan asks for."""
    days = [rule.keep_days for rule in rule_list] + [spec.copy_keep_days]
    return min(days), max(days)
