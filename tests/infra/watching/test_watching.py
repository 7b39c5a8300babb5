"""Prometheus, Alertmanager and Grafana (B7) as each committed environment registers them.

Proves what is asked for: which chart with which values, after what, with which rights, and that no secret
passes through. That rules fire is test_rules.py's; that Slack is reached nothing here can show.
"""

from __future__ import annotations

import functools
import json
import re
from typing import Any

import pytest
import yaml

from infra.charts.lock import locked
from infra.charts.values import prometheus_stack as stack
from infra.watching import cloudwatch, manifests, rules, targets
from infra.watching.exporters import EXPORTERS, exported
from infra.watching.routing import WEBHOOK, routing
from infra.watching.rules.objectives import BURNS
from stacks.rollout import CAPABILITIES
from tests.infra.engine import Made, Registered, policy
from tests.infra.environments import build, made, settings
from tests.manifests.rendered import whole

ENVIRONMENTS = ("dev", "staging", "prod")
RELEASE = "kubernetes:helm.sh/v3:Release"
EXPORTER = "prometheus-yet-another-cloudwatch-exporter"
KEPT = ("staging", "prod")
"""Environments that keep data."""


def own(found: Made) -> list[Registered]:
    """What the component makes."""
    return [item for item in found.resources if item.name.startswith("watching")]


def kind(environment: str, name: str) -> list[Registered]:
    return [item for item in own(made(environment)) if item.type.endswith(f":{name}")]


def release(environment: str, name: str = stack.NAME) -> Registered:
    (item,) = [item for item in made(environment).of(RELEASE) if item.inputs["name"] == name]
    return item


def told(environment: str, name: str = stack.NAME) -> dict[str, Any]:
    """Values of a release."""
    values: dict[str, Any] = whole(release(environment, name).inputs["values"])
    return values


@functools.cache
def without() -> Made:
    wanted = settings("dev")
    return build(wanted.model_copy(update={"capabilities": {**wanted.capabilities, "basic_metrics": False}}))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("name", [stack.NAME, EXPORTER])
def test_charts_are_the_locked_ones_and_wait_for_nodes(environment: str, name: str) -> None:
    """B7 is on in every environment."""
    found = release(environment, name)
    assert (found.inputs["chart"], found.inputs["version"]) == (locked(name).reference, locked(name).version)
    assert found.inputs["namespace"] == "monitoring"
    pools = {item.urn for item in made(environment).resources if item.type.endswith(":NodePool")}
    assert pools
    assert pools <= set(found.depends_on)


def test_switched_off_it_leaves_nothing_behind_and_takes_nothing_of_others() -> None:
    on, off = (
        {item.name for item in found.resources if item.type != "pulumi:pulumi:Stack"}
        for found in (made("dev"), without())
    )
    others = {name for name in on - off if not name.startswith("watching")}
    ways = {name for name in others if name.endswith("scraped") or name.startswith("single-sign-on-")}
    assert others - ways == set(), "but the teams' doors for it, and the way to its page"
    assert not own(without())
    assert not [item for item in without().resources if "monitoring.coreos.com" in item.type]


# Secrets


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_slacks_webhook_is_in_no_value_and_in_no_state(environment: str) -> None:
    """B7: whoever has it writes in the company's name. Only a person puts it into Secrets Manager."""
    everything = json.dumps([item.inputs for item in own(made(environment))], default=str)
    assert "hooks.slack.com" not in everything
    assert '"api_url"' not in json.dumps(told(environment)["alertmanager"])
    (secret,) = kind(environment, "Secret")
    assert secret.inputs["name"] == f"{settings(environment).cluster_name}/cluster/alertmanager-slack"
    assert secret.inputs["kmsKeyId"]
    assert not [item for item in own(made(environment)) if "SecretVersion" in item.type]
    (copy,) = [item for item in kind(environment, "ExternalSecret") if item.name.endswith("slack")]
    assert copy.inputs["spec"]["target"]["name"] == stack.SLACK
    assert copy.inputs["spec"]["data"] == [
        {"secretKey": "url", "remoteRef": {"key": secret.inputs["name"]}},
    ]


