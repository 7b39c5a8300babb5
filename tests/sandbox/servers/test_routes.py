"""What Envoy Gateway is told is what the cluster holds, but for addresses (B6).

Pure: it proves the translation. That the real Envoy Gateway takes it, and the real Envoy routes by it, is not
proved here.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from infra.gateway import manifests
from infra.specs.gateway import GatewaySpec
from sandbox.servers.addresses import NOWHERE, Addresses, Place
from sandbox.servers.routes import Cluster, fronts, mirrored, service_addresses
from tests.infra.environments import settings

Object = dict[str, Any]
ENVOY = "1.40.0"
GATEWAY_API, EXTENSION = "gateway.networking.k8s.io", "gateway.envoyproxy.io"


def spec() -> GatewaySpec:
    """Production's."""
    found = settings("prod").services.gateway
    assert found is not None
    return found


def item(kind: str, name: str, body: Object, namespace: str = "serving", **meta: Any) -> Object:
    version = f"{EXTENSION}/v1alpha1" if kind in {"Backend", "EnvoyProxy", "BackendTrafficPolicy"} else None
    version = version or {"Service": "v1", "Namespace": "v1"}.get(kind, f"{GATEWAY_API}/v1")
    metadata = {"name": name, "namespace": namespace, **meta} if namespace else {"name": name, **meta}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **body}


def service(name: str, *ports: int) -> Object:
    return item("Service", name, {"spec": {"ports": [{"name": f"p{port}", "port": port} for port in ports]}})


def piece(service_name: str, pods: dict[str, bool], port: int, target: int) -> Object:
    endpoints = [
        {
            "addresses": ["10.20.0.9"],
            "conditions": {"ready": ready},
            "targetRef": {"kind": "Pod", "namespace": "serving", "name": pod},
        }
        for pod, ready in pods.items()
    ]
    meta = {"labels": {"kubernetes.io/service-name": service_name}}
    body = {"endpoints": endpoints, "ports": [{"name": f"p{port}", "port": target}]}
    return {**item("EndpointSlice", f"{service_name}-1", body), "metadata": {"namespace": "serving", **meta}}


ROUTE = item(
    "HTTPRoute",
    "churn",
    {
        "spec": {
            "parentRefs": [{"name": "ferry", "namespace": "gateway", "sectionName": "https"}],
            "hostnames": ["ml.example.com"],
            "rules": [
                {
                    "matches": [{"path": {"type": "PathPrefix", "value": "/v2/models/churn"}}],
                    "timeouts": {"request": "5s"},
                    "filters": [
                        {
                            "type": "RequestMirror",
                            "requestMirror": {"backendRef": {"name": "shadow", "port": 80}},
                        }
                    ],
                    "backendRefs": [
                        {
                            "name": "blue",
                            "port": 80,
                            "weight": 75,
                            "filters": [
                                {
                                    "type": "RequestHeaderModifier",
                                    "requestHeaderModifier": {"set": [{"name": "x-slot", "value": "blue"}]},
                                }
                            ],
                        },
                        {"name": "green", "port": 80, "weight": 25},
                        {"group": EXTENSION, "kind": "Backend", "name": "legacy", "weight": 0},
                    ],
                }
            ],
        },
        "status": {"parents": []},
    },
    resourceVersion="7",
    managedFields=[{}],
)
LEGACY = item(
    "Backend",
    "legacy",
    {
        "spec": {
            "fallback": True,
            "endpoints": [{"hostname": "old", "fqdn": {"hostname": "old.example.com", "port": 443}}],
        }
    },
)
NAMESPACE = item("Namespace", "serving", {}, "", labels=manifests.ROUTES)


