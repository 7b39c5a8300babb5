"""Kubeflow Pipelines as we want it (B2): patches on small samples of the shape of what is published.

The published manifests are in no registry here, so these samples stand for them: their digests are locked
and a rehearsal records them. What is ours around them is rendered and applied like everything else.
"""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest
import yaml

from infra.charts.values import argo_workflows
from infra.pipelines import patches, wiring
from infra.pipelines.names import DATABASES
from infra.specs.pipelines import IMAGES
from infra.watching.targets import TARGETS
from sandbox.rendering import Made, Registered, policy
from tests.infra.environments import build, made, settings

ZERO = f"sha256:{'0' * 64}"
PLAN = patches.Plan(
    images={name: f"{image}@{ZERO}" for name, image in IMAGES.items()},
    host="mysql.example",
    bucket="store",
    root="s3://store/v2/artifacts",
    region="eu-west-1",
    certificates=f"mlflow@{ZERO}",
    replicas=2,
)


def secret(key: str, name: str = "mysql-secret") -> dict[str, Any]:
    return {"valueFrom": {"secretKeyRef": {"name": name, "key": key}}}


def deployment(name: str, container: str, env: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    spec = {
        "initContainers": [{"name": "wait-for-database", "image": "alpine"}],
        "containers": [{"name": container, "image": "x:dummy", "env": env, **more}],
    }
    template = {"metadata": {"labels": {"app": name}}, "spec": spec}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template},
    }


SAMPLES = [
    deployment(
        "ml-pipeline",
        "ml-pipeline-api-server",
        [
            {"name": "OBJECTSTORECONFIG_SECURE", "value": "false"},
            {"name": "OBJECTSTORECONFIG_HOST", "value": "seaweedfs.kubeflow"},
            {"name": "OBJECTSTORECONFIG_PORT", "value": "9000"},
            {"name": "DBCONFIG_MYSQLCONFIG_PASSWORD", **secret("password")},
            {"name": "OBJECTSTORECONFIG_ACCESSKEY", **secret("accesskey", patches.KEYS)},
            {"name": "OBJECTSTORECONFIG_SECRETACCESSKEY", **secret("secretkey", patches.KEYS)},
            {"name": "V2_DRIVER_IMAGE", "value": "ghcr.io/kubeflow/kfp-driver:2.17.0"},
        ],
    ),
    deployment(
        "ml-pipeline-ui",
        "ml-pipeline-ui",
        [{"name": "MINIO_ACCESS_KEY", **secret("accesskey", patches.KEYS)}],
    ),
    deployment(
        "metadata-grpc-deployment",
        "container",
        [{"name": "DBCONFIG_PASSWORD", **secret("password")}],
        args=["--grpc_port=8080"],
    ),
    {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "pipeline-install-config"},
        "data": {"mysqlHost": "mysql", "bucketName": "mlpipeline"},
    },
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kfp-launcher"}, "data": {}},
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "pipeline-runner"},
        "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}],
    },
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "ml-pipeline-ui"},
        "rules": [{"apiGroups": [""], "resources": ["secrets", "configmaps"], "verbs": ["get", "list"]}],
    },
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "pipeline-runner-binding"},
        "roleRef": {"kind": "Role", "name": "pipeline-runner", "apiGroup": "rbac.authorization.k8s.io"},
        "subjects": [{"kind": "ServiceAccount", "name": "pipeline-runner"}],
    },
    {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "pipeline-runner"}},
    {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "ml-pipeline-persistenceagent"}},
]


@functools.cache
def patched() -> dict[tuple[str, str], dict[str, Any]]:
    return {(item["kind"], item["metadata"]["name"]): item for item in patches.patched(SAMPLES, PLAN)}


def container(name: str) -> dict[str, Any]:
    (found,) = patched()["Deployment", name]["spec"]["template"]["spec"]["containers"]
    wanted: dict[str, Any] = found
    return wanted


def env(name: str) -> dict[str, Any]:
    return {item["name"]: item.get("value", item.get("valueFrom")) for item in container(name)["env"]}


def test_no_key_of_an_object_store_is_asked_for_anywhere() -> None:
    """B2: S3 by the roles of accounts; no MinIO, no SeaweedFS."""
    text = json.dumps([*patched().values()]).lower()
    assert patches.KEYS in json.dumps(SAMPLES)
    assert all(word not in text for word in (patches.KEYS, "seaweedfs", "minio"))
    found = env("ml-pipeline")
    assert (found["OBJECTSTORECONFIG_ACCESSKEY"], found["OBJECTSTORECONFIG_SECRETACCESSKEY"]) == ("", "")
    assert found["OBJECTSTORECONFIG_HOST"] == "s3.eu-west-1.amazonaws.com"
    assert (found["OBJECTSTORECONFIG_SECURE"], found["OBJECTSTORECONFIG_PORT"]) == ("true", "")