def test_alertmanager_reads_the_webhook_from_the_file_that_is_mounted_and_starts_without_it() -> None:
    """A first `up` has no webhook yet, and a new one needs no restart."""
    spec = told("dev")["alertmanager"]["alertmanagerSpec"]
    ((volume,), (mount,)) = spec["volumes"], spec["volumeMounts"]
    assert volume["secret"] == {"secretName": stack.SLACK, "optional": True}
    assert (mount["name"], mount["readOnly"]) == (volume["name"], True)
    (slack,) = told("dev")["alertmanager"]["config"]["receivers"][0]["slack_configs"]
    assert slack["api_url_file"] == WEBHOOK == f"{mount['mountPath']}/url"


def test_password_of_grafanas_administrator_is_made_in_the_cluster_and_only_once() -> None:
    """Neither the engine nor a person ever has it."""
    spec = manifests.administrator()
    (source,) = spec["dataFrom"]
    generator = source["sourceRef"]["generatorRef"]
    (password,) = kind("dev", "Password")
    assert (generator["kind"], generator["name"]) == ("Password", password.inputs["metadata"]["name"])
    assert spec["refreshPolicy"] == "CreatedOnce"
    assert whole(password.inputs["spec"])["length"] >= 32
    admin = told("dev")["grafana"]["admin"]
    assert set(spec["target"]["template"]["data"]) == {admin["userKey"], admin["passwordKey"]}
    assert admin["existingSecret"] == spec["target"]["name"]


def test_secrets_reach_the_namespace_and_wait_for_who_brings_them() -> None:
    (space,) = kind("dev", "Namespace")
    labels = space.inputs["metadata"]["labels"]
    assert labels["ferry.dev/external-secrets"] == "true"
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    stores = {item.urn for item in made("dev").resources if item.type.endswith(":ClusterSecretStore")}
    for item in [*kind("dev", "ExternalSecret"), *kind("dev", "Password")]:
        assert stores <= set(item.depends_on)
        assert item.urn in release("dev").depends_on or item.type.endswith(":Password")


# What is kept, and how many there are


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_measurements_outlive_their_pod_and_in_production_their_claim(environment: str) -> None:
    """B7: what happened last week is still known after a node is gone, or somebody's mistake."""
    wanted = "gp3-retain" if environment in KEPT else "gp3"
    values, spec = told(environment), settings(environment).services.watching
    assert spec
    claims = [
        values["prometheus"]["prometheusSpec"]["storageSpec"]["volumeClaimTemplate"]["spec"],
        values["alertmanager"]["alertmanagerSpec"]["storage"]["volumeClaimTemplate"]["spec"],
    ]
    assert {claim["storageClassName"] for claim in claims} == {wanted}
    assert claims[0]["resources"]["requests"]["storage"] == f"{spec.storage_gib}Gi"
    prometheus = values["prometheus"]["prometheusSpec"]
    assert prometheus["retention"] == f"{spec.retention_days}d"
    assert int(prometheus["retentionSize"].removesuffix("MB")) < spec.storage_gib * 1024


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_one_of_two_may_go_where_availability_is_promised(environment: str) -> None:
    high = "high_availability" in settings(environment).enabled
    for part, key in (("prometheus", "prometheusSpec"), ("alertmanager", "alertmanagerSpec")):
        values = told(environment)[part]
        assert values[key]["replicas"] == (2 if high else 1)
        assert values["podDisruptionBudget"]["enabled"] is high


