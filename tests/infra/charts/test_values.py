"""What each chart is told (B5, B7, B8, B9, B11), promise by promise.

This tier proves the values. That a chart understands them is known from its own ``values.yaml``, which each
module names: the content of charts is not on this machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from infra.charts.values import (
    argo_cd,
    argo_workflows,
    cert_manager,
    cloudwatch_exporter,
    dcgm_exporter,
    device_plugin,
    external_secrets,
    fluent_bit,
    metrics_server,
    prometheus_stack,
)
from infra.watching.routing import routing

ROLE = "arn:aws:iam::123456789012:role/ferry-prod-x"
STEPS = argo_workflows.Steps("workflows", "workflow-runner")
DIGEST = f"sha256:{'a' * 64}"


def watched(replicas: int) -> prometheus_stack.Plan:
    """What kube-prometheus-stack is told in production."""
    return prometheus_stack.Plan(replicas, 15, 20, "gp3-retain", "grafana.example.com", routing("#ml"))


def chart(name: str, replicas: int = 2) -> dict[str, Any]:
    """Values as production has them."""
    return {
        "argo-cd": lambda: argo_cd.values(replicas, "argocd.example.com", digest=DIGEST),
        "argo-workflows": lambda: argo_workflows.values("store", "us-east-1", replicas, STEPS),
        "cert-manager": lambda: cert_manager.values(replicas),
        "external-secrets": lambda: external_secrets.values(ROLE, replicas),
        "metrics-server": lambda: metrics_server.values(replicas, DIGEST),
        "nvidia-device-plugin": lambda: device_plugin.values(DIGEST),
        "dcgm-exporter": lambda: dcgm_exporter.values(tag=f"4@{DIGEST}"),
        "fluent-bit": lambda: fluent_bit.values(ROLE, "us-east-1", pods="/p", nodes="/n", digest=DIGEST),
        "kube-prometheus-stack": lambda: prometheus_stack.values(watched(replicas)),
        cloudwatch_exporter.NAME: lambda: cloudwatch_exporter.values(ROLE, "jobs: []", 300),
    }[name]()


CHARTS = (
    "argo-cd",
    "argo-workflows",
    "cert-manager",
    "external-secrets",
    "metrics-server",
    "nvidia-device-plugin",
    "dcgm-exporter",
    "fluent-bit",
    "kube-prometheus-stack",
    cloudwatch_exporter.NAME,
)
DAEMONS = ("nvidia-device-plugin", "dcgm-exporter", "fluent-bit")
"""They read the node; the only ones outside the level ``restricted``."""
HAS_ROLE = {
    "external-secrets": "external-secrets",
    "fluent-bit": "fluent-bit",
    cloudwatch_exporter.NAME: cloudwatch_exporter.ACCOUNT,
}
"""Chart to the account that takes the role."""
DEPLOYMENTS: dict[str, list[str]] = {
    "argo-cd": ["controller", "server", "repoServer", "applicationSet"],
    "argo-workflows": ["controller", "server"],
    "cert-manager": ["", "webhook", "cainjector"],
    "external-secrets": ["", "webhook", "certController"],
    "metrics-server": [""],
}
PARTS = [(name, part) for name, parts in DEPLOYMENTS.items() for part in parts]


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value that is no container, with its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, str(index)))
    else:
        yield path, value


def found(values: dict[str, Any], key: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value under this key, at any depth."""

    def walk(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
        items = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for name, inner in items:
            if name == key:
                yield (*path, str(name)), inner
            yield from walk(inner, (*path, str(name)))

    return walk(values, ())


def part_of(name: str, part: str, replicas: int = 2) -> dict[str, Any]:
    """A deployment's own part of the values."""
    values = chart(name, replicas)
    return dict(values[part]) if part else values


@pytest.mark.parametrize("name", CHARTS)
def test_no_value_is_a_secret(name: str) -> None:
    """Helm stores values in the cluster: B5, B8, B9 and B11 put nothing there that opens a door."""
    telling = re.compile(r"(?i)(password|passwd|token|api_?key|private_?key|credential)s?$")
    for path, value in leaves(chart(name)):
        if telling.search(path[-1]):
            assert value in {False, True, "", None}, f"{'.'.join(path)} = {value!r}"
        assert not re.search(r"AKIA[0-9A-Z]{16}|-----BEGIN|://[^/\s]+:[^/\s]+@", str(value)), path


@pytest.mark.parametrize("name", CHARTS)
def test_only_those_who_talk_to_aws_have_a_role(name: str) -> None:
    annotated = [value for _, value in leaves(chart(name)) if value == ROLE]
    assert len(annotated) == (1 if name in HAS_ROLE else 0)
    if name in HAS_ROLE:
        assert chart(name)["serviceAccount"]["annotations"] == {"eks.amazonaws.com/role-arn": ROLE}
        assert chart(name)["serviceAccount"]["name"] == HAS_ROLE[name]


@pytest.mark.parametrize(("name", "part"), PARTS)
def test_production_has_as_many_replicas_as_it_is_told_and_one_may_go(name: str, part: str) -> None:
    found_part = part_of(name, part)
    count = found_part.get("replicas", found_part.get("replicaCount"))
    alone = (name, part) in {("argo-cd", "controller"), ("external-secrets", "certController")}
    assert count == (1 if alone else 2)
    budget = found_part.get("pdb") or found_part.get("podDisruptionBudget")
    assert budget is not None
    assert budget["enabled"] or alone


@pytest.mark.parametrize(("name", "part"), PARTS)
def test_single_replica_has_no_budget_that_would_stop_a_drain(name: str, part: str) -> None:
    budget = part_of(name, part, replicas=1).get("pdb") or part_of(name, part, 1).get("podDisruptionBudget")
    assert budget is not None
    assert budget["enabled"] is False


@pytest.mark.parametrize(("name", "part"), [*PARTS, *((name, "") for name in DAEMONS)])
def test_every_pod_asks_for_what_it_needs_and_has_a_limit_of_memory(name: str, part: str) -> None:
    resources = part_of(name, part)["resources"]
    assert set(resources["requests"]) == {"cpu", "memory"}
    assert set(resources["limits"]) == {"memory"}


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_containers_are_restricted(name: str) -> None:
    """Each container's context alone satisfies Pod Security ``restricted``."""
    values = chart(name)
    keys = ("containerSecurityContext",) if name in {"argo-cd", "cert-manager"} else ("securityContext",)
    contexts = [
        context
        for key in keys
        for path, context in found(values, key)
        if path[0] != "global" and "workflowDefaults" not in path
    ]
    assert len(contexts) >= len(DEPLOYMENTS[name])
    for context in contexts:
        assert context["allowPrivilegeEscalation"] is False
        assert context["runAsNonRoot"] is True
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}


