"""Services that come as charts (B5, B8, B9, B11), as each committed environment registers them.

Proves what is asked for: which chart, after what, with which rights. That the API server takes the objects,
and that their definitions are there in time, is the rehearsal's to prove.
"""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest

from infra.charts.lock import locked
from infra.cluster_services import manifests as shared
from infra.deploying import manifests as models
from infra.gpu import check
from infra.logs.policy import write_logs
from tests.infra.engine import Made, Registered, policy
from tests.infra.environments import build, settings

RELEASE = "kubernetes:helm.sh/v3:Release"
NAMESPACE = "kubernetes:core/v1:Namespace"
OWNERS = {
    "cluster_services": "ferry:infra:ClusterServices",
    "central_logs": "ferry:infra:Logs",
    "gpu_monitoring": "ferry:infra:Gpu",
    "deployment_sync": "ferry:infra:ArgoCd",
    "custom_workflows": "ferry:infra:ArgoWorkflows",
}
CHARTS = {
    "cert-manager": "cert-manager",
    "external-secrets": "external-secrets",
    "metrics-server": "kube-system",
    "fluent-bit": "logging",
    "nvidia-device-plugin": "gpu-daemons",
    "dcgm-exporter": "gpu-daemons",
    "argo-cd": "argocd",
    "argo-workflows": "argo",
}
"""Chart to its namespace."""
PREFIXES = (
    "cluster-services",
    "logs",
    "gpu",
    "argo-cd",
    "argo-workflows",
    "workflow-definitions",
    "watching",
    "single-sign-on",
)
"""What names of these services' resources in the state begin with; the last two need the first."""


NEED_THEM = ("pipelines", "hyperparameter_search")
"""What cannot be without some of these, and is looked at elsewhere."""


def release(name: str, found: Made | None = None) -> Registered:
    (item,) = [item for item in (found or charted("dev")).of(RELEASE) if item.inputs["name"] == name]
    return item


def kind(found: Made, name: str) -> list[Registered]:
    return [item for item in found.resources if item.type.endswith(f":{name}")]


@functools.cache
def charted(environment: str, *, on: bool = True) -> Made:
    """An environment with these services, whatever its rollout says of them, or without any."""
    wanted = settings(environment)
    chosen = {**wanted.capabilities, **dict.fromkeys(OWNERS, on), **dict.fromkeys(NEED_THEM, False)}
    return build(wanted.model_copy(update={"capabilities": chosen}), environment)


@pytest.mark.parametrize(("chart", "namespace"), CHARTS.items())
def test_chart_is_the_locked_one_in_its_own_namespace(chart: str, namespace: str) -> None:
    found = release(chart)
    assert found.inputs["chart"] == locked(chart).reference
    assert found.inputs["version"] == locked(chart).version
    assert found.inputs["namespace"] == namespace


@pytest.mark.parametrize("chart", CHARTS)
def test_chart_waits_for_nodes_and_goes_before_them(chart: str) -> None:
    """The engine deletes in reverse: pods leave Karpenter's nodes while Karpenter can still end them."""
    pools = {item.urn for item in kind(charted("dev"), "NodePool")}
    assert pools
    assert pools <= set(release(chart).depends_on)


def test_service_that_is_off_leaves_nothing_behind() -> None:
    """E5, and it takes nothing of others with it."""
    on, off = charted("dev"), charted("dev", on=False)
    names = [
        {item.name for item in side.resources if item.type != "pulumi:pulumi:Stack"} for side in (on, off)
    ]
    gone = names[0] - names[1]
    assert all(on.of(owner) and not off.of(owner) for owner in OWNERS.values())
    assert {name for name in gone if not name.startswith(PREFIXES)} == set()
    assert not [item.name for item in off.resources if item.name.startswith(PREFIXES)]


@pytest.mark.parametrize(("environment", "replicas"), [("dev", 1), ("prod", 1)])
def test_replicas_follow_the_rollout(environment: str, replicas: int) -> None:
    on = "high_availability" in settings(environment).enabled
    values = release("cert-manager", charted(environment)).inputs["values"]
    assert values["replicaCount"] == (2 if on else replicas)


# B9: certificates and secrets


