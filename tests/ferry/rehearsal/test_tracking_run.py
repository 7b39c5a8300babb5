"""MLflow's check itself, on real Postgres and real MLflow, without a cluster (B1, A7).

The manifests are the component's own; the cluster is a dictionary and AWS a plain moto, which believes every
token. That the roles are really taken and really needed is proved by the rehearsal, whose AWS judges them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from ferry.rehearsal.checks.context import CheckContext
from ferry.rehearsal.checks.tracking import judge
from ferry.rehearsal.checks.tracking_run import Trial
from infra.mlflow import pods
from sandbox.processes import Supervisor
from sandbox.toolchain import Tool, Toolchain
from sandbox.worldspec import WorldSpec

ACCOUNT, REGION = "123456789012", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ferry-dev-mlflow"
HOST = "ferry-dev-postgres.example.us-east-1.rds.amazonaws.com"
BUCKET = "ferry-dev-mlflow"


class Kube:
    """The objects that the component would have applied."""

    def __init__(self, plan: pods.Plan) -> None:
        jobs = {"mlflow-migrate-a": pods.migration(plan), "mlflow-database-a": pods.preparation(plan)}
        account = {"eks.amazonaws.com/role-arn": ROLE}
        self._objects: list[dict[str, Any]] = [
            _object("Deployment", "mlflow", pods.deployment(plan)),
            _object("CronJob", "mlflow-rotation", pods.rotation(plan, "23 4 1 * *")),
            *(_object("Job", name, spec) for name, spec in jobs.items()),
            *(_object("ServiceAccount", name, {}, account) for name in (pods.NAME, pods.PREPARER)),
        ]

    def get(self, _version: str, kind: str, name: str, _namespace: str | None = None) -> Any:
        named = [item for item in self.list(_version, kind) if item["metadata"]["name"] == name]
        return named[0] if named else None

    def list(self, _version: str, kind: str, _namespace: str | None = None) -> list[dict[str, Any]]:
        return [item for item in self._objects if item["kind"] == kind]

    def token(self, namespace: str, account: str, audience: str | None = None) -> str:
        return f"{namespace}.{account}.{audience}"


def _object(
    kind: str, name: str, spec: dict[str, Any], annotations: dict[str, str] | None = None
) -> dict[str, Any]:
    metadata = {"name": name, "namespace": pods.NAMESPACE, "annotations": annotations or {}}
    return {"kind": kind, "metadata": metadata, "spec": spec}


@pytest.fixture
def aws() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def context(aws: str, toolchain: Toolchain, tmp_path: Path) -> CheckContext:
    spec = WorldSpec(
        state=tmp_path,
        region=REGION,
        account=ACCOUNT,
        cluster_name="ferry-dev",
        aws_endpoint=aws,
        apiserver="https://127.0.0.1:6443",
        ca_file=tmp_path / "ca",
        admin_token="none",  # noqa: S106 - there is no API server
        admin_kubeconfig=tmp_path / "none",
        issuer="https://issuer.example",
        tools={name: toolchain.path(Tool(name)) for name in ("mlflow", "postgres")},
    )
    spec.ca_file.write_bytes(b"")
    spec.calls.write_text("")
    session = boto3.Session("a", "b", region_name=REGION)
    vault = session.client("secretsmanager", endpoint_url=aws)
    word = json.dumps({"username": "ferry", "password": "the-masters-word"})
    arns = {name: vault.create_secret(Name=name)["ARN"] for name in ("database", "server")}
    arns["master"] = vault.create_secret(Name="master", SecretString=word)["ARN"]
    session.client("s3", endpoint_url=aws).create_bucket(Bucket=BUCKET)
    plan = pods.Plan(
        image=f"registry.example/mlflow@sha256:{'0' * 64}",
        version="a",
        region=REGION,
        host=HOST,
        secrets=arns,
        artifacts=f"s3://{BUCKET}",
        cpu="1",
        memory="2Gi",
        replicas=2,
    )
    outputs = {
        "mlflow": {"secret_arn": arns["server"], "database_secret_arn": arns["database"]},
        "postgres": {"endpoint": HOST, "secret_arn": arns["master"]},
        "stores": {"mlflow": BUCKET},
    }
    kube: Any = Kube(plan)
    settings: Any = SimpleNamespace(enabled={"experiment_tracking"})
    return CheckContext(spec, kube, outputs, settings, "dev", [])


def test_mlflow_logs_survives_a_killed_server_and_a_rotated_password(context: CheckContext) -> None:
    """B1, A7: every claim of the rehearsal but one, whose evidence is the emulated AWS' own call log."""
    with Supervisor(context.spec.state) as supervisor:
        trial = Trial(context, supervisor)
        checks = judge(trial.run(lambda _: None))
    assert {
        check.id: check.detail for check in checks if not check.passed and check.id != "mlflow.logged"
    } == {}
    assert trial.seen.stored == trial.seen.written