@pytest.mark.parametrize("name", DAEMONS)
def test_daemons_drop_every_right_but_the_one_that_is_named(name: str) -> None:
    """The named exceptions of Pod Security: B8 and B11 read the node."""
    added = {"fluent-bit": ["DAC_READ_SEARCH"], "dcgm-exporter": ["SYS_ADMIN"]}
    context = chart(name)["securityContext"]
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"]["drop"] == ["ALL"]
    assert context["capabilities"].get("add") == added.get(name)
    assert "privileged" not in context


@pytest.mark.parametrize("name", ["nvidia-device-plugin", "dcgm-exporter"])
def test_gpu_daemons_run_on_the_nodes_that_karpenter_makes_for_gpus(name: str) -> None:
    """Their own selection goes by labels that nobody gives here, so that no pod would ever get a GPU (B8)."""
    values = chart(name)
    required = values["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    (expression,) = required["nodeSelectorTerms"][0]["matchExpressions"]
    assert expression["key"] == "karpenter.k8s.aws/instance-gpu-manufacturer"
    assert {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"} in values["tolerations"]


def test_log_collector_runs_on_tainted_nodes_too() -> None:
    """What goes wrong on a GPU node is written there (B11)."""
    assert chart("fluent-bit")["tolerations"] == [{"operator": "Exists"}]


def test_log_collector_makes_no_group_and_names_those_that_are_kept_and_encrypted() -> None:
    """A group that it made itself would be kept for ever, without a key (B11)."""
    outputs = chart("fluent-bit")["config"]["outputs"]
    assert outputs.count("auto_create_group off") == outputs.count("[OUTPUT]") == 2
    assert re.findall(r"log_group_name (\S+)", outputs) == ["/p", "/n"]


def test_log_collector_reads_the_node_and_writes_a_directory_of_its_own() -> None:
    values = chart("fluent-bit")
    assert all(mount["readOnly"] for mount in values["daemonSetVolumeMounts"])
    (state,) = values["extraVolumes"]
    assert state["hostPath"]["path"] == "/var/lib/fluent-bit"
    assert values["extraVolumeMounts"][0]["mountPath"] == fluent_bit.STATE
    assert f"DB {fluent_bit.STATE}/" in values["config"]["inputs"]


def test_gpu_daemons_wait_for_no_definitions_of_others() -> None:
    """A ServiceMonitor of the chart's own would fail the release where nobody collects (B8)."""
    assert dcgm_exporter.values()["serviceMonitor"] == {"enabled": False}


def test_node_without_a_driver_is_seen() -> None:
    assert chart("nvidia-device-plugin")["failOnInitError"] is True


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("argo-cd", ("global", "image", "tag")),
        ("metrics-server", ("image", "tag")),
        ("nvidia-device-plugin", ("image", "tag")),
        ("dcgm-exporter", ("image", "tag")),
        ("fluent-bit", ("image", "digest")),
    ],
)
def test_image_is_pinned_by_the_digest_that_is_known(name: str, path: tuple[str, ...]) -> None:
    value: Any = chart(name)
    for key in path:
        value = value[key]
    assert value.endswith(DIGEST)


