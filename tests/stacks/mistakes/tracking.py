"""MLflow in a form that it cannot have; what it needs of other settings is in test_tracking_rules."""

from __future__ import annotations

from tests.stacks.mistakes.row import Row

ROWS = [
    Row(
        "MLflow by a tag",
        "prod",
        {"services.mlflow.digest": "latest"},
        "ferry:services.mlflow.digest",
        "not the digest of an image",
        "sha256:",
    ),
    Row(
        "MLflow's rotation by a word",
        "dev",
        {"services.mlflow.rotate": "monthly"},
        "ferry:services.mlflow.rotate",
        "not a cron line",
        "23 4 1 * *",
    ),
]
