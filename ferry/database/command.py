"""``ferry database``: bring a user and databases, as a Job's master. Thin."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import boto3
import pymysql
import typer
from botocore.exceptions import BotoCoreError, ClientError

from ferry.database import mysql
from ferry.database.vault import Secret, random_text


@dataclass(frozen=True)
class Wanted:
    """What is to be there.

    Attributes:
        owner: after whom the logins are called.
        databases: names.
        server: where.
    """

    owner: str
    databases: tuple[str, ...]
    server: mysql.Server


@dataclass(frozen=True)
class Hands:
    """What touches MySQL; others in tests."""

    connect: Callable[[mysql.Server, str, str], Any] = mysql.connect
    accepts: Callable[[mysql.Server, str, str], bool] = mysql.accepts


def database(
    renew: Annotated[bool, typer.Option("--renew", help="Make a new password in any case.")] = False,
) -> None:
    """Bring a user of MySQL and its databases; run again, it changes nothing that is right.

    Reads MASTER_SECRET and DATABASE_SECRET (ARNs), DATABASE_OWNER, DATABASES (with a space between two),
    MYSQL_HOST, MYSQL_PORT and MYSQL_CA. No password is an argument, and none is printed.

    \b
      ferry database
    """
    try:
        wanted = _wanted(os.environ)
        api = boto3.client("secretsmanager")
        arns = os.environ["MASTER_SECRET"], os.environ["DATABASE_SECRET"]
        said = prepare(api, *arns, wanted, renew=renew)
    except KeyError as error:
        typer.echo(
            f"{error.args[0]} is not set, so nothing was done; see `ferry database --help`.",
            err=True,
        )
        raise typer.Exit(2) from None
    except (pymysql.MySQLError, BotoCoreError, ClientError, LookupError, OSError) as error:
        typer.echo(
            f"The user could not be made ({error}), so Kubeflow Pipelines has the one that it had, or none. "
            "Correct that; the Job tries again, and `pulumi up` runs it anew.",
            err=True,
        )
        raise typer.Exit(1) from None
    typer.echo(said)


def _wanted(env: Any) -> Wanted:
    server = mysql.Server(env["MYSQL_HOST"], int(env["MYSQL_PORT"]), env["MYSQL_CA"])
    return Wanted(env["DATABASE_OWNER"], tuple(env["DATABASES"].split()), server)


def prepare(
    api: Any, master: str, own: str, wanted: Wanted, *, renew: bool, hands: Hands | None = None
) -> str:
    """Bring what is missing; what was done, without a password.

    Args:
        api: Secrets Manager.
        master: ARN of the master's secret.
        own: ARN of the user's.
        wanted: user, databases, server.
        renew: make a new password even if the present one works.
        hands: that touch MySQL.

    Raises:
        LookupError: the master has no password yet.
    """
    act, secret = hands or Hands(), Secret(api, own)
    chief = Secret(api, master).current()
    if chief is None:
        raise LookupError(f"{master} has no value yet: RDS writes it when the instance is made")
    present = secret.current()
    with act.connect(wanted.server, chief["username"], chief["password"]) as connection:
        cursor = connection.cursor()
        mysql.run(cursor, mysql.databases(wanted.databases))
        if present and not renew and act.accepts(wanted.server, present["username"], present["password"]):
            return f"{present['username']} works; nothing was changed"
        login = mysql.other(wanted.owner, present["username"] if present else None)
        password = random_text(api)
        mysql.run(cursor, mysql.login(login, password, wanted.databases))
    if not act.accepts(wanted.server, login, password):
        raise LookupError(
            f"MySQL does not accept {login} with its new password; the secret was left as it was"
        )
    secret.put(username=login, password=password)
    return f"{login} has a new password"
