"""What Postgres' users and databases are called."""

from __future__ import annotations

OWNER = "mlflow"
"""To whom everything belongs; nobody logs in as it."""
LOGINS = ("mlflow_a", "mlflow_b")
"""They take turns: the one whose password is in use is never given another."""
DATABASES = ("mlflow", "mlflow_auth")
"""MLflow's own, and that of its users and their rights."""


def other(login: str | None) -> str:
    """The login whose turn it is after ``login``."""
    return LOGINS[1] if login == LOGINS[0] else LOGINS[0]