def test_objects_of_a_chart_wait_for_its_definitions() -> None:
    found = charted("dev")
    for name, chart in (
        ("ClusterIssuer", "cert-manager"),
        ("Certificate", "cert-manager"),
        ("ClusterSecretStore", "external-secrets"),
        ("AppProject", "argo-cd"),
    ):
        items = kind(found, name)
        assert items, name
        assert all(release(chart).urn in item.depends_on for item in items), name


def test_authority_is_the_clusters_own_and_only_it_is_signed_by_itself() -> None:
    specs = {
        item.inputs["metadata"]["name"]: item.inputs["spec"] for item in kind(charted("dev"), "ClusterIssuer")
    }
    assert specs == {shared.ROOT: {"selfSigned": {}}, shared.ISSUER: {"ca": {"secretName": shared.ISSUER}}}
    (authority,) = kind(charted("dev"), "Certificate")
    assert authority.inputs["metadata"]["namespace"] == "cert-manager"
    assert authority.inputs["spec"]["isCA"] is True
    assert authority.inputs["spec"]["secretName"] == shared.ISSUER


def test_secrets_reach_labelled_namespaces_only() -> None:
    """A namespace of its own choice would be a way around IAM (B9)."""
    (store,) = kind(charted("dev"), "ClusterSecretStore")
    (condition,) = store.inputs["spec"]["conditions"]
    assert condition == {"namespaceSelector": {"matchLabels": {"ferry.dev/external-secrets": "true"}}}
    assert "auth" not in store.inputs["spec"]["provider"]["aws"]


def reader() -> list[dict[str, Any]]:
    found = shared.read_secrets("ferry-dev", "arn:aws:secretsmanager:r:1:secret:", "arn:key", "r")
    return [statement.as_dict() for statement in found]


def test_secret_controller_reads_its_folder_and_nothing_else() -> None:
    """Not the databases' masters, not Redis' password, not another environment's."""
    read, decrypt = reader()
    assert read["Resource"] == "arn:aws:secretsmanager:r:1:secret:ferry-dev/cluster/*"
    assert set(read["Action"]) == {"secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"}
    assert decrypt["Resource"] == "arn:key"
    assert decrypt["Condition"] == {"StringEquals": {"kms:ViaService": "secretsmanager.r.amazonaws.com"}}


@pytest.mark.parametrize(
    "name", ["ferry-dev-redis", "rds!db-1234", "ferry-prod/cluster/slack", "ferry-devil/cluster/x"]
)
def test_secrets_of_others_are_out_of_reach(name: str) -> None:
    allowed = reader()[0]["Resource"].rpartition(":")[2].removesuffix("*")
    assert not name.startswith(allowed)
    assert shared.secret_name("ferry-dev", "slack").startswith(allowed)


def test_external_secret_names_the_store_and_its_folder() -> None:
    spec = shared.external_secret("ferry-dev", "slack", {"url": "", "user": "name"})
    assert spec["secretStoreRef"] == {"kind": "ClusterSecretStore", "name": "secrets-manager"}
    assert [item["remoteRef"] for item in spec["data"]] == [
        {"key": "ferry-dev/cluster/slack"},
        {"key": "ferry-dev/cluster/slack", "property": "name"},
    ]


@pytest.mark.parametrize(
    ("account", "namespace"), [("external-secrets", "external-secrets"), ("fluent-bit", "logging")]
)
def test_role_is_taken_by_one_account_only(account: str, namespace: str) -> None:
    (role,) = [
        item
        for item in charted("dev").of("aws:iam/role:Role")
        if item.inputs["name"] == f"ferry-dev-{account}"
    ]
    trust = json.loads(role.inputs["assumeRolePolicy"])["Statement"][0]["Condition"]["StringEquals"]
    subjects = {value for key, value in trust.items() if key.endswith(":sub")}
    assert subjects == {f"system:serviceaccount:{namespace}:{account}"}
    values = release(account).inputs["values"]
    assert values["serviceAccount"]["annotations"]["eks.amazonaws.com/role-arn"].endswith(
        f"/ferry-dev-{account}"
    )


# B11: logs


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_log_groups_have_an_end_and_a_key(environment: str) -> None:
    groups = [
        item
        for item in charted(environment).of("aws:cloudwatch/logGroup:LogGroup")
        if item.inputs["name"].startswith("/ferry/")
    ]
    assert {item.inputs["name"].rpartition("/")[2] for item in groups} == {"pods", "nodes"}
    for item in groups:
        assert item.inputs["retentionInDays"] == settings(environment).services.logs.retention_days
        assert item.inputs["kmsKeyId"]


