"""Who reaches whom by the network policies of the rendered objects (B9): needed flows, and a dozen others.

A pod's address lies in the network's ranges, and network plugins differ on whether an ``ipBlock`` holds pods.
So a needed flow must come about when it does not, and a refused one must not come about even when it does.
"""

from __future__ import annotations

import functools

import pytest

from infra.charts.values.prometheus_stack import NAME_LABEL
from infra.guard_rails.fences import Places, policies
from infra.mlflow.pods import labels as mlflow_labels
from infra.pipelines.wiring import CONTROLLER
from infra.redis.pod import LABELS as REDIS_LABELS
from infra.specs.network import subnet_plan
from infra.watching.targets import there
from stacks.settings.rules.teams import TAKEN
from tests.infra.environments import settings
from tests.manifests.reach import End, Network, Outside, Pod, of
from tests.manifests.rendered import ENVIRONMENTS, rendered

POD_ADDRESS, OTHER_ADDRESS = "10.20.1.10", "10.20.1.11"
METADATA = Outside("169.254.169.254")
S3 = Outside("52.216.1.1")


EVERYTHING = "everything on"
"""An environment with every service, for what the committed ones have not switched on yet."""
PLACES = Places(["10.20.240.0/24"], gateway="gateway", monitoring="monitoring", tracking="mlflow")


@functools.cache
def network(environment: str) -> Network:
    if environment != EVERYTHING:
        return of(item.manifest for item in rendered(environment))
    fences = policies(PLACES).items()
    made = ({"metadata": {"name": name, "namespace": "fraud"}, "spec": spec} for name, spec in fences)
    return Network(tuple(made), {})


def on(environment: str) -> frozenset[str]:
    """Capabilities of an environment, and the form of its Redis."""
    if environment == EVERYTHING:
        return frozenset({"gateway", "basic_metrics", "experiment_tracking", "elasticache"})
    known = settings(environment)
    return known.enabled | {known.redis.mode}


@functools.cache
def teams(environment: str) -> list[str]:
    return (
        ["fraud"]
        if environment == EVERYTHING
        else [team.name for team in settings(environment).services.teams]
    )


def store(environment: str) -> Outside:
    """An address among the managed data stores."""
    if environment == EVERYTHING:
        return Outside("10.20.240.20")
    known = settings(environment).network
    return Outside(subnet_plan(known.cidr, len(known.zones)).intra[0].replace(".0/24", ".20"))


def workload(team: str, *, inside: bool = False) -> Pod:
    """A team's pod; ``inside`` gives it an address, which blocks may hold."""
    return Pod(team, address=POD_ADDRESS if inside else None)


def other(namespace: str, labels: dict[str, str] | None = None, *, inside: bool = False) -> Pod:
    return Pod(namespace, labels or {}, address=OTHER_ADDRESS if inside else None)


DNS = other("kube-system")
REDIS = other("features", REDIS_LABELS)


@pytest.mark.parametrize("environment", [*ENVIRONMENTS, EVERYTHING])
def test_every_flow_that_a_workload_needs_comes_about(environment: str) -> None:
    lets = network(environment).lets
    for team in teams(environment):
        pod = workload(team)
        mlflow = other("mlflow", mlflow_labels("server"))
        needed: list[tuple[str, str | None, End, End, int, str]] = [
            ("names", None, pod, DNS, 53, "UDP"),
            ("names over TCP", None, pod, DNS, 53, "TCP"),
            ("its own pods", None, pod, pod, 9000, "TCP"),
            ("models in S3", None, pod, S3, 443, "TCP"),
            ("features in the cluster", "in_cluster", pod, REDIS, 6379, "TCP"),
            ("features on ElastiCache", "elasticache", pod, store(environment), 6379, "TCP"),
            ("MLflow", "experiment_tracking", pod, mlflow, 5000, "TCP"),
            ("callers of Triton", "gateway", other("gateway"), pod, 8000, "TCP"),
            ("callers of Triton by gRPC", "gateway", other("gateway"), pod, 8001, "TCP"),
            ("Prometheus", "basic_metrics", watching("prometheus"), pod, 8002, "TCP"),
        ]
        there = on(environment)
        for name, capability, source, target, port, protocol in needed:
            wanted = capability is None or capability in there
            assert lets(source, target, port, protocol) is wanted, name


@pytest.mark.parametrize("environment", [*ENVIRONMENTS, EVERYTHING])
def test_nothing_else_comes_about(environment: str) -> None:
    lets = network(environment).lets
    for team in teams(environment):
        pod = workload(team, inside=True)
        stranger = other("another-team", inside=True)
        unwanted: dict[str, tuple[End, End, int]] = {
            "Postgres": (pod, store(environment), 5432),
            "the node's own role": (pod, METADATA, 80),
            "the node's own role by TLS": (pod, METADATA, 443),
            "plain HTTP to the internet": (pod, S3, 80),
            "SSH to the internet": (pod, S3, 22),
            "a store's HTTPS": (pod, store(environment), 443),
            "another team's pod": (pod, stranger, 8080),
            "a kubelet": (pod, Outside("10.20.1.1"), 10250),
            "etcd": (pod, Outside("10.20.1.1"), 2379),
            "DNS elsewhere": (pod, Outside("8.8.8.8"), 53),
            "another team's pod to it": (stranger, pod, 8000),
            "the gateway to a debugger": (other("gateway", inside=True), pod, 5678),
            "Prometheus to the model": (other("monitoring", inside=True), pod, 8000),
            "pipelines to a model": (other("kubeflow", inside=True), pod, 8000),
            "the internet": (Outside("198.51.100.7"), pod, 8000),
        }
        reached = [name for name, (source, target, port) in unwanted.items() if lets(source, target, port)]
        assert reached == []


