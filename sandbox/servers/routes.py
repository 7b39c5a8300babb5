"""The cluster's routing objects as Envoy Gateway takes them from a file. Pure.

Outside a cluster Envoy Gateway reads the same objects from files, but for three things that it knows only
from an API server. Nothing else is changed; ``tests/sandbox/servers/test_routes.py`` compares every field.

- **Addresses.** A Service and its pods become a ``Backend`` of local ports, with the same weight and filters
  on the reference; a ``Backend``'s own endpoints become local ones, a cluster IP among them the Service's
  front (:mod:`sandbox.servers.fronts`).
- **Which namespaces may attach.** Files carry no labels of namespaces, so a listener's selector is applied
  here: routes of other namespaces are left out.
- **Where proxies run.** ``EnvoyProxy.spec.provider`` says this machine instead of a Deployment.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.kubelet.objects import dig
from sandbox.servers.addresses import NOWHERE, Place
from sandbox.servers.fronts import front

Object = dict[str, Any]
Book = Mapping[str, tuple[str, int]]

GATEWAY_API = "gateway.networking.k8s.io"
EXTENSION = "gateway.envoyproxy.io"
ROUTES = ("HTTPRoute", "GRPCRoute")
KINDS: Sequence[tuple[str, str]] = (
    (f"{GATEWAY_API}/v1", "GatewayClass"),
    (f"{GATEWAY_API}/v1", "Gateway"),
    (f"{GATEWAY_API}/v1", "HTTPRoute"),
    (f"{GATEWAY_API}/v1", "GRPCRoute"),
    (f"{GATEWAY_API}/v1beta1", "ReferenceGrant"),
    (f"{EXTENSION}/v1alpha1", "EnvoyProxy"),
    (f"{EXTENSION}/v1alpha1", "Backend"),
    (f"{EXTENSION}/v1alpha1", "BackendTrafficPolicy"),
    (f"{EXTENSION}/v1alpha1", "ClientTrafficPolicy"),
    (f"{EXTENSION}/v1alpha1", "EnvoyPatchPolicy"),
    (f"{EXTENSION}/v1alpha1", "HTTPRouteFilter"),
    (f"{EXTENSION}/v1alpha1", "SecurityPolicy"),
)
"""What Envoy Gateway is told: API version and kind."""
SEEN: Sequence[tuple[str, str]] = (
    ("v1", "Namespace"),
    ("v1", "Service"),
    ("discovery.k8s.io/v1", "EndpointSlice"),
)
"""What addresses and attachment are found with."""
_KEPT_METADATA = ("name", "namespace", "labels", "annotations")
_CLUSTER_DOMAIN = ".svc.cluster.local"


@dataclass(frozen=True)
class Cluster:
    """The cluster's objects by kind, and the address book."""

    objects: Mapping[str, Sequence[Object]]
    book: Book
    envoy: str
    """Version of Envoy here."""

    def of(self, kind: str) -> Sequence[Object]:
        """Objects of a kind."""
        return self.objects.get(kind, ())

    def find(self, kind: str, namespace: str, name: str) -> Object | None:
        """One object."""
        found = (item for item in self.of(kind) if _key(item) == (namespace, name))
        return next(found, None)


def mirrored(cluster: Cluster) -> list[Object]:
    """Every object that Envoy Gateway is given, in a stable order."""
    found: list[Object] = []
    backends: dict[tuple[str, str], Object] = {}
    for _, kind in KINDS:
        for item in sorted(cluster.of(kind), key=_key):
            if kind in ROUTES and not _attached(cluster, item):
                continue
            found.append(_TRANSLATIONS.get(kind, _as_it_is)(cluster, _bare(item), backends))
    return [*found, *(backends[key] for key in sorted(backends))]


def _as_it_is(_: Cluster, item: Object, __: dict[tuple[str, str], Object]) -> Object:
    return item


