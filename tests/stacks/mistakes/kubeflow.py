"""Kubeflow's services without what they stand on, and their database without its protection (B2, B3, E5)."""

from __future__ import annotations

from tests.stacks.mistakes.row import Row

_DATABASE = "services.pipelines.database"

ROWS = [
    Row(
        "pipelines without anything said of them",
        "prod",
        {"services.pipelines": None},
        "ferry:services.pipelines",
        'capability "pipelines" is on',
        "database",
    ),
    Row(
        "pipelines' database in one zone in production",
        "prod",
        {f"{_DATABASE}.multi_az": False},
        f"ferry:{_DATABASE}.multi_az",
        "every pipeline's history with one zone",
        "multi_az: true",
    ),
    Row(
        "pipelines' database unprotected in staging",
        "staging",
        {f"{_DATABASE}.deletion_protection": False},
        f"ferry:{_DATABASE}.deletion_protection",
        "deleted by mistake",
        "deletion_protection: true",
    ),
    Row(
        "pipelines' backups off in production",
        "prod",
        {f"{_DATABASE}.backup_retention_days": 0},
        f"ferry:{_DATABASE}.backup_retention_days",
        "at least 7 days",
        "backup_retention_days: 7",
    ),
    Row(
        "pipelines' database that cannot grow",
        "dev",
        {f"{_DATABASE}.max_storage_gib": 21},
        f"ferry:{_DATABASE}.max_storage_gib",
        "less than a tenth above",
        "max_storage_gib: 40",
    ),
    Row(
        "MySQL of a version that RDS no longer supports",
        "dev",
        {f"{_DATABASE}.version": "8.0.40"},
        f"ferry:{_DATABASE}.version",
        "not a version of MySQL 8.4",
        "8.4",
    ),
    Row(
        "runs by the clock without pipelines",
        "staging",
        {"capabilities.pipelines": False},
        "ferry:capabilities.pipelines",
        'is off while "scheduled_runs" is on',
        "pipelines: true",
    ),
    Row(
        "search without its settings",
        "dev",
        {"services.katib": None},
        "ferry:services.katib",
        'capability "hyperparameter_search" is on',
        "katib: {digests",
    ),
    Row(
        "an image of the search without a digest",
        "dev",
        {"services.katib.digests.suggestion_skopt": "v0.19.0"},
        "ferry:services.katib.digests.suggestion_skopt",
        "not the digest of an image",
        "sha256:",
    ),
]