def test_collector_waits_for_its_groups_and_writes_to_no_other() -> None:
    found = charted("dev")
    names = [
        item
        for item in found.of("aws:cloudwatch/logGroup:LogGroup")
        if item.inputs["name"].startswith("/ferry/")
    ]
    assert {item.urn for item in names} <= set(release("fluent-bit").depends_on)
    outputs = release("fluent-bit").inputs["values"]["config"]["outputs"]
    assert all(f"log_group_name {item.inputs['name']}\n" in outputs for item in names)


def test_collector_may_write_streams_and_make_no_group() -> None:
    (statement,) = [item.as_dict() for item in write_logs(["arn:aws:logs:r:1:log-group:/ferry/a/pods:*"])]
    assert set(statement["Action"]) == {
        "logs:CreateLogStream",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
    }
    group = "arn:aws:logs:r:1:log-group:/ferry/a/pods"
    assert statement["Resource"] == [group, f"{group}:log-stream:*"]


# B8: GPUs


def test_only_daemons_that_read_their_node_stand_outside_the_restricted_level() -> None:
    levels = {
        item.inputs["metadata"]["name"]: item.inputs["metadata"]["labels"][
            "pod-security.kubernetes.io/enforce"
        ]
        for item in charted("dev").of(NAMESPACE)
    }
    assert {name for name, level in levels.items() if level == "privileged"} == {"gpu-daemons", "logging"}
    assert levels["gpu-checks"] == "restricted"


def test_gpu_check_asks_for_one_gpu_and_runs_only_when_it_is_told_to() -> None:
    """Each run may buy a node (B8)."""
    (job,) = [item for item in kind(charted("dev"), "CronJob") if item.name == "gpu-check"]
    assert job.inputs["spec"]["suspend"] is True
    pod = job.inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["command"][0] == "nvidia-smi"
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert "@sha256:" in container["image"]
    assert {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"} in pod["tolerations"]
    assert release("nvidia-device-plugin").urn in job.depends_on


def test_gpu_check_is_restricted() -> None:
    pod = check.cron_job("image")["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["containers"][0]["securityContext"]["capabilities"] == {"drop": ["ALL"]}


# B5: models and workflows

SOURCE = models.Source("https://github.com/example/models.git", "main")


def test_models_repository_can_bring_no_secret_no_right_and_no_route() -> None:
    spec = models.project(SOURCE, ["serving"])
    kinds = {item["kind"] for item in spec["namespaceResourceWhitelist"]}
    assert not kinds & {"Secret", "Role", "RoleBinding", "ServiceAccount", "HTTPRoute", "NetworkPolicy"}
    assert spec["clusterResourceWhitelist"] == []
    assert spec["destinations"] == [{"server": models.IN_CLUSTER, "namespace": "serving"}]
    assert spec["sourceRepos"] == [SOURCE.repository]


def test_empty_commit_takes_no_model_that_serves() -> None:
    policy_ = models.application(SOURCE, "fraud-detection", "serving")["syncPolicy"]
    assert policy_["automated"] == {"prune": False, "selfHeal": True, "allowEmpty": False}


def test_autoscalers_number_of_pods_is_left_alone() -> None:
    (ignored,) = models.application(SOURCE, "fraud-detection", "serving")["ignoreDifferences"]
    assert ignored["jsonPointers"] == ["/spec/replicas"]


def test_workflow_steps_use_one_store_and_nothing_else() -> None:
    (own,) = [
        item
        for item in charted("dev").of("aws:iam/rolePolicy:RolePolicy")
        if item.inputs["role"] == "ferry-dev-workflow-runner"
    ]
    resources = {
        resource
        for statement in policy(own)["Statement"]
        for resource in (
            statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        )
        if resource.startswith("arn:aws:s3")
    }
    assert {item.partition("/")[0].rpartition(":")[2] for item in resources} == {
        "ferry-dev-pipelines-123456789012-us-east-1"
    }
    values = release("argo-workflows").inputs["values"]
    assert values["artifactRepository"]["s3"]["bucket"] == "ferry-dev-pipelines-123456789012-us-east-1"