def _bare(item: Object) -> Object:
    """Without what only the API server writes."""
    meta = {key: item["metadata"][key] for key in _KEPT_METADATA if item["metadata"].get(key)}
    rest = {key: value for key, value in item.items() if key not in {"metadata", "status"}}
    return copy.deepcopy({**rest, "metadata": meta})


# --- where proxies run ------------------------------------------------------------------------------------


def _proxy(cluster: Cluster, item: Object, _: dict[tuple[str, str], Object]) -> Object:
    item["spec"]["provider"] = {"type": "Host", "host": {"envoyVersion": cluster.envoy}}
    return item


# --- who may attach ---------------------------------------------------------------------------------------


def _gateway(_: Cluster, item: Object, __: dict[tuple[str, str], Object]) -> Object:
    for listener in item["spec"]["listeners"]:
        if dig(listener, ("allowedRoutes", "namespaces", "from")) == "Selector":
            listener["allowedRoutes"]["namespaces"] = {"from": "All"}
    return item


def _attached(cluster: Cluster, route: Object) -> bool:
    """Whether a listener that the route names lets its namespace in; other rules stay Envoy Gateway's."""
    namespace = route["metadata"]["namespace"]
    labels = dig(cluster.find("Namespace", "", namespace) or {}, ("metadata", "labels")) or {}
    for parent in route["spec"].get("parentRefs") or []:
        gateway = cluster.find("Gateway", parent.get("namespace", namespace), parent["name"])
        for listener in dig(gateway or {}, ("spec", "listeners")) or []:
            if parent.get("sectionName") in {None, listener["name"]} and _lets_in(listener, labels):
                return True
    return False


