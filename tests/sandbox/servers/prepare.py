"""Runs in MLflow's own environment: the image's program against real Postgres and a secret in a file.

``python prepare.py VERB FILE``: a stand-in for Secrets Manager only; everything else is the real thing.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ferry_mlflow.preparing import prepare


class MissingError(Exception):
    """As boto3 says that a secret has no version."""

    response = {"Error": {"Code": "ResourceNotFoundException"}}  # noqa: RUF012 - boto3's own form


class Vault:
    """Secrets by name, in a file: name → versions."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _read(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = json.loads(self._path.read_text())
        return found

    def get_secret_value(self, **request: Any) -> dict[str, Any]:
        versions = self._read().get(request["SecretId"])
        if not versions:
            raise MissingError
        return {"VersionId": str(len(versions)), "SecretString": versions[-1]}

    def put_secret_value(self, **request: Any) -> dict[str, Any]:
        content = self._read()
        content.setdefault(request["SecretId"], []).append(request["SecretString"])
        self._path.write_text(json.dumps(content))
        return {}

    def get_random_password(self, **request: Any) -> dict[str, Any]:
        made = sum(map(len, self._read().values()))
        return {"RandomPassword": f"made{made}".ljust(request["PasswordLength"], "x")}


if __name__ == "__main__":
    names = {name: name for name in ("master", "database", "server")}
    prepare(Vault(Path(sys.argv[2])), names, print, renew=sys.argv[1] == "rotate")
