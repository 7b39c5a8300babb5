"""`prepare` and `rotate`: what Postgres' master does for MLflow, so that MLflow never needs the master."""

from __future__ import annotations

from collections.abc import Callable

from ferry_mlflow import database
from ferry_mlflow.names import other
from ferry_mlflow.vault import Api, Secret, Version, random_text

ADMIN = "admin"
"""MLflow's first user."""


def prepare(api: Api, secrets: dict[str, str], say: Callable[[str], None], *, renew: bool) -> None:
    """Bring owner, databases, a login and the passwords; run again, it changes nothing that is right.

    Args:
        secrets: ARNs of ``master`` and ``database``, and of ``server`` where MLflow itself is prepared.
        say: told what was done, without a password.
        renew: make a new password even if the present one is right.
    """
    master = Secret(api, secrets["master"]).expect().values
    own = Secret(api, secrets["database"])
    with database.connect(master["username"], master["password"], "postgres") as connection:
        database.lock(connection)
        database.ensure(connection)
        present = own.current()
        if renew or not _works(present):
            login = other(present.values["username"] if present else None)
            password = random_text(api)
            database.set_login(connection, login, password)
            if not database.accepts(login, password):
                raise RuntimeError(
                    f"Postgres does not accept {login} with its new password, so the secret was left as it "
                    "was and MLflow goes on with the old one. Postgres' log says why."
                )
            own.put({"username": login, "password": password})
            say(f"{login} has a new password; servers take it up by themselves")
    if "server" in secrets:
        _server(api, Secret(api, secrets["server"]), say)


def _works(present: Version | None) -> bool:
    return present is not None and database.accepts(present.values["username"], present.values["password"])


def _server(api: Api, secret: Secret, say: Callable[[str], None]) -> None:
    """MLflow's first user, and the key of its forms; made once."""
    if secret.current() is None:
        secret.put({"username": ADMIN, "password": random_text(api), "form_key": random_text(api)})
        say(f"the password of MLflow's user {ADMIN} is in Secrets Manager")
