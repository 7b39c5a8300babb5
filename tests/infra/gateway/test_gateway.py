"""The way in, as data and as the program registers it (B6).

Proves what is asked for. That the API server takes it with its real definitions, and that the real Envoy
Gateway and Envoy do what it says, is proved in tests/sandbox/servers and in the rehearsal.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from infra.gateway import balancer, manifests
from infra.gateway.policy import TAG, Balancing, statements
from infra.specs.gateway import GatewaySpec
from stacks.settings import Settings
from tests.infra.environments import build, settings
from tests.infra.test_policies import may

RELEASE = "kubernetes:helm.sh/v3:Release"
PLACE = Balancing("ferry-prod", "us-east-1", "123456789012", "sg-nodes")
ELB = "arn:aws:elasticloadbalancing:us-east-1:123456789012"
EC2 = "arn:aws:ec2:us-east-1:123456789012"


def spec(**more: Any) -> GatewaySpec:
    """Production's."""
    found = settings("prod").services.gateway
    assert found is not None
    return found.model_copy(update=more)


# --- proxies and their load balancer ------------------------------------------------------------------------


def test_tls_ends_at_the_load_balancer_and_nothing_else_is_open() -> None:
    """B6: one port, TLS 1.2 or newer, the certificate of the settings, and only for who is allowed."""
    service = manifests.envoy_proxy(spec(), {})["provider"]["kubernetes"]["envoyService"]
    notes = {key.partition("balancer-")[2]: value for key, value in service["annotations"].items()}
    assert (notes["ssl-ports"], notes["ssl-cert"]) == ("443", spec().certificate_arn)
    assert notes["ssl-negotiation-policy"].startswith("ELBSecurityPolicy-TLS13-1-2")
    assert service["loadBalancerSourceRanges"] == spec().allowed_cidrs
    assert [item["port"] for item in manifests.gateway(spec())["listeners"]] == [443]


def test_load_balancer_reaches_pods_and_lets_go_as_slowly_as_they_drain() -> None:
    """B6: the two waits are one figure, or requests are lost in between."""
    proxy = manifests.envoy_proxy(spec(), {})
    notes = proxy["provider"]["kubernetes"]["envoyService"]["annotations"]
    assert notes["service.beta.kubernetes.io/aws-load-balancer-nlb-target-type"] == "ip"
    groups = notes["service.beta.kubernetes.io/aws-load-balancer-target-group-attributes"]
    assert f"deregistration_delay.timeout_seconds={manifests.DRAIN_SECONDS}," in groups
    assert proxy["shutdown"]["drainTimeout"] == f"{manifests.DRAIN_SECONDS}s"


def test_several_proxies_stand_in_different_zones_and_go_one_at_a_time() -> None:
    """B6."""
    kubernetes = manifests.envoy_proxy(spec(replicas=3), {})["provider"]["kubernetes"]
    zone = kubernetes["envoyDeployment"]["pod"]["topologySpreadConstraints"][0]
    assert (zone["topologyKey"], zone["whenUnsatisfiable"]) == (
        "topology.kubernetes.io/zone",
        "DoNotSchedule",
    )
    assert kubernetes["envoyPDB"] == {"maxUnavailable": 1}
    alone = manifests.envoy_proxy(spec(replicas=1), {})["provider"]["kubernetes"]["envoyDeployment"]
    assert alone["pod"]["topologySpreadConstraints"][0]["whenUnsatisfiable"] == "ScheduleAnyway"