def test_steps_reach_s3_by_the_role_of_their_account() -> None:
    """B2, A4."""
    data = patched()["ConfigMap", "kfp-launcher"]["data"]
    assert data["defaultPipelineRoot"] == "s3://store/v2/artifacts"
    default = yaml.safe_load(data["providers"])["s3"]["default"]
    assert default["credentials"] == {"fromEnv": True}
    assert default["disableSSL"] is False


def test_mysql_is_opened_by_tls_with_a_certificate_that_is_checked() -> None:
    """B2: by the API server (Go) and by ML Metadata (C++), each in its own words."""
    found = env("ml-pipeline")
    assert json.loads(found["DBCONFIG_MYSQLCONFIG_EXTRAPARAMS"]) == {"tls": "true"}
    assert "/run/rds" in found["SSL_CERT_DIR"].split(":")
    args = container("metadata-grpc-deployment")["args"]
    assert {"--mysql_config_verify_server_cert=true", "--mysql_config_sslrootcert=/run/rds/rds.pem"} <= {
        *args
    }
    for name in ("ml-pipeline", "metadata-grpc-deployment"):
        pod = patched()["Deployment", name]["spec"]["template"]["spec"]
        assert [item["name"] for item in pod["initContainers"]] == ["authorities"]


def test_database_user_is_pipelines_own_and_not_root() -> None:
    """B2: what was published is root without a password."""
    for name, variable in (
        ("ml-pipeline", "DBCONFIG_MYSQLCONFIG_PASSWORD"),
        ("metadata-grpc-deployment", "DBCONFIG_PASSWORD"),
    ):
        assert env(name)[variable]["secretKeyRef"] == {"name": "pipelines-database", "key": "password"}
    data = patched()["ConfigMap", "pipeline-install-config"]["data"]
    assert (data["mysqlHost"], data["pipelineDb"], data["mlmdDb"]) == ("mysql.example", *DATABASES)