def cluster(*more: Object, namespaces: tuple[Object, ...] = (NAMESPACE,)) -> Cluster:
    objects = [
        item("GatewayClass", "ferry", {"spec": manifests.gateway_class()}, ""),
        item("Gateway", "ferry", {"spec": manifests.gateway(spec())}, "gateway"),
        item("EnvoyProxy", "ferry", {"spec": manifests.envoy_proxy(spec(), {"a": "b"})}, "gateway"),
        item("BackendTrafficPolicy", "ferry", {"spec": manifests.traffic_policy()}, "gateway"),
        ROUTE,
        LEGACY,
        service("blue", 80),
        piece("blue", {"blue-1": True, "blue-2": False}, 80, 8000),
        *namespaces,
        *more,
    ]
    kinds = {found["kind"] for found in objects}
    by_kind = {kind: [found for found in objects if found["kind"] == kind] for kind in kinds}
    book = {
        "pod/serving/blue-1:8000": ("127.0.0.1", 40001),
        "pod/serving/blue-2:8000": ("127.0.0.1", 40002),
        "host//old.example.com:443": ("127.0.0.1", 40003),
    }
    return Cluster(by_kind, book, ENVOY)


def found(kind: str, name: str, told: list[Object]) -> Object:
    (one,) = [entry for entry in told if (entry["kind"], entry["metadata"]["name"]) == (kind, name)]
    return one


def untranslated(told: Object) -> Object:
    """The object with the translated places as they were: what is left has to be equal."""
    told = copy.deepcopy(told)
    body = told["spec"]
    if told["kind"] == "EnvoyProxy":
        body["provider"] = manifests.envoy_proxy(spec(), {"a": "b"})["provider"]
    if told["kind"] == "Gateway":
        selector = manifests.gateway(spec())["listeners"][0]["allowedRoutes"]["namespaces"]
        body["listeners"][0]["allowedRoutes"]["namespaces"] = selector
    if told["kind"] == "Backend":
        body["endpoints"] = LEGACY["spec"]["endpoints"]
    for rule in body.get("rules", []):
        mirrors = [entry["requestMirror"]["backendRef"] for entry in rule.get("filters", [])]
        for reference in [*rule["backendRefs"], *mirrors]:
            if reference["name"].startswith("service-"):
                del reference["group"], reference["kind"]
                reference.update(name=reference["name"].split("-")[1], port=80)
    return told


@pytest.mark.parametrize(
    "kind", ["GatewayClass", "Gateway", "EnvoyProxy", "BackendTrafficPolicy", "HTTPRoute", "Backend"]
)
def test_every_field_but_addresses_is_the_clusters_own(kind: str) -> None:
    """B6: weights, matches, filters, timeouts, policies: what is rehearsed is what was applied."""
    world = cluster()
    (held,) = world.of(kind)
    told = found(kind, held["metadata"]["name"], mirrored(world))
    kept = {key: held["metadata"][key] for key in ("name", "namespace") if key in held["metadata"]}
    expected = {key: value for key, value in held.items() if key != "status"} | {"metadata": kept}
    assert untranslated(told) == expected


def test_nothing_is_told_that_the_cluster_does_not_hold() -> None:
    """B6: but a Backend for each Service that a route refers to."""
    told = [(entry["kind"], entry["metadata"]["name"]) for entry in mirrored(cluster())]
    held = ["GatewayClass", "Gateway", "EnvoyProxy", "BackendTrafficPolicy", "HTTPRoute", "Backend"]
    stand_ins = {f"service-{name}-80" for name in ("blue", "green", "shadow")}
    assert {kind for kind, _ in told} == set(held)
    assert {name for _, name in told} == {"ferry", "churn", "legacy"} | stand_ins
    assert len(told) == len(set(told))


def test_only_ready_pods_are_sent_to() -> None:
    """B6."""
    assert service_addresses(cluster(), "serving", "blue", 80) == [("127.0.0.1", 40001)]


def test_what_nobody_serves_here_refuses_and_is_never_somewhere_else() -> None:
    """B6: a pod's own address could be anybody's outside the rehearsal."""
    world = cluster(service("green", 80), piece("green", {"green-1": True}, 80, 8000))
    backend = found("Backend", "service-green-80", mirrored(world))
    assert backend["spec"]["endpoints"] == [{"ip": {"address": NOWHERE[0], "port": NOWHERE[1]}}]
    shadow = found("Backend", "service-shadow-80", mirrored(world))
    assert shadow["spec"]["endpoints"] == [{"ip": {"address": NOWHERE[0], "port": NOWHERE[1]}}]


