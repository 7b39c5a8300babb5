"""What Postgres' users and databases are called: MLflow's, or those of whom ``DATABASE_OWNER`` names."""

from __future__ import annotations

import os

OWNER = os.environ.get("DATABASE_OWNER", "mlflow")
"""To whom everything belongs; nobody logs in as it."""
LOGINS = (f"{OWNER}_a", f"{OWNER}_b")
"""They take turns: the one whose password is in use is never given another."""
DATABASES = tuple(os.environ.get("DATABASES", "mlflow mlflow_auth").split())
"""MLflow's own, and that of its users and their rights; or those that are named, with a space between two."""


def other(login: str | None) -> str:
    """The login whose turn it is after ``login``."""
    return LOGINS[1] if login == LOGINS[0] else LOGINS[0]
