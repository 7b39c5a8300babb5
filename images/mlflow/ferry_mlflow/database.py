"""Postgres for MLflow: an owner that nobody logs in as, two logins that take turns, and two databases.

With two logins a rotation never takes away the password that is in use: the login whose turn it is gets a new
one, the other keeps its own until the rotation after. Whatever a login makes belongs to the owner.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import psycopg
from psycopg import sql

from ferry_mlflow.names import DATABASES, OWNER

LOCK = 7_206_001
"""Number of the advisory lock that keeps two runs apart."""
CONNECT_SECONDS = 10

Connection: TypeAlias = Any
"""psycopg's; its types are in the image, and not where this is checked."""


def connect(user: str, password: str, database: str) -> Connection:
    """A connection; host, port and TLS come from libpq's own variables (``PGHOST``, ``PGSSLMODE``, …)."""
    return psycopg.connect(
        user=user, password=password, dbname=database, connect_timeout=CONNECT_SECONDS, autocommit=True
    )


def accepts(user: str, password: str) -> bool:
    """Whether Postgres lets this login into MLflow's database."""
    try:
        connect(user, password, DATABASES[0]).close()
    except psycopg.OperationalError:
        return False
    return True


def lock(master: Connection) -> None:
    """Wait until no other run is under way; held until the connection closes."""
    master.execute("SELECT pg_advisory_lock(%s)", [LOCK])


def ensure(master: Connection) -> None:
    """Bring the owner and the databases, where they are missing."""
    if not _has_role(master, OWNER):
        _run(master, "CREATE ROLE {} NOLOGIN", OWNER)
    # The master of RDS is no superuser: it may give away a database only to a role that it has itself.
    _run(master, "GRANT {} TO CURRENT_USER", OWNER)
    for name in DATABASES:
        if not _has_database(master, name):
            _run(master, "CREATE DATABASE {} OWNER {}", name, OWNER)
        _run(master, "ALTER DATABASE {} OWNER TO {}", name, OWNER)
        _run(master, "REVOKE ALL ON DATABASE {} FROM PUBLIC", name)


def set_login(master: Connection, login: str, password: str) -> None:
    """Bring a login with this password. The server is told its hash only, so that no log has the password."""
    if not _has_role(master, login):
        _run(master, "CREATE ROLE {} NOLOGIN", login)
        _run(master, "GRANT {} TO {}", OWNER, login)
        _run(master, "ALTER ROLE {} SET role TO {}", login, OWNER)
    hashed = master.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256").decode()
    statement = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(login), sql.Literal(hashed))
    master.execute(statement)


def _run(master: Connection, statement: str, *names: str) -> None:
    quoted: Sequence[sql.Identifier] = [sql.Identifier(name) for name in names]
    master.execute(sql.SQL(statement).format(*quoted))


def _has_role(master: Connection, name: str) -> bool:
    return master.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone() is not None


def _has_database(master: Connection, name: str) -> bool:
    return master.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None