def _lets_in(listener: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """The selector of a listener; what is not a selector is left to Envoy Gateway."""
    namespaces = dig(listener, ("allowedRoutes", "namespaces")) or {}
    if namespaces.get("from") != "Selector":
        return True
    selector = namespaces.get("selector") or {}
    if selector.get("matchExpressions"):
        raise NotImplementedError(
            "a listener selects namespaces by matchExpressions, which the rehearsal's mirror does not judge; "
            "use matchLabels, or add them to sandbox/servers/routes.py"
        )
    wanted: Mapping[str, str] = selector.get("matchLabels") or {}
    return all(labels.get(key) == value for key, value in wanted.items())


# --- addresses --------------------------------------------------------------------------------------------


def _route(cluster: Cluster, item: Object, backends: dict[tuple[str, str], Object]) -> Object:
    namespace = item["metadata"]["namespace"]
    for rule in item["spec"].get("rules") or []:
        filters = [*(rule.get("filters") or [])]
        for reference in rule.get("backendRefs") or []:
            filters += reference.get("filters") or []
            _refer(cluster, reference, namespace, backends)
        for entry in filters:
            if "requestMirror" in entry:
                _refer(cluster, entry["requestMirror"]["backendRef"], namespace, backends)
    return item


def _refer(
    cluster: Cluster, reference: Object, namespace: str, backends: dict[tuple[str, str], Object]
) -> None:
    """Let a reference to a Service mean a Backend at the same place."""
    if reference.get("kind", "Service") != "Service":
        return
    home, name, port = reference.get("namespace", namespace), reference["name"], int(reference["port"])
    stand_in = f"service-{name}-{port}"
    backends[home, stand_in] = {
        "apiVersion": f"{EXTENSION}/v1alpha1",
        "kind": "Backend",
        "metadata": {"name": stand_in, "namespace": home},
        "spec": {"endpoints": _endpoints(service_addresses(cluster, home, name, port))},
    }
    reference.update(group=EXTENSION, kind="Backend", name=stand_in)
    del reference["port"]


def _backend(cluster: Cluster, item: Object, _: dict[tuple[str, str], Object]) -> Object:
    found = []
    for endpoint in item["spec"].get("endpoints") or []:
        address = endpoint.pop("fqdn", None) or endpoint.pop("ip", None) or {}
        host, port = str(address.get("hostname") or address.get("address")), int(address.get("port", 0))
        found += [{**endpoint, **local} for local in _endpoints(_host_addresses(cluster, host, port))]
    item["spec"]["endpoints"] = found
    return item


def _grant(_: Cluster, item: Object, __: dict[tuple[str, str], Object]) -> Object:
    """Leave to refer to a Service is leave to refer to the Backend that stands for it."""
    for entry in item["spec"]["to"]:
        if (entry.get("group", ""), entry["kind"]) == ("", "Service"):
            entry.update(group=EXTENSION, kind="Backend")
            if "name" in entry:
                del entry["name"]
    return item


def _host_addresses(cluster: Cluster, host: str, port: int) -> list[tuple[str, int]]:
    if host.endswith(_CLUSTER_DOMAIN) or host.endswith(".svc"):
        name, _, rest = host.partition(".")
        return service_addresses(cluster, rest.partition(".")[0], name, port)
    if any(dig(service, ("spec", "clusterIP")) == host for service in cluster.of("Service")):
        return [(front(host), port)]  # not its pods': Envoy keeps an address in one priority only
    known = cluster.book.get(str(Place("host", "", host, port)))
    return [known] if known else []


def fronts(cluster: Cluster) -> dict[tuple[str, int], list[tuple[str, int]]]:
    """Pods' local addresses by a Service's own, of each Service that a Backend names by its cluster IP."""
    asked = {
        (str(dig(endpoint, ("ip", "address"))), int(dig(endpoint, ("ip", "port")) or 0))
        for backend in cluster.of("Backend")
        for endpoint in backend["spec"].get("endpoints") or []
    }
    homes = {dig(service, ("spec", "clusterIP")): _key(service) for service in cluster.of("Service")}
    return {
        (front(address), port): sorted(set(service_addresses(cluster, *homes[address], port)))
        for address, port in asked
        if address in homes
    }


def service_addresses(cluster: Cluster, namespace: str, name: str, port: int) -> list[tuple[str, int]]:
    """Local addresses of a Service's ready pods; a pod without a process here is nowhere."""
    whole = cluster.book.get(str(Place("service", namespace, name, port)))
    if whole:
        return [whole]
    service = cluster.find("Service", namespace, name)
    ports = [item for item in dig(service or {}, ("spec", "ports")) or [] if item["port"] == port]
    if not ports:
        return []
    found = []
    for piece in cluster.of("EndpointSlice"):
        labels = piece["metadata"].get("labels") or {}
        if (piece["metadata"]["namespace"], labels.get("kubernetes.io/service-name")) == (namespace, name):
            found += list(_slice_addresses(cluster, piece, ports[0].get("name") or ""))
    return found


def _slice_addresses(cluster: Cluster, piece: Object, port: str) -> Iterable[tuple[str, int]]:
    numbers = [int(item["port"]) for item in piece.get("ports") or [] if (item.get("name") or "") == port]
    for endpoint in piece.get("endpoints") or []:
        pod = endpoint.get("targetRef") or {}
        if dig(endpoint, ("conditions", "ready")) is False or pod.get("kind") != "Pod":
            continue
        for number in numbers:
            place = Place("pod", pod["namespace"], pod["name"], number)
            yield cluster.book.get(str(place), NOWHERE)


def _endpoints(found: Sequence[tuple[str, int]]) -> list[Object]:
    """As a Backend names them; nobody at all is nowhere, because a Backend has at least one."""
    return [{"ip": {"address": host, "port": port}} for host, port in sorted(set(found)) or [NOWHERE]]


def _key(item: Object) -> tuple[str, str]:
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]


_TRANSLATIONS = {
    "EnvoyProxy": _proxy,
    "Gateway": _gateway,
    "HTTPRoute": _route,
    "GRPCRoute": _route,
    "Backend": _backend,
    "ReferenceGrant": _grant,
}
