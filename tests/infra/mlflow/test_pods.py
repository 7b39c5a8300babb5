"""MLflow's pods as data (B1, A7, B9): restricted, pinned, spread, and with no password in them.

That the commands do what they should is proved by the rehearsal, which runs these very manifests.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.mlflow import pods, wiring

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/ferry-dev/mlflow@sha256:" + "a" * 64
PREFIX = "arn:aws:secretsmanager:us-east-1:123456789012:secret"
SECRETS = {name: f"{PREFIX}:{name}" for name in ("master", "database", "server")}
PLAN = pods.Plan(
    image=IMAGE,
    version="aaaaaaaaaaaa",
    region="us-east-1",
    host="db.example",
    secrets=SECRETS,
    artifacts="s3://store",
    cpu="1",
    memory="2Gi",
    replicas=2,
)

MADE: dict[str, dict[str, Any]] = {
    "server": pods.deployment(PLAN)["template"]["spec"],
    "migrate": pods.migration(PLAN)["template"]["spec"],
    "prepare": pods.preparation(PLAN)["template"]["spec"],
    "rotate": pods.rotation(PLAN, "23 4 1 * *")["jobTemplate"]["spec"]["template"]["spec"],
}
"""What each of them is to run."""


def container(part: str) -> dict[str, Any]:
    (only,) = MADE[part]["containers"]
    found: dict[str, Any] = only
    return found


def env(part: str) -> dict[str, Any]:
    return {item["name"]: item["value"] for item in container(part)["env"]}


@pytest.mark.parametrize("part", MADE)
def test_pod_keeps_the_restricted_standard(part: str) -> None:
    """B9."""
    assert MADE[part]["securityContext"]["runAsNonRoot"] is True
    assert MADE[part]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    own = container(part)["securityContext"]
    assert (own["allowPrivilegeEscalation"], own["readOnlyRootFilesystem"]) == (False, True)
    assert own["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize("part", MADE)
def test_image_is_the_one_pinned_by_digest(part: str) -> None:
    assert container(part)["image"] == IMAGE


@pytest.mark.parametrize("part", MADE)
def test_no_variable_holds_a_password_only_where_to_ask_for_it(part: str) -> None:
    """A7: ARNs, and a folder in memory."""
    secret = [name for name in env(part) if "PASS" in name or "TOKEN" in name or "URI" in name]
    assert secret == []
    assert all(value.startswith("arn:") for name, value in env(part).items() if name.endswith("_SECRET"))
    volumes = {item["name"]: item["emptyDir"] for item in MADE[part]["volumes"]}
    assert volumes["secrets"]["medium"] == "Memory"


@pytest.mark.parametrize("part", MADE)
def test_postgres_has_to_show_a_certificate_with_its_name(part: str) -> None:
    """A7."""
    assert (env(part)["PGSSLMODE"], env(part)["PGSSLROOTCERT"]) == ("verify-full", pods.CERTIFICATES)


@pytest.mark.parametrize("part", ["server", "migrate"])
def test_only_what_prepares_the_database_knows_where_the_masters_password_is(part: str) -> None:
    """A7."""
    assert "MASTER_SECRET" not in env(part)
    assert MADE[part]["serviceAccountName"] == pods.NAME
    assert MADE["prepare"]["serviceAccountName"] == MADE["rotate"]["serviceAccountName"] == pods.PREPARER


def test_each_server_has_one_cpu_and_two_gib() -> None:
    """B1."""
    amounts = container("server")["resources"]
    for kind in ("requests", "limits"):
        assert (amounts[kind]["cpu"], amounts[kind]["memory"]) == ("1", "2Gi")


def test_server_asks_for_users_passes_artifacts_on_and_answers_to_its_names_only() -> None:
    """B1."""
    arguments = container("server")["args"]
    assert arguments[:3] == ["serve", "mlflow", "server"]
    assert "--app-name=basic-auth" in arguments
    assert arguments[arguments.index("--artifacts-destination") + 1] == "s3://store"
    hosts = next(item for item in arguments if item.startswith("--allowed-hosts="))
    assert "mlflow.mlflow.svc" in hosts
    assert "*" not in hosts.replace("localhost:*", "")


def test_servers_are_spread_over_zones_and_replaced_one_by_one() -> None:
    """B1."""
    spec = pods.deployment(PLAN)
    (spread,) = spec["template"]["spec"]["topologySpreadConstraints"]
    assert spread["topologyKey"] == "topology.kubernetes.io/zone"
    assert spread["whenUnsatisfiable"] == "DoNotSchedule"
    assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert wiring.budget()["maxUnavailable"] == 1
    assert wiring.budget()["selector"]["matchLabels"] == spec["selector"]["matchLabels"]


def test_server_is_asked_whether_it_is_well() -> None:
    asked = container("server")
    for name in ("startupProbe", "readinessProbe"):
        assert asked[name]["httpGet"] == {"path": "/health", "port": "http"}
    assert asked["livenessProbe"]["tcpSocket"] == {"port": "http"}, "a busy server is not killed"


def test_rotations_never_overlap_and_run_by_the_given_clock() -> None:
    """A7."""
    spec = pods.rotation(PLAN, "23 4 1 * *")
    assert (spec["schedule"], spec["concurrencyPolicy"]) == ("23 4 1 * *", "Forbid")
    assert container("rotate")["args"] == ["rotate"]


def test_nothing_reaches_mlflow_but_labelled_namespaces_at_its_port() -> None:
    """B9: and it reaches names, AWS and Postgres."""
    fences = wiring.fences()
    assert fences["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    (rule,) = fences["mlflow-callers"]["ingress"]
    assert rule["from"] == [{"namespaceSelector": {"matchLabels": pods.CLIENT}}]
    assert [port["port"] for port in rule["ports"]] == [pods.PORT]
    out = {port["port"] for rule in fences["mlflow-needs"]["egress"] for port in rule["ports"]}
    assert out == {53, 443, 5432}


def test_service_and_servers_find_each_other() -> None:
    assert wiring.service()["selector"] == pods.deployment(PLAN)["template"]["metadata"]["labels"]
    assert json.dumps(wiring.service()).count("http") == 2


def test_no_job_is_moved_while_it_runs() -> None:
    """A3: a migration that is cut off leaves tables half changed."""
    for spec in (pods.migration(PLAN), pods.preparation(PLAN)):
        assert spec["template"]["metadata"]["annotations"] == {"karpenter.sh/do-not-disrupt": "true"}


def test_a_server_runs_nothing_but_the_server() -> None:
    """B1: its background jobs would be eight more processes per replica."""
    assert env("server")["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"