def test_pods_keep_the_restricted_level() -> None:
    """What would need more stays away: the exporter of nodes, and an init container as root."""
    values = told("dev")
    assert values["nodeExporter"]["enabled"] is False
    assert values["grafana"]["initChownData"]["enabled"] is False
    context = told("dev", EXPORTER)["securityContext"]
    assert (context["runAsNonRoot"], context["readOnlyRootFilesystem"]) == (True, True)
    assert context["capabilities"] == {"drop": ["ALL"]}


def test_every_container_asks_for_what_it_needs_and_has_a_limit_of_memory() -> None:
    values = told("dev")
    asking = [
        values["prometheusOperator"],
        values["prometheusOperator"]["prometheusConfigReloader"],
        values["prometheus"]["prometheusSpec"],
        values["alertmanager"]["alertmanagerSpec"],
        values["grafana"],
        values["grafana"]["sidecar"],
        values["kube-state-metrics"],
        told("dev", EXPORTER),
    ]
    for part in asking:
        assert set(part["resources"]["requests"]) == {"cpu", "memory"}
        assert set(part["resources"]["limits"]) == {"memory"}


def test_nobody_elsewhere_wakes_people_or_starts_a_prometheus() -> None:
    """Targets come from every namespace; rules and instances only from this one."""
    values = told("dev")
    spec, operator = values["prometheus"]["prometheusSpec"], values["prometheusOperator"]
    here = {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}
    assert spec["ruleNamespaceSelector"] == here
    assert "podMonitorNamespaceSelector" not in spec
    assert operator["prometheusInstanceNamespaces"] == ["monitoring"]
    assert operator["alertmanagerInstanceNamespaces"] == ["monitoring"]


def test_monitors_and_rules_without_the_charts_label_count() -> None:
    """The chart's default takes only objects with its own label: everything of ours would be silent."""
    spec = told("dev")["prometheus"]["prometheusSpec"]
    for what in ("rule", "serviceMonitor", "podMonitor"):
        assert spec[f"{what}SelectorNilUsesHelmValues"] is False


# Rules, pages, targets


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_rule_whose_metrics_are_there_is_in_the_cluster(environment: str) -> None:
    """B7: the alerts that promtool has judged are the alerts that Prometheus gets."""
    found = [group for item in kind(environment, "PrometheusRule") for group in item.inputs["spec"]["groups"]]
    wanted = rules.written(settings(environment).enabled)["groups"]
    by_name = {group["name"]: whole(group) for group in found}
    assert by_name == {group["name"]: group for group in wanted}
    assert {rule["alert"] for group in found for rule in group["rules"] if "alert" in rule} >= {
        "InferenceErrorBudgetBurnsFast",
        "GuardSilent",
        "NotificationsFail",
    }