def test_proxies_prefer_machines_that_are_not_taken_back() -> None:
    """B6: every request passes them."""
    pod = manifests.envoy_proxy(spec(), {})["provider"]["kubernetes"]["envoyDeployment"]["pod"]
    (term,) = pod["affinity"]["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert term["preference"]["matchExpressions"][0]["values"] == ["on-demand"]


def test_proxies_meet_the_restricted_level() -> None:
    """B6: in their namespace nothing less is admitted."""
    container = manifests.envoy_proxy(spec(), {})["provider"]["kubernetes"]["envoyDeployment"]["container"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert "@sha256:" in container["image"]


def test_access_log_holds_no_query_and_no_secret() -> None:
    """B6: a token in a query or a header would be in every log."""
    (setting,) = manifests.envoy_proxy(spec(), {})["telemetry"]["accessLog"]["settings"]
    logged = " ".join(setting["format"]["json"].values())
    assert "%REQ_WITHOUT_QUERY(:PATH)%" in logged
    assert "%REQ(:PATH)%" not in logged
    assert "AUTHORIZATION" not in logged.upper()


def test_retries_may_be_many_at_once_and_repeat_nothing_that_was_begun() -> None:
    """B6: with Envoy's default of three, two fifths of the requests were lost when one side died."""
    policy = manifests.traffic_policy()
    assert policy["circuitBreaker"]["maxParallelRetries"] == 1024
    assert set(policy["retry"]["retryOn"]["triggers"]) == {
        "connect-failure",
        "refused-stream",
        "reset-before-request",
    }


def test_routes_of_unlabelled_namespaces_are_not_taken() -> None:
    """B6: whoever may write a route may take any path of the host name."""
    (listener,) = manifests.gateway(spec())["listeners"]
    assert listener["allowedRoutes"]["namespaces"] == {
        "from": "Selector",
        "selector": {"matchLabels": manifests.ROUTES},
    }


def test_charts_are_told_what_the_old_systems_and_patches_need() -> None:
    """B6: Backends outside the cluster, and retries that go to the other side."""
    apis = manifests.values(3)["config"]["envoyGateway"]["extensionApis"]
    assert apis == {"enableBackend": True, "enableEnvoyPatchPolicy": True}


def test_balancer_controller_asks_no_machine_and_answers_its_own_class_only() -> None:
    """B6: a pod cannot reach the metadata of its node, and an Ingress would bypass the Gateway."""
    found = balancer.values("c", "vpc-1", "arn:role", region="us-east-1", replicas=2, tags={"a": "b"})
    assert (found["region"], found["vpcId"]) == ("us-east-1", "vpc-1")
    assert not found["enableServiceMutatorWebhook"]
    assert not found["createIngressClassResource"]
    assert found["serviceAccount"]["annotations"] == {"eks.amazonaws.com/role-arn": "arn:role"}


# --- what the controller may do -----------------------------------------------------------------------------

REQUEST, OWN = f"aws:RequestTag/{TAG}", f"aws:ResourceTag/{TAG}"


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("CreateLoadBalancer", "loadbalancer/net/x/1", {REQUEST: "ferry-prod"}),
        ("DeleteLoadBalancer", "loadbalancer/net/x/1", {OWN: "ferry-prod"}),
        ("RegisterTargets", "targetgroup/x/1", {OWN: "ferry-prod"}),
        ("CreateListener", "loadbalancer/net/x/1", {REQUEST: "ferry-prod"}),
    ],
)
def test_controller_may_make_and_keep_its_own(action: str, resource: str, context: dict[str, str]) -> None:
    """B6."""
    assert may(statements(PLACE), f"elasticloadbalancing:{action}", f"{ELB}:{resource}", **context)


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("elasticloadbalancing:CreateLoadBalancer", f"{ELB}:loadbalancer/net/x/1", {}),
        ("elasticloadbalancing:DeleteLoadBalancer", f"{ELB}:loadbalancer/net/x/1", {OWN: "another"}),
        ("elasticloadbalancing:DeleteLoadBalancer", f"{ELB}:loadbalancer/net/x/1", {}),
        ("elasticloadbalancing:CreateLoadBalancer", f"{ELB}:loadbalancer/app/x/1", {REQUEST: "ferry-prod"}),
        ("elasticloadbalancing:RegisterTargets", f"{ELB}:targetgroup/x/1", {OWN: "another"}),
        ("ec2:AuthorizeSecurityGroupIngress", f"{EC2}:security-group/sg-database", {}),
        ("ec2:DeleteSecurityGroup", f"{EC2}:security-group/sg-nodes", {}),
        ("ec2:CreateTags", f"{EC2}:security-group/sg-1", {REQUEST: "ferry-prod"}),
        ("iam:CreateServiceLinkedRole", "arn:aws:iam::123456789012:role/x", {}),
        ("wafv2:DisassociateWebACL", "*", {}),
    ],
)
def test_controller_may_touch_nothing_else(action: str, resource: str, context: dict[str, str]) -> None:
    """B6, A4: another cluster's load balancer, the database's group, an application load balancer."""
    assert not may(statements(PLACE), action, resource, **context)


def switched(*, on: bool) -> Settings:
    """Production's settings with the capability on or off."""
    found = settings("prod")
    return found.model_copy(update={"capabilities": {**found.capabilities, "gateway": on}})


# --- as registered ------------------------------------------------------------------------------------------


def test_destroy_waits_for_the_load_balancer_before_its_controller_goes() -> None:
    """B6: deleted in reverse of these dependencies, no load balancer is left that nobody knows of."""
    found = build(switched(on=True), "prod")
    order = [
        (RELEASE, "gateway-balancer-aws-load-balancer-controller"),
        ("kubernetes:core/v1:Namespace", "gateway-namespace-gateway"),
        (RELEASE, "gateway-envoy-gateway"),
        ("kubernetes:gateway.networking.k8s.io/v1:GatewayClass", "gateway-gatewayclass"),
        ("kubernetes:gateway.networking.k8s.io/v1:Gateway", "gateway-gateway"),
    ]
    made_in_order = [found.one(*item) for item in order]
    for earlier, later in itertools.pairwise(made_in_order):
        assert earlier.urn in later.depends_on, f"{later.name} does not wait for {earlier.name}"


def test_a_gateway_that_is_off_leaves_nothing_behind() -> None:
    """E5."""
    found = build(switched(on=False), "prod")
    assert not [item for item in found.resources if "gateway" in item.name.split("-")]
    assert "gateway" not in found.exports
