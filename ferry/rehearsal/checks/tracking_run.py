"""MLflow as it was applied, run for real: its Jobs, its servers, a killed one, a rotated password.

The manifests come from the API server, the processes from the bridge; Postgres is real and stands where RDS
would; S3, STS and Secrets Manager are the emulated account's, reached through the servers' own roles.
"""

from __future__ import annotations

import contextlib
import json
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ferry.rehearsal.checks.context import CheckContext, Note
from ferry.rehearsal.checks.tracking import DATABASE, Seen, judge, spilled
from ferry.rehearsal.checks.tracking_client import ARTIFACT, Tracking
from ferry.rehearsal.checks.waiting import until
from ferry.report.model import Check
from infra.mlflow.pods import NAMESPACE, PORT, PREPARER
from sandbox.bridge import Bridge, ReadError, Running, loopback
from sandbox.ports import answers_at
from sandbox.processes import ProcessError, Supervisor
from sandbox.servers.certificates import Authority
from sandbox.servers.mlflow import image
from sandbox.servers.postgres import PORT as POSTGRES_PORT
from sandbox.servers.postgres import Place, Postgres

CAPABILITY = "experiment_tracking"
CONTENT = b"weights of a model that never was"
RECORD = "tracking.json"
TOOLS = ("mlflow", "postgres")


def run(context: CheckContext, note: Note) -> list[Check]:
    """Run it, and judge what was seen; nothing where the capability is off."""
    if CAPABILITY not in context.settings.enabled:
        return []
    missing = [name for name in TOOLS if name not in context.spec.tools]
    if missing:
        return [DATABASE.failed(f"no {' and no '.join(missing)} here: run `make tools`")]
    with Supervisor(context.spec.state, RECORD) as supervisor:
        trial = Trial(context, supervisor)
        try:
            return judge(trial.run(note))
        except (ProcessError, ReadError) as error:
            return [*judge(trial.seen), DATABASE.failed(str(error))]
        finally:
            trial.clean()