def test_what_the_operator_reads_waits_for_its_definitions() -> None:
    objects = [*kind("dev", "PrometheusRule"), *kind("dev", "PodMonitor")]
    assert objects
    assert all(release("dev").urn in item.depends_on for item in objects)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_page_is_a_config_map_that_grafana_looks_for(environment: str) -> None:
    pages = {
        name: json.loads(drawn)
        for item in kind(environment, "ConfigMap")
        for name, drawn in item.inputs["data"].items()
    }
    assert {page["uid"] for page in pages.values()} >= {
        "ferry-throughput",
        "ferry-features",
        "ferry-migration",
    }
    for item in kind(environment, "ConfigMap"):
        assert item.inputs["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert told(environment)["grafana"]["sidecar"]["dashboards"]["searchNamespace"] == "monitoring"


def test_every_exporter_of_others_is_asked_by_somebody() -> None:
    """A rule over figures that nobody collects never fires."""
    asked = {target.exporter for target in targets.TARGETS}
    elsewhere = {
        "guard and adapters": "each workload's PodMonitor",
        "Triton": "each workload's PodMonitor",
        "kube-state-metrics": "the chart's own",
        "Prometheus": "the chart's own",
    }
    assert asked | set(elsewhere) == {item.name for item in EXPORTERS}
    assert not asked & set(elsewhere)
    capabilities = {item.name: item.capability for item in EXPORTERS}
    assert all(target.capability == capabilities[target.exporter] for target in targets.TARGETS)


def test_figures_about_pods_keep_the_name_of_the_pod_that_they_are_about() -> None:
    """Without it each idle GPU would be the exporter's own (B8)."""
    (gpu,) = [item for item in targets.TARGETS if item.name == "dcgm-exporter"]
    assert targets.monitor(gpu)["podMetricsEndpoints"] == [{"port": "metrics", "honorLabels": True}]


def test_service_that_is_off_is_not_asked() -> None:
    names = {target.name for target in targets.there(frozenset({"basic_metrics"}))}
    assert names == {"karpenter", "cloudwatch-exporter"}


# CloudWatch


def test_exporter_makes_exactly_the_metrics_that_rules_and_pages_use() -> None:
    (promised,) = [item.metrics for item in EXPORTERS if item.name == "CloudWatch exporter (YACE)"]
    assert sorted(figure.metric for figure in cloudwatch.FIGURES) == sorted(promised)
    assert set(promised) <= exported(frozenset(CAPABILITIES))


def test_only_this_environments_stores_are_asked_about() -> None:
    config = yaml.safe_load(told("prod", EXPORTER)["config"])
    for job in config["discovery"]["jobs"]:
        assert job["searchTags"] == [
            {"key": "project", "value": "^ferry$"},
            {"key": "environment", "value": "^prod$"},
        ]
        assert job["regions"] == ["us-east-1"]
        assert {item["period"] for item in job["metrics"]} == {
            told("prod", EXPORTER)["extraArgs"]["scraping-interval"]
        }


def test_exporters_role_reads_figures_and_belongs_to_one_account() -> None:
    """A4: nothing that is in a store, and nobody else takes it."""
    (own_policy,) = [
        item
        for item in made("dev").of("aws:iam/rolePolicy:RolePolicy")
        if item.inputs["role"] == "ferry-dev-cloudwatch-exporter"
    ]
    (statement,) = policy(own_policy)["Statement"]
    assert set(statement["Action"]) == {
        "cloudwatch:GetMetricData",
        "cloudwatch:ListMetrics",
        "tag:GetResources",
    }
    account = told("dev", EXPORTER)["serviceAccount"]
    assert account["name"] == "cloudwatch-exporter"
    assert account["annotations"]["eks.amazonaws.com/role-arn"].endswith("/ferry-dev-cloudwatch-exporter")
    roles = {item.inputs["name"]: item for item in made("dev").of("aws:iam/role:Role")}
    trust = json.loads(roles["ferry-dev-cloudwatch-exporter"].inputs["assumeRolePolicy"])
    assert "system:serviceaccount:monitoring:cloudwatch-exporter" in json.dumps(trust)


# Alertmanager


def test_who_is_critical_is_heard_at_once_and_again() -> None:
    route = routing("#x")["route"]
    (critical,) = route["routes"]
    assert critical["matchers"] == ['severity="critical"']
    assert (critical["group_wait"], critical["repeat_interval"]) == ("10s", "1h")
    assert route["receiver"] == critical["receiver"] == "slack"
    assert routing("#x")["receivers"][0]["slack_configs"][0]["channel"] == "#x"


def test_slower_burn_is_quiet_while_a_faster_one_of_the_same_workload_is_heard() -> None:
    """And never another workload's, nor another alert."""
    order = [burn.name for burn in BURNS]
    for rule in routing("#x")["inhibit_rules"]:
        (source,) = rule["source_matchers"]
        (target,) = rule["target_matchers"]
        (faster,) = re.findall(r'alertname="(\w+)"', source)
        slower = target.partition('"')[2].rstrip('"').split("|")
        assert slower == order[order.index(faster) + 1 :]
        assert rule["equal"] == ["workload"]
