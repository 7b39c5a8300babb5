"""What MLflow reads instead of arguments with passwords: libpq's password file and its own configuration."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ferry_mlflow.names import DATABASES
from ferry_mlflow.vault import Version

DIALECT = "postgresql+psycopg"

BASIC_AUTH = """\
[mlflow]
default_permission = READ
database_uri = {uri}
admin_username = {username}
admin_password = {password}
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
"""


def uri(name: str) -> str:
    """Where a database is, for SQLAlchemy: host, user and password come from libpq's variables and file."""
    return f"{DIALECT}:///{name}"


def write_secret(path: Path, text: str) -> None:
    """Write a file that its owner alone can read, in one step: no reader sees half of it."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def database_environment(version: Version, folder: Path) -> dict[str, str]:
    """Write libpq's password file; the variables that point to it."""
    path = folder / "pgpass"
    write_secret(path, f"*:*:*:{version.values['username']}:{version.values['password']}\n")
    return {"PGUSER": version.values["username"], "PGPASSFILE": str(path)}


def server_environment(version: Version, folder: Path) -> dict[str, str]:
    """Write MLflow's configuration of users and rights; the variables that a server needs.

    The key of MLflow's forms can be given in the environment only: of that process, not of the manifest.
    """
    path = folder / "basic_auth.ini"
    values: Mapping[str, str] = version.values
    write_secret(
        path,
        BASIC_AUTH.format(uri=uri(DATABASES[1]), username=values["username"], password=values["password"]),
    )
    return {
        "MLFLOW_AUTH_CONFIG_PATH": str(path),
        "MLFLOW_FLASK_SERVER_SECRET_KEY": values["form_key"],
        "MLFLOW_BACKEND_STORE_URI": uri(DATABASES[0]),
    }
