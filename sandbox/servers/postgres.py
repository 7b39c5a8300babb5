"""Real Postgres in the place of an RDS instance: its host name, its certificate, its master, TLS only.

The master is what RDS makes of it: it may make roles and databases and is no superuser. Differences from RDS:
the version of the wheel (its major version may be another), TLS by a front of our own (the wheel is built
without), no extensions of AWS, and no ``rds_superuser``.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.bridge.addresses import loopback
from sandbox.bridge.running import INSIDE
from sandbox.ports import answers_at
from sandbox.processes import Command, ProcessError, Supervisor
from sandbox.servers.certificates import Certificate

PORT = 5432
USER = 65534
"""``nobody``: Postgres refuses to run as root, and ``initdb`` wants a user that has a name."""
SUPERUSER = "rehearsal"

_RULES = """\
host all all 127.0.0.0/8 scram-sha-256
"""
_SETTINGS = {
    "fsync": "off",  # its data end with the rehearsal
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "log_statement": "ddl",
}


@dataclass(frozen=True)
class Place:
    """Where an instance is.

    Attributes:
        name: host name by which clients know it, as in its certificate.
        address: the loopback address on which it listens.
        programs: directory with ``postgres``, ``initdb`` and ``psql``.
        folder: of its data; made.
        certificate: that it shows.
    """

    name: str
    address: str
    programs: Path
    folder: Path
    certificate: Certificate


class Postgres:
    """An instance; ends with its supervisor."""

    def __init__(self, supervisor: Supervisor, place: Place) -> None:
        self._supervisor = supervisor
        self._place = place
        self._password = secrets.token_hex(16)
        self._behind = loopback(PORT)

    @property
    def log(self) -> Path:
        """What it writes, with every statement that changes a role or a table."""
        return self._place.folder / "postgres.log"

    def start(self, databases: Mapping[str, str], master: str, password: str) -> None:
        """Make the instance with a master and databases (name → owner), and wait until it answers.

        Raises:
            ProcessError: it does not start.
        """
        place = self._place
        place.folder.mkdir(parents=True, exist_ok=True)
        self._make_data()
        command = self._command("postgres", [place.programs / "postgres", "-D", self._data, *self._options()])
        self._supervisor.start(command)
        self._supervisor.start(self._front())
        quoted = password.replace("'", "''")
        # RDS brings its master without telling the log; here the session that does it writes none.
        self.sql(
            "SET log_statement = none;\n"
            "SET log_min_duration_statement = -1;\n"
            "SET log_min_error_statement = panic;\n"
            f"CREATE ROLE \"{master}\" LOGIN CREATEDB CREATEROLE PASSWORD '{quoted}';"
        )
        for name, owner in databases.items():
            self.sql(f'CREATE DATABASE "{name}" OWNER "{owner}"')

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run a statement as superuser; rows as lines, columns parted by ``|``.

        Raises:
            ProcessError: Postgres refuses it.
        """
        place = self._place
        environment = {
            "PGPASSWORD": self._password,
            "PGHOST": self._behind,
            "PGPORT": str(PORT),
            "PGUSER": SUPERUSER,
            "PGDATABASE": database,
            "PATH": os.environ.get("PATH", ""),
        }
        argv: list[str | Path] = [place.programs / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1"]
        run = subprocess.run(
            argv, env=environment, input=statement, capture_output=True, text=True, check=False, timeout=30
        )
        if run.returncode != 0:
            raise ProcessError(f"Postgres refused a statement of the rehearsal: {run.stderr.strip()}")
        return run.stdout.strip()

    @property
    def _data(self) -> Path:
        return self._place.folder / "data"

    def _make_data(self) -> None:
        place = self._place
        word = place.folder / "password"
        word.touch(mode=0o600)
        word.write_text(self._password)
        options = ["--auth=scram-sha-256", f"--pwfile={word}", "--no-sync", "--no-instructions", "--locale=C"]
        argv: list[str | Path] = [
            place.programs / "initdb",
            "-D",
            self._data,
            "-U",
            SUPERUSER,
            "-E",
            "UTF8",
            *options,
        ]
        command = self._command("initdb", argv)
        made = self._supervisor.launch(command)
        if made.process.wait(60) != 0:
            raise made.failure("could not make the data directory")
        self._supervisor.stop(made)
        (self._data / "pg_hba.conf").write_text(_RULES)

    def _options(self) -> list[str]:
        here = {"listen_addresses": self._behind, "port": str(PORT)}
        return [item for key, value in {**_SETTINGS, **here}.items() for item in ("-c", f"{key}={value}")]

    def _command(self, name: str, argv: list[str | Path]) -> Command:
        """The program as another user than root, and nothing else changed."""
        plan = self._place.folder / f"{name}.json"
        content = {
            "argv": [str(item) for item in argv],
            "environment": {
                "PATH": os.environ.get("PATH", ""),
                "LC_ALL": "C",
                "HOME": str(self._place.folder),
            },
            "user": USER,
            "root": "",
            "mounts": [],
        }
        plan.write_text(json.dumps(content))
        return Command(
            name=name,
            argv=[sys.executable, "-I", "-S", INSIDE, plan],
            ready=lambda: answers_at(self._behind, PORT),
        )

    def _front(self) -> Command:
        """What clients connect to."""
        place = self._place
        files = [place.folder / name for name in ("server.crt", "server.key")]
        for file, content in zip(files, (place.certificate.chain, place.certificate.key), strict=True):
            file.touch(mode=0o600)
            file.write_bytes(content)
        ends = [f"{place.address}:{PORT}", f"{self._behind}:{PORT}"]
        return Command(
            name="postgres-tls",
            argv=[sys.executable, "-m", "sandbox.servers.tls_front", *ends, *files],
            ready=lambda: answers_at(place.address, PORT),
        )