def test_old_system_is_found_by_its_host_name_or_as_a_service() -> None:
    """B6: the adapters' Backends name either."""
    assert found("Backend", "legacy", mirrored(cluster()))["spec"]["endpoints"] == [
        {"hostname": "old", "ip": {"address": "127.0.0.1", "port": 40003}}
    ]
    adapter = item(
        "Backend",
        "adapter",
        {"spec": {"endpoints": [{"fqdn": {"hostname": "blue.serving.svc.cluster.local", "port": 80}}]}},
    )
    told = found("Backend", "adapter", mirrored(cluster(adapter)))
    assert told["spec"]["endpoints"] == [{"ip": {"address": "127.0.0.1", "port": 40001}}]


def test_routes_of_namespaces_without_the_label_are_left_out() -> None:
    """B6: as Envoy Gateway does where it can read labels."""
    stranger = item("Namespace", "serving", {}, "", labels={"ferry.dev/routes": "no"})
    assert "HTTPRoute" not in {entry["kind"] for entry in mirrored(cluster(namespaces=(stranger,)))}


def test_selector_that_the_mirror_cannot_judge_is_an_error() -> None:
    """B6: not a route that is silently let in."""
    world = cluster()
    (gateway,) = world.of("Gateway")
    gateway["spec"]["listeners"][0]["allowedRoutes"]["namespaces"]["selector"] = {"matchExpressions": [{}]}
    with pytest.raises(NotImplementedError, match=r"matchExpressions.*use matchLabels"):
        mirrored(world)


def test_leave_to_refer_to_a_service_is_leave_to_refer_to_its_stand_in() -> None:
    """B6."""
    grant = item(
        "ReferenceGrant",
        "from-gateway",
        {
            "spec": {
                "from": [{"group": GATEWAY_API, "kind": "HTTPRoute", "namespace": "other"}],
                "to": [{"group": "", "kind": "Service", "name": "blue"}],
            }
        },
    )
    told = found("ReferenceGrant", "from-gateway", mirrored(cluster(grant)))
    assert told["spec"]["to"] == [{"group": EXTENSION, "kind": "Backend"}]
    assert told["spec"]["from"] == grant["spec"]["from"]


def test_address_book_is_shared_and_forgets(tmp_path: Any) -> None:
    """B6."""
    place = Place("pod", "serving", "blue-1", 8000)
    Addresses(tmp_path / "a.json").put(place, 40001)
    assert Addresses(tmp_path / "a.json").all() == {"pod/serving/blue-1:8000": ("127.0.0.1", 40001)}
    Addresses(tmp_path / "a.json").drop(place)
    assert Addresses(tmp_path / "a.json").all() == {}


def test_a_backend_with_a_services_address_keeps_an_address_of_its_own() -> None:
    """C8: the second choice of a workload's routes is a Service by its cluster IP, which is not its pods'."""
    held = service("blue", 80)
    held["spec"]["clusterIP"] = "172.20.0.7"
    endpoints = [{"ip": {"address": "172.20.0.7", "port": 80}}]
    second = item("Backend", "blue-second", {"spec": {"fallback": True, "endpoints": endpoints}})
    world = cluster(second)
    seen = Cluster({**world.objects, "Service": [held]}, world.book, ENVOY)
    told = found("Backend", "blue-second", mirrored(seen))
    own = ("127.148.0.7", 80)
    assert told["spec"] == {"fallback": True, "endpoints": [{"ip": {"address": own[0], "port": own[1]}}]}
    assert fronts(seen) == {own: [("127.0.0.1", 40001)]}, "behind it are the pods"
    assert fronts(cluster()) == {}, "a Service that nobody names by its address needs none"