@pytest.mark.parametrize("name", ["ml-pipeline", "ml-pipeline-ui", "metadata-grpc-deployment"])
def test_pods_are_by_digest_with_amounts_and_read_only(name: str) -> None:
    """B2, B9."""
    found = container(name)
    assert found["image"].endswith(ZERO)
    assert found["resources"]["limits"]["memory"]
    assert found["securityContext"]["readOnlyRootFilesystem"] is True
    assert found["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_steps_images_are_by_digest_too() -> None:
    assert env("ml-pipeline")["V2_DRIVER_IMAGE"].endswith(ZERO)
    assert env("ml-pipeline")["V2_LAUNCHER_IMAGE"].endswith(ZERO)


@pytest.mark.parametrize("name", ["pipeline-runner", "ml-pipeline-ui"])
def test_neither_steps_nor_the_ui_read_secrets(name: str) -> None:
    """B2, B10: what was published lets both read every Secret of the namespace."""
    rules = patched()["Role", name]["rules"]
    assert rules
    assert not [rule for rule in rules if "secrets" in rule["resources"] or "*" in rule["verbs"]]


def test_everything_is_in_the_namespace_and_our_accounts_stay_ours() -> None:
    """A4: the account of steps is the foundation's, with its role."""
    assert {item["metadata"]["namespace"] for item in patched().values()} == {"kubeflow"}
    (subject,) = patched()["RoleBinding", "pipeline-runner-binding"]["subjects"]
    assert subject["namespace"] == "kubeflow"
    accounts = {name for kind, name in patched() if kind == "ServiceAccount"}
    assert accounts == {"ml-pipeline-persistenceagent"}


def test_version_one_is_refused() -> None:
    data = patched()["ConfigMap", "pipeline-install-config"]["data"]
    assert data["BLOCK_V1_PIPELINES"] == "true"


def test_controller_of_runs_leaves_other_namespaces_and_their_workflows_alone() -> None:
    """B2, B5: two controllers, no definitions of their own, no keys."""
    values = argo_workflows.of_pipelines("store", "eu-west-1", "kubeflow")
    assert values["singleNamespace"] is True
    assert values["crds"] == {"install": False}
    assert values["artifactRepository"]["s3"]["useSDKCreds"] is True
    defaults = values["controller"]["workflowDefaults"]["spec"]
    assert defaults["automountServiceAccountToken"] is True, "the driver asks the API server"


# what the program registers around it


def one(environment: str, name: str) -> Registered:
    (found,) = [item for item in made(environment).resources if item.name == name]
    return found


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_mysql_takes_tls_only_and_is_kept_like_postgres(environment: str) -> None:
    """B2, A7."""
    instance = one(environment, "pipelines-mysql-instance")
    keeps = settings(environment).environment.keeps_data
    assert instance.inputs["engine"] == "mysql"
    assert instance.inputs["storageEncrypted"] is True
    assert instance.inputs["manageMasterUserPassword"] is True
    assert instance.inputs["publiclyAccessible"] is False
    assert (instance.inputs["multiAz"], instance.inputs["deletionProtection"]) == (keeps, keeps)
    assert bool(instance.protect) is keeps
    parameters = one(environment, "pipelines-mysql-parameters").inputs
    assert parameters["family"] == "mysql8.4"
    given = {item["name"]: item["value"] for item in parameters["parameters"]}
    assert given["require_secure_transport"] == "1"


def test_insights_are_on_where_rds_has_them() -> None:
    assert one("dev", "pipelines-mysql-instance").inputs["performanceInsightsEnabled"] is False
    assert one("prod", "pipelines-mysql-instance").inputs["performanceInsightsEnabled"] is True


def test_only_the_job_reads_the_masters_password() -> None:
    """A4, B2."""
    readers = [
        item.name
        for item in made("dev").of("aws:iam/rolePolicy:RolePolicy")
        if item.name.startswith("pipelines-")
        and "ReadSecrets" in {statement.get("Sid") for statement in policy(item)["Statement"]}
    ]
    assert readers == ["pipelines-database-role-policy"]


def test_steps_do_not_reach_mysql() -> None:
    """B9."""
    assert [item["podSelector"]["matchLabels"] for item in wiring.of_pods().values()] == [
        {"app": "ml-pipeline"},
        {"component": "metadata-grpc-server"},
    ]
    ports = [
        port["port"]
        for item in wiring.fences([]).values()
        for flow in item.get("egress", [])
        for port in flow.get("ports", [])
    ]
    assert 443 in ports
    assert 3306 not in ports


def test_steps_reach_a_managed_redis_in_its_ranges_and_nothing_else_there() -> None:
    """B2, B9: policies see pods by their namespaces, and ElastiCache has none."""
    flows = wiring.fences(["10.20.240.0/24"])["tracking-and-features"]["egress"]
    (managed,) = [flow for flow in flows if flow["to"] == [{"ipBlock": {"cidr": "10.20.240.0/24"}}]]
    assert [port["port"] for port in managed["ports"]] == [6379]


def test_prometheus_reads_the_counts_of_runs_and_nobody_else_does() -> None:
    """B7: the alert on failing runs is about these counts."""
    door = wiring.scraped("monitoring")
    assert door["podSelector"]["matchLabels"] == {
        "app.kubernetes.io/name": "argo-workflows-workflow-controller"
    }
    (flow,) = door["ingress"]
    assert flow["from"] == [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    ]
    (asked,) = [item for item in TARGETS if item.namespace == "kubeflow"]
    assert [port["port"] for port in flow["ports"]] == [asked.number] == [9090]
    assert argo_workflows.of_pipelines("store", "eu-west-1", "kubeflow")["controller"]["metricsConfig"] == {
        "enabled": True
    }


def without_kubeflow() -> Made:
    """dev without pipelines, search, and what needs them."""
    spec = settings("dev")
    names = ("pipelines", "hyperparameter_search", "scheduled_runs", "automated_retraining")
    off = {**spec.capabilities, **dict.fromkeys(names, False)}
    return build(spec.model_copy(update={"capabilities": off}))


def test_switched_off_pipelines_and_search_leave_nothing_behind_and_take_nothing_of_others() -> None:
    """E5, both at once: an environment is dear. Argo's definitions stay for workflows of one's own."""
    on, off = (
        {item.urn.rpartition("::")[2] for item in found.resources if item.type != "pulumi:pulumi:Stack"}
        for found in (made("dev"), without_kubeflow())
    )
    own = ("katib", "pipelines")
    told = (
        "watching-podmonitor-pipelines",
        "watching-prometheusrule-ferry-pipelines",
        "watching-ferry-training",
    )
    assert {"pipelines-mysql-instance", "pipelines-database-job", "katib-database-job"} <= on - off
    assert not [name for name in off if name.startswith((*own, *told))]
    assert [name for name in on - off if not name.startswith((*own, *told))] == []
    assert "workflow-definitions" in off
