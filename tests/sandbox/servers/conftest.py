"""One real Postgres for all tests here, in RDS' place, with its master."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.bridge import loopback
from sandbox.processes import Supervisor
from sandbox.servers.certificates import Authority
from sandbox.servers.mlflow import HERE
from sandbox.servers.postgres import PORT, Place, Postgres
from sandbox.toolchain import Tool, Toolchain

HOST = "ferry-dev-postgres.example.us-east-1.rds.amazonaws.com"
CONNECT = "import psycopg, sys; c = psycopg.connect(user=sys.argv[1], password=sys.argv[2], dbname='mlflow')"
MASTER, WORD = "ferry", "the master's word"


@dataclass(frozen=True)
class Instance:
    """The server, and how clients reach it."""

    server: Postgres
    address: str
    bundle: Path
    site: Path
    vault: Path

    def python(self, *argv: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a Python with MLflow's packages."""
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{HERE}:{self.site}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PGHOST": HOST,
            "PGHOSTADDR": self.address,
            "PGPORT": str(PORT),
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": str(self.bundle),
            **variables,
        }
        program = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
        return subprocess.run(
            [program, *argv], env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    def prepare(self, verb: str) -> str:
        """Run the image's verb; what it said."""
        run = self.python(str(Path(__file__).with_name("prepare.py")), verb, str(self.vault))
        assert run.returncode == 0, run.stderr
        return run.stdout

    def login(self, user: str, password: str, **variables: str) -> str:
        """``ok``, or what Postgres said."""
        script = (
            "import psycopg, sys; psycopg.connect(user=sys.argv[1], password=sys.argv[2], dbname='mlflow')"
        )
        run = self.python("-c", script, user, password, **variables)
        return "ok" if run.returncode == 0 else run.stderr

    @property
    def secrets(self) -> Mapping[str, list[dict[str, str]]]:
        """Versions of each secret, oldest first."""
        content = json.loads(self.vault.read_text())
        return {name: [json.loads(text) for text in versions] for name, versions in content.items()}


@pytest.fixture(scope="session")
def instance(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("postgres")
    authority, address = Authority("test"), loopback(PORT)
    (folder / "bundle.pem").write_bytes(authority.pem)
    (folder / "vault.json").write_text(
        json.dumps({"master": [json.dumps({"username": MASTER, "password": WORD})]})
    )
    with Supervisor(folder) as supervisor:
        programs = toolchain.path(Tool.POSTGRES).resolve().parent
        server = Postgres(
            supervisor, Place(HOST, address, programs, folder / "own", authority.certificate([HOST]))
        )
        server.start({"mlflow": MASTER}, MASTER, WORD)
        site = toolchain.path(Tool.MLFLOW).parent / "site"
        yield Instance(server, address, folder / "bundle.pem", site, folder / "vault.json")
