"""`ferry database`: the user of MySQL that Kubeflow Pipelines gets (B2).

MySQL itself is not on this machine: what it is told is compared word by word, its answers are a double's.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from ferry.database import mysql
from ferry.database.command import Hands, Wanted, prepare
from ferry.inside import app

WANTED = Wanted("kubeflow", ("mlpipeline", "metadb"), mysql.Server("db.example", 3306, "/run/rds/rds.pem"))


class Vault:
    """Secrets Manager, with a master's password."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {"master": json.dumps({"username": "ferry", "password": "chief"})}
        self.made = 0

    def get_secret_value(self, **asked: Any) -> dict[str, Any]:
        if asked["SecretId"] not in self.values:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetSecretValue")
        return {"SecretString": self.values[asked["SecretId"]]}

    def put_secret_value(self, **asked: Any) -> None:
        self.values[asked["SecretId"]] = asked["SecretString"]

    def get_random_password(self, **asked: Any) -> dict[str, Any]:
        self.made += 1
        return {"RandomPassword": f"made{self.made}".ljust(asked["PasswordLength"], "x")}

    @property
    def own(self) -> dict[str, str]:
        """What the application gets."""
        values: dict[str, str] = json.loads(self.values["own"])
        return values


class Mysql:
    """Remembers what it is told, and which logins it knows."""

    def __init__(self, *, deaf: bool = False) -> None:
        self.said: list[tuple[str, tuple[str, ...]]] = []
        self.logins: dict[str, str] = {}
        self.deaf = deaf

    def connect(self, _server: mysql.Server, _user: str, _password: str) -> Mysql:
        return self

    def accepts(self, _server: mysql.Server, user: str, password: str) -> bool:
        return self.logins.get(user) == password

    def __enter__(self) -> Mysql:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def cursor(self) -> Mysql:
        return self

    def execute(self, query: str, values: tuple[str, ...]) -> None:
        self.said.append((query, tuple(values)))
        if query.startswith(("CREATE USER", "ALTER USER")) and not self.deaf:
            self.logins[values[0]] = values[1]

    @property
    def hands(self) -> Hands:
        """Of this double."""
        return Hands(self.connect, self.accepts)


def run(vault: Vault, server: Mysql, *, renew: bool = False) -> str:
    return prepare(vault, "master", "own", WANTED, renew=renew, hands=server.hands)


def test_first_run_makes_databases_a_login_by_tls_and_the_secret() -> None:
    """B2: all rights to its two databases, none to anything else, and no connection without TLS."""
    vault, server = Vault(), Mysql()
    assert run(vault, server) == "kubeflow_a has a new password"
    sql = [query for query, _ in server.said]
    assert sql[:2] == ["CREATE DATABASE IF NOT EXISTS `mlpipeline`", "CREATE DATABASE IF NOT EXISTS `metadb`"]
    assert all("REQUIRE SSL" in query for query in sql if "USER" in query)
    assert [query for query in sql if query.startswith("GRANT")] == [
        "GRANT ALL PRIVILEGES ON `mlpipeline`.* TO %s@'%%'",
        "GRANT ALL PRIVILEGES ON `metadb`.* TO %s@'%%'",
    ]
    assert vault.own == {"username": "kubeflow_a", "password": server.logins["kubeflow_a"]}


def test_a_second_run_changes_no_password_that_works() -> None:
    vault, server = Vault(), Mysql()
    run(vault, server)
    before = vault.own
    assert run(vault, server) == "kubeflow_a works; nothing was changed"
    assert vault.own == before


def test_a_new_password_is_the_other_logins_so_that_the_one_in_use_goes_on() -> None:
    """B2."""
    vault, server = Vault(), Mysql()
    run(vault, server)
    used = vault.own
    assert run(vault, server, renew=True) == "kubeflow_b has a new password"
    assert server.accepts(WANTED.server, used["username"], used["password"])
    assert vault.own["username"] == "kubeflow_b"


def test_a_password_that_mysql_does_not_take_is_not_handed_out() -> None:
    vault = Vault()
    with pytest.raises(LookupError, match="kubeflow_a"):
        run(vault, Mysql(deaf=True))
    assert "own" not in vault.values


def test_passwords_are_values_and_stand_in_no_statement() -> None:
    vault, server = Vault(), Mysql()
    run(vault, server)
    assert not [query for query, _ in server.said if vault.own["password"] in query]


def test_a_missing_variable_is_wrong_use_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MYSQL_HOST", raising=False)
    done = CliRunner().invoke(app, ["database"])
    assert done.exit_code == 2
    assert "MYSQL_HOST is not set" in done.output