def test_redis_in_the_cluster_answers_labelled_namespaces_only() -> None:
    lets = network("dev").lets
    assert lets(other("kubeflow", inside=True), REDIS, 6379)
    for source, port in ((other("default", inside=True), 6379), (other("kubeflow", inside=True), 22)):
        assert not lets(source, REDIS, port)
    assert not lets(Outside("198.51.100.7"), REDIS, 6379)


def watching(name: str, *, inside: bool = False) -> Pod:
    """A pod of those that watch."""
    return other("monitoring", {NAME_LABEL: name}, inside=inside)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_everything_that_watches_reaches_what_it_needs(environment: str) -> None:
    """B7: figures, the API server, CloudWatch and Slack."""
    lets = network(environment).lets
    prometheus, outside = watching("prometheus"), Outside("198.51.100.7")
    needed: dict[str, tuple[End, End, int]] = {
        "Slack": (watching("alertmanager"), outside, 443),
        "CloudWatch": (watching("prometheus-yet-another-cloudwatch-exporter"), outside, 443),
        "the API server": (watching("kube-state-metrics"), Outside("10.20.1.9"), 443),
        "kubelets": (prometheus, Outside("10.20.1.9"), 10250),
        "what is kept": (watching("grafana"), prometheus, 9090),
        "who tells people": (prometheus, watching("alertmanager"), 9093),
        "a team's model": (prometheus, workload("fraud"), 8002),
        "a guard": (prometheus, other("churn"), 9090),
    }
    for target in there(settings(environment).enabled):
        pod = other(target.namespace, dict(target.labels))
        needed[target.name] = (prometheus, pod, target.number)
    cut = [name for name, (source, target_, port) in needed.items() if not lets(source, target_, port)]
    assert cut == []
    assert lets(watching("grafana"), DNS, 53, "UDP")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_steps_of_pipelines_reach_what_they_need_and_no_database(environment: str) -> None:
    """B2, B9: S3, MLflow and features, wherever Redis is; MySQL is for those who keep the runs."""
    lets = network(environment).lets
    step = other("kubeflow", {"app": "step"}, inside=True)
    redis = REDIS if "in_cluster" in on(environment) else store(environment)
    server = other("kubeflow", {"app": "ml-pipeline"})
    needed: dict[str, tuple[End, End, int]] = {
        "names": (step, DNS, 53),
        "S3": (step, S3, 443),
        "MLflow": (step, other("mlflow", mlflow_labels("server")), 5000),
        "features": (step, redis, 6379),
        "the API of pipelines": (step, server, 8888),
    }
    unwanted: dict[str, tuple[End, End, int]] = {
        "MySQL": (step, store(environment), 3306),
        "Postgres": (step, store(environment), 5432),
        "a team's model": (step, workload("fraud", inside=True), 8000),
        "a team to a step": (workload("fraud", inside=True), step, 8080),
        "a team to the API of pipelines": (workload("fraud", inside=True), server, 8888),
        "Prometheus to the API of pipelines": (watching("prometheus", inside=True), server, 8888),
        "another one than Prometheus": (workload("fraud", inside=True), other("kubeflow", CONTROLLER), 9090),
    }
    assert [name for name, (source, target, port) in needed.items() if not lets(source, target, port)] == []
    assert [name for name, (source, target, port) in unwanted.items() if lets(source, target, port)] == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nobody_else_reaches_what_watches_and_it_reaches_nobody_else(environment: str) -> None:
    """B9: measurements tell much about a company, and Alertmanager speaks in its name."""
    lets = network(environment).lets
    prometheus = watching("prometheus", inside=True)
    alertmanager = watching("alertmanager", inside=True)
    unwanted: dict[str, tuple[End, End, int]] = {
        "a team to Prometheus": (workload("fraud", inside=True), prometheus, 9090),
        "the gateway to Alertmanager": (other("gateway", inside=True), alertmanager, 9093),
        "the internet to Grafana": (Outside("198.51.100.7"), watching("grafana"), 3000),
        "the node's own role": (prometheus, METADATA, 80),
        "Postgres": (prometheus, store(environment), 5432),
        "features": (prometheus, store(environment), 6379),
        "a guard, by Alertmanager": (alertmanager, other("churn", inside=True), 9090),
        "kubelets, by Grafana": (watching("grafana"), Outside("10.20.1.9"), 10250),
    }
    reached = [name for name, (source, target, port) in unwanted.items() if lets(source, target, port)]
    assert reached == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_namespace_of_the_platform_is_refused_to_teams_by_name(environment: str) -> None:
    made = {item.manifest["metadata"]["name"] for item in rendered(environment) if item.kind == "Namespace"}
    assert made - set(teams(environment)) <= TAKEN