class Trial:
    """The acts, in order; :attr:`seen` grows with them."""

    def __init__(self, context: CheckContext, supervisor: Supervisor) -> None:
        self._context = context
        self._folder = context.spec.state / "tracking"
        self._bridge = Bridge(context.spec, context.kube, supervisor, self._folder / "pods")
        self._outputs: Mapping[str, Any] = context.outputs["mlflow"]
        authority = Authority("ferry-rehearsal-rds")
        host = str(context.outputs["postgres"]["endpoint"])
        self._hosts = {host: loopback(POSTGRES_PORT)}
        tools = context.spec.tools
        place = Place(
            name=host,
            address=self._hosts[host],
            programs=tools["postgres"].resolve().parent,
            folder=self._folder / "postgres",
            certificate=authority.certificate([host]),
        )
        self._postgres = Postgres(supervisor, place)
        self._image = image(tools["mlflow"].parent / "site", self._folder / "image", authority.pem)
        self._servers = 0
        self.seen = Seen(written=CONTENT)

    def run(self, note: Note) -> Seen:
        """All of it."""
        note("Postgres, its user and its tables")
        self._prepare()
        note("two servers")
        first, second = self._server(), self._server()
        self._bridge.wait(first)
        self._bridge.wait(second)
        logged = self._log(first)
        note("one server killed, the other asked")
        self._bridge.stop(first, at_once=True)
        self._read_back(second, logged)
        note("the database password rotated")
        self._rotate(second, logged)
        self._search([first, second])
        return self.seen

    def clean(self) -> None:
        """Take the check's objects out of the bucket again: one that is not empty cannot be deleted."""
        s3, bucket = self._context.aws("s3"), self._bucket()
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                if item["Key"].endswith(ARTIFACT):
                    s3.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])

    # --- acts --------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        master = self._secret(self._context.outputs["postgres"]["secret_arn"])
        self._postgres.start({"mlflow": master["username"]}, master["username"], master["password"])
        self.seen.master = master["username"]
        for name in (PREPARER, "mlflow-migrate"):
            self._finish(name, self._job(name))
        rows = self._postgres.sql("SELECT rolname, rolsuper FROM pg_roles WHERE rolcanlogin").splitlines()
        self.seen.roles = {name: flag == "t" for name, _, flag in (row.partition("|") for row in rows)}
        owners = self._postgres.sql(
            "SELECT datname, pg_get_userbyid(datdba) FROM pg_database WHERE datname LIKE 'mlflow%'"
        )
        self.seen.owners = dict(row.split("|") for row in owners.splitlines())
        count = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
        self.seen.tables = {name: int(self._postgres.sql(count, name)) for name in self.seen.owners}

    def _log(self, server: Running) -> dict[str, str]:
        admin = self._secret(self._outputs["secret_arn"])
        self.seen.answers = {
            "nobody": self._ask(server, None),
            "a wrong password": self._ask(server, (admin["username"], "wrong")),
            "a user that does not exist": self._ask(server, ("nobody", admin["password"])),
        }
        with self._client(server) as client:
            logged = client.log(CONTENT, 0.97)
        self.seen.expected = {
            "metric": "0.97",
            "version": logged["version"],
            "run of the version": logged["run"],
            "artifact": CONTENT.decode(),
        }
        key = f"{logged['experiment']}/{logged['run']}/artifacts/{ARTIFACT}"
        found = self._context.aws("s3").get_object(Bucket=self._bucket(), Key=key)
        self.seen.stored = found["Body"].read()
        self.seen.writers = self._writers(key)
        self.seen.role = server.read.environment.get("AWS_ROLE_ARN", "")
        self.seen.users = (self._user(), "")
        return logged

    def _read_back(self, server: Running, logged: Mapping[str, str]) -> None:
        with self._client(server) as client:
            self.seen.given_back = client.read(logged)

    def _rotate(self, server: Running, logged: Mapping[str, str]) -> None:
        self._finish("mlflow-rotation", self._bridge.holder("CronJob", NAMESPACE, "mlflow-rotation"))
        server.child.process.send_signal(signal.SIGHUP)  # look now, and not within the minute
        until(lambda: not server.child.running, 30.0)
        self.seen.ended = server.child.process.poll()
        again = self._server()  # as a kubelet would
        self._bridge.wait(again)
        with self._client(again) as client:
            self.seen.after = client.read(logged)
        self.seen.users = (self.seen.users[0], self._user())

    def _search(self, servers: list[Running]) -> None:
        """Look for every password that there is, wherever it must not be."""
        arns = (self._outputs["secret_arn"], self._outputs["database_secret_arn"])
        words = {word for arn in arns for key, word in self._secret(arn).items() if key != "username"}
        words.add(self._secret(self._context.outputs["postgres"]["secret_arn"])["password"])
        objects = [
            item
            for version, kind in (("apps/v1", "Deployment"), ("batch/v1", "Job"), ("batch/v1", "CronJob"))
            for item in self._context.kube.list(version, kind)
        ]
        texts = {
            "a manifest": json.dumps(objects),
            "an argument": " ".join(word for server in servers for word in server.container.argv),
            **{f"the log {path.name}": path.read_text(errors="replace") for path in self._logs()},
        }
        self.seen.looked_at = sum(map(bool, texts.values()))
        self.seen.spilled = spilled(texts, words)

    # --- hands -------------------------------------------------------------------------------------------

    def _job(self, name: str) -> Mapping[str, Any]:
        jobs = self._context.kube.list("batch/v1", "Job", NAMESPACE)
        found = next((item for item in jobs if item["metadata"]["name"].startswith(name)), None)
        if found is None:
            raise ReadError(
                f"there is no Job {NAMESPACE}/{name}-…, so nothing prepares what the servers need"
            )
        return found

    def _finish(self, label: str, holder: Mapping[str, Any]) -> None:
        addresses = self._bridge.addresses("127.0.0.1", self._hosts)
        self._bridge.finish(self._bridge.start(label, holder, self._image, addresses))

    def _server(self) -> Running:
        """Start one more server, without waiting for it."""
        self._servers += 1
        own = loopback(PORT)
        holder = self._bridge.holder("Deployment", NAMESPACE, "mlflow")
        return self._bridge.start(
            f"mlflow-{self._servers}",
            holder,
            self._image,
            self._bridge.addresses(own, self._hosts),
            ready=lambda: answers_at(own, PORT),
        )

    @contextlib.contextmanager
    def _client(self, server: Running) -> Iterator[Tracking]:
        admin = self._secret(self._outputs["secret_arn"])
        client = Tracking(_address(server), (admin["username"], admin["password"]))
        yield client
        client.close()

    def _ask(self, server: Running, auth: tuple[str, str] | None) -> int:
        client = Tracking(_address(server), auth)
        try:
            return client.status()
        finally:
            client.close()

    def _secret(self, arn: str) -> dict[str, str]:
        found = self._context.aws("secretsmanager").get_secret_value(SecretId=arn)
        content: dict[str, str] = json.loads(found["SecretString"])
        return content

    def _bucket(self) -> str:
        return str(self._context.outputs["stores"]["mlflow"])

    def _user(self) -> str:
        """Whose connections MLflow's tables are used by, now."""
        return self._postgres.sql(
            "SELECT usename FROM pg_stat_activity WHERE datname = 'mlflow' "
            "ORDER BY backend_start DESC LIMIT 1"
        )

    def _writers(self, key: str) -> list[str]:
        lines = self._context.spec.calls.read_text().splitlines()
        calls = (json.loads(line) for line in lines if "s3:PutObject" in line and key in line)
        return sorted({str(call["principal"]) for call in calls})

    def _logs(self) -> list[Path]:
        logs = self._context.spec.logs
        return [*logs.glob("mlflow*.log"), logs / "postgres.log"]


def _address(server: Running) -> str:
    own = next(item for item in server.container.argv if item.startswith("--host="))
    return f"{own.partition('=')[2]}:{PORT}"