@pytest.mark.parametrize("name", ["argo-cd", "cert-manager"])
def test_definitions_go_when_the_service_goes(name: str) -> None:
    """A service that is off leaves nothing behind."""
    assert chart(name)["crds"]["keep"] is False


def test_definitions_of_workflows_come_with_no_chart() -> None:
    """B5: two controllers share them, so that neither takes the other's workflows with it."""
    assert chart("argo-workflows")["crds"] == {"install": False}


def test_workflows_store_with_the_role_of_their_own_account() -> None:
    """No static key (B5)."""
    values = chart("argo-workflows")
    store = values["artifactRepository"]["s3"]
    assert values["useStaticCredentials"] is False
    assert store["useSDKCreds"] is True
    assert (store["bucket"], store["insecure"]) == ("store", False)
    assert not [path for path, _ in leaves(store) if "KeySecret" in path[-1]]


def test_two_workflow_controllers_do_not_take_each_others_work() -> None:
    """Kubeflow Pipelines brings one; this one takes only what carries its own instance's label (B2, B5)."""
    assert chart("argo-workflows")["controller"]["instanceID"] == {"enabled": True, "explicitID": "ferry"}


def test_parts_of_workflows_spread_over_zones_by_a_label_that_their_pods_have() -> None:
    """B5: a selector that finds no pod spreads nothing, and nobody is told."""
    for part, name in (("controller", "workflow-controller"), ("server", "server")):
        (rule,) = chart("argo-workflows")[part]["topologySpreadConstraints"]
        assert rule["labelSelector"] == {"matchLabels": {"app.kubernetes.io/name": f"argo-workflows-{name}"}}


def test_workflows_run_only_where_they_are_let() -> None:
    values = chart("argo-workflows")
    assert values["controller"]["workflowNamespaces"] == ["workflows"]
    assert values["controller"]["workflowDefaults"]["spec"]["serviceAccountName"] == "workflow-runner"
    assert values["workflow"]["serviceAccount"] == {"create": False, "name": "workflow-runner"}
    assert values["server"]["authModes"] == ["client"]


def test_argo_cd_gives_nobody_a_right_by_logging_in() -> None:
    configs = chart("argo-cd")["configs"]
    assert configs["rbac"]["policy.default"] == ""
    assert configs["cm"]["exec.enabled"] is False


def test_argo_cd_lets_nobody_in_who_is_not_named() -> None:
    assert chart("argo-cd")["global"]["networkPolicy"] == {"create": True, "defaultDenyIngress": True}


def test_api_server_checks_whom_it_asks_for_metrics() -> None:
    """The chart's default skips the check (B9)."""
    values = chart("metrics-server")
    assert values["apiService"]["insecureSkipTLSVerify"] is False
    assert values["tls"] == {"type": "helm"}


def test_secrets_are_read_and_never_written_back() -> None:
    values = chart("external-secrets")
    assert values["processPushSecret"] is False
    assert values["processClusterPushSecret"] is False
    assert values["processClusterExternalSecret"] is False


@pytest.mark.parametrize(("replicas", "leads"), [(1, False), (2, True)])
def test_one_of_several_secret_controllers_leads(replicas: int, leads: bool) -> None:
    assert external_secrets.values(ROLE, replicas)["leaderElect"] is leads
