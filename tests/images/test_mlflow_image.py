"""The image's own program (B1, A7): what it writes and when it ends, without Postgres and without AWS.

That Postgres takes what it says is proved in ``tests/sandbox/servers``.
"""

from __future__ import annotations

import configparser
import json
import re
import signal
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ferry_mlflow import files
from ferry_mlflow.names import LOGINS, other
from ferry_mlflow.serving import Rotation, serve
from ferry_mlflow.vault import Secret, Version, random_text

IMAGE = Path(__file__).parents[2] / "images" / "mlflow"
FIRST = Version("1", {"username": "mlflow_a", "password": "old-one"})
SECOND = Version("2", {"username": "mlflow_b", "password": "new-one"})


class MissingError(Exception):
    """As boto3 says that a secret has no version."""

    response: Mapping[str, Any] = {"Error": {"Code": "ResourceNotFoundException"}}


class Vault:
    """Secrets Manager with one secret."""

    def __init__(self) -> None:
        self.versions: list[str] = []

    def get_secret_value(self, **_request: Any) -> dict[str, Any]:
        if not self.versions:
            raise MissingError
        return {"VersionId": str(len(self.versions)), "SecretString": self.versions[-1]}

    def put_secret_value(self, **request: Any) -> dict[str, Any]:
        self.versions.append(request["SecretString"])
        return {}

    def get_random_password(self, **request: Any) -> dict[str, Any]:
        assert request["ExcludePunctuation"]
        return {"RandomPassword": "x" * request["PasswordLength"]}


class Clock:
    """A secret whose version changes when it is told to."""

    def __init__(self, *versions: Version | None) -> None:
        self._versions = list(versions)

    def current(self) -> Version | None:
        return self._versions.pop(0) if len(self._versions) > 1 else self._versions[0]


def test_secret_without_a_value_is_none_and_then_the_one_that_was_put() -> None:
    secret = Secret(Vault(), "arn")
    assert secret.current() is None
    secret.put({"username": "a"})
    found = secret.current()
    assert found is not None
    assert found.values == {"username": "a"}


def test_server_without_a_password_says_who_should_have_made_it() -> None:
    with pytest.raises(LookupError, match=r"arn has no value.*Job mlflow-database.*pulumi up"):
        Secret(Vault(), "arn").expect()


def test_a_version_never_shows_its_password() -> None:
    assert "old-one" not in repr(FIRST)


def test_passwords_are_long_and_without_characters_that_files_or_shells_read_otherwise() -> None:
    assert len(random_text(Vault())) == 48


def test_logins_take_turns_so_that_the_one_in_use_keeps_its_password() -> None:
    assert [other(None), other(LOGINS[0]), other(LOGINS[1])] == [LOGINS[0], LOGINS[1], LOGINS[0]]


def test_files_with_passwords_are_for_their_owner_alone(tmp_path: Path) -> None:
    given = files.database_environment(FIRST, tmp_path)
    assert given == {"PGUSER": "mlflow_a", "PGPASSFILE": str(tmp_path / "pgpass")}
    assert (tmp_path / "pgpass").read_text() == "*:*:*:mlflow_a:old-one\n"
    assert stat.S_IMODE((tmp_path / "pgpass").stat().st_mode) == 0o600


def test_servers_configuration_asks_for_users_and_names_no_password_in_an_address(tmp_path: Path) -> None:
    version = Version("1", {"username": "admin", "password": "word", "form_key": "key"})
    given = files.server_environment(version, tmp_path)
    parser = configparser.ConfigParser()
    parser.read(given["MLFLOW_AUTH_CONFIG_PATH"])
    assert parser["mlflow"]["admin_password"] == "word"  # noqa: S105 - not one
    assert parser["mlflow"]["database_uri"] == "postgresql+psycopg:///mlflow_auth"
    assert given["MLFLOW_BACKEND_STORE_URI"] == "postgresql+psycopg:///mlflow"
    assert "word" not in json.dumps(given)


def test_rotation_is_due_when_a_new_version_is_accepted() -> None:
    asked: list[str] = []

    def accepts(user: str, _password: str) -> bool:
        asked.append(user)
        return True

    assert not Rotation(Clock(FIRST), FIRST, accepts).due()
    assert Rotation(Clock(SECOND), FIRST, accepts).due()
    assert asked == ["mlflow_b"]


def test_rotation_waits_while_postgres_does_not_know_the_new_password() -> None:
    assert not Rotation(Clock(SECOND), FIRST, lambda *_: False).due()


def test_server_outlives_an_unreachable_secrets_manager() -> None:
    class Away:
        def current(self) -> Version | None:
            raise ConnectionError("no way there")

    assert not Rotation(Away(), FIRST, lambda *_: True).due()


@pytest.fixture
def _own_signals() -> Iterator[None]:
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.mark.usefixtures("_own_signals")
def test_server_ends_with_0_for_a_rotation_so_that_kubernetes_starts_it_again() -> None:
    rotation = Rotation(Clock(FIRST, SECOND), FIRST, lambda *_: True)
    assert serve(SLEEP, {}, rotation, 0.02) == 0


@pytest.mark.usefixtures("_own_signals")
def test_server_that_fails_takes_its_wrapper_with_it() -> None:
    argv = [sys.executable, "-c", "raise SystemExit(3)"]
    assert serve(argv, {}, Rotation(Clock(FIRST), FIRST, lambda *_: True), 60.0) == 3


def test_every_wheel_of_the_image_is_pinned_by_digest() -> None:
    text = (IMAGE / "requirements.txt").read_text()
    pins = re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==(\S+)(.*(?:\n    .*)*)", text, re.MULTILINE)
    assert len(pins) > 50
    assert all("--hash=sha256:" in rest for _, _, rest in pins)
    assert ("mlflow", "3.17.0") in {(name, version) for name, version, _ in pins}


def test_image_starts_from_digests_installs_by_hash_and_runs_as_nobody_special() -> None:
    text = (IMAGE / "Dockerfile").read_text()
    assert all(
        re.search(r"@sha256:[0-9a-f]{64}", line) for line in text.splitlines() if line.startswith("FROM")
    )
    assert "--require-hashes" in text
    assert "ADD --checksum=${RDS_BUNDLE}" in text
    assert "USER 10001:10001" in text
    assert ":latest" not in text
