"""``python -m ferry_mlflow prepare | rotate | migrate | serve ARGUMENT…``; see the package.

Environment: ``DATABASE_SECRET``, ``SERVER_SECRET`` and ``MASTER_SECRET`` (ARNs, as far as the verb needs
them), ``SECRETS_FOLDER`` (in memory), ``LOOK_EVERY_SECONDS``, and libpq's ``PGHOST``, ``PGPORT``,
``PGSSLMODE``, ``PGSSLROOTCERT``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3

from ferry_mlflow import database, files
from ferry_mlflow.names import DATABASES
from ferry_mlflow.preparing import prepare
from ferry_mlflow.saying import say
from ferry_mlflow.serving import Rotation, serve
from ferry_mlflow.vault import Secret

WRONG_USE = 2
LOOK_EVERY = "300"


def main(argv: Sequence[str]) -> int:
    """Run a verb; its exit code."""
    verbs = {"prepare": _prepare, "rotate": _rotate, "migrate": _migrate, "serve": _serve}
    if not argv or argv[0] not in verbs:
        say(f"use: python -m ferry_mlflow {' | '.join(verbs)}")
        return WRONG_USE
    return verbs[argv[0]](boto3.client("secretsmanager"), argv[1:])


def _prepare(api: Any, _rest: Sequence[str]) -> int:
    prepare(api, _arns("master", "database", *_server()), say, renew=False)
    return 0


def _rotate(api: Any, _rest: Sequence[str]) -> int:
    prepare(api, _arns("master", "database", *_server()), say, renew=True)
    return 0


def _migrate(api: Any, _rest: Sequence[str]) -> int:
    """`mlflow db upgrade`, and the same for the database of users."""
    version = Secret(api, _arns("database")["database"]).expect()
    os.environ.update(files.database_environment(version, _folder()))
    # Only this verb needs them, and they take seconds to load.
    from mlflow.db import commands as tracking  # noqa: PLC0415
    from mlflow.server.auth.db.cli import commands as users  # noqa: PLC0415

    tracking.main(["upgrade", files.uri(DATABASES[0])], standalone_mode=False)
    users.main(["upgrade", "--url", files.uri(DATABASES[1])], standalone_mode=False)
    say("both databases have the schema of this version")
    return 0


def _serve(api: Any, rest: Sequence[str]) -> int:
    arns, folder = _arns("database", "server"), _folder()
    secret = Secret(api, arns["database"])
    version, server = secret.expect(), Secret(api, arns["server"]).expect()
    environment = {
        **os.environ,
        **files.database_environment(version, folder),
        **files.server_environment(server, folder),
    }
    rotation = Rotation(secret, version, database.accepts)
    return serve(rest, environment, rotation, float(os.environ.get("LOOK_EVERY_SECONDS", LOOK_EVERY)))


def _server() -> tuple[str, ...]:
    """Whose first user there is to make: MLflow's, and nobody's where another owner is prepared."""
    return ("server",) if "SERVER_SECRET" in os.environ else ()


def _arns(*names: str) -> dict[str, str]:
    return {name: os.environ[f"{name.upper()}_SECRET"] for name in names}


def _folder() -> Path:
    return Path(os.environ["SECRETS_FOLDER"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
