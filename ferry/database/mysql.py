"""MySQL for Kubeflow Pipelines: two logins that take turns, and their databases.

With two logins a new password never takes away the one that is in use: the login whose turn it is gets it,
the other keeps its own until the time after.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import pymysql
from pymysql.constants import ER

CONNECT_SECONDS = 10
PLUGIN = "mysql_native_password"
"""The only plugin that ML Metadata's client knows (kubeflow/pipelines 2.17.0,
``manifests/kustomize/third-party/mysql/base/mysql-deployment.yaml``); TLS is a must for each login."""
NO_ENTRY = {ER.ACCESS_DENIED_ERROR, ER.DBACCESS_DENIED_ERROR}


@dataclass(frozen=True)
class Server:
    """Where MySQL is, and by whose certificate it is known.

    Attributes:
        host: its name, which its certificate has to have.
        authorities: file of the authorities that may have signed it.
    """

    host: str
    port: int
    authorities: str


@dataclass(frozen=True)
class Statement:
    """SQL and what it is given."""

    sql: str
    values: tuple[str, ...] = ()


class Cursor(Protocol):
    """Of a connection, as far as it is used."""

    def execute(self, query: str, args: Sequence[str]) -> object:
        """Run a statement."""


def logins(owner: str) -> tuple[str, str]:
    """The two that take turns."""
    return f"{owner}_a", f"{owner}_b"


def other(owner: str, login: str | None) -> str:
    """The login whose turn it is after ``login``."""
    first, second = logins(owner)
    return second if login == first else first


def databases(names: Sequence[str]) -> Iterator[Statement]:
    """Bring the databases, where they are missing."""
    for name in names:
        yield Statement(f"CREATE DATABASE IF NOT EXISTS `{name}`")


def login(user: str, password: str, names: Sequence[str]) -> Iterator[Statement]:
    """Bring a login with this password, by TLS only, with all rights to its databases and to nothing else."""
    proof = f"IDENTIFIED WITH {PLUGIN} BY %s REQUIRE SSL"
    yield Statement(f"CREATE USER IF NOT EXISTS %s@'%%' {proof}", (user, password))
    yield Statement(f"ALTER USER %s@'%%' {proof}", (user, password))
    for name in names:
        yield Statement(f"GRANT ALL PRIVILEGES ON `{name}`.* TO %s@'%%'", (user,))


def connect(server: Server, user: str, password: str) -> pymysql.Connection:
    """A connection by TLS; the server's certificate is checked, and its name in it."""
    return pymysql.connect(
        host=server.host,
        port=server.port,
        user=user,
        password=password,
        connect_timeout=CONNECT_SECONDS,
        autocommit=True,
        ssl=ssl.create_default_context(cafile=server.authorities),
    )


def accepts(server: Server, user: str, password: str) -> bool:
    """Whether MySQL lets this login in; what is wrong for another reason is an error."""
    try:
        connect(server, user, password).close()
    except pymysql.err.OperationalError as error:
        if error.args[0] in NO_ENTRY:
            return False
        raise
    return True


def run(cursor: Cursor, statements: Iterator[Statement]) -> None:
    """Run them in their order."""
    for statement in statements:
        cursor.execute(statement.sql, statement.values)
