"""Objects of one workload that crosses, in a real API server: what Pulumi and a cluster would write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from infra.gateway import manifests
from infra.specs.gateway import GatewaySpec
from sandbox.controlplane.client import Client
from sandbox.servers.addresses import Addresses, Place
from sandbox.servers.routes import KINDS
from sandbox.toolchain.table import GATEWAY_CRDS, Tool
from sandbox.worldspec import WorldSpec
from workloads.catalogue import CATALOGUE
from workloads.patterns import migration, pods, routes
from workloads.patterns.migration import EvidencePlace, Migration, Way
from workloads.patterns.programs import COPIES, HTTP
from workloads.spec import OnlineSlo, Slo
from workloads.stages import Recorded
from workloads.state import Slot, Stage

Object = dict[str, Any]

WORKLOAD = "fraud-detection"
BUCKET, ACCOUNT, REGION = "evidence", "123456789012", "us-east-1"
NETWORK, MASK = "10.77.0.1", "255.255.255.0"
PODS = {"legacy": "10.77.0.11", "blue": "10.77.0.21", "green": "10.77.0.22", "proxy": "10.77.0.31"}
"""Addresses of pods; each is one that a process here listens at."""
PATIENT = Slo(online=OnlineSlo(p99_ms=2_000.0, error_rate=0.001))
"""Latency is not judged with it: two busy cores would decide that."""
GATEWAY = GatewaySpec(
    envoy_image=f"docker.io/envoyproxy/envoy@sha256:{'0' * 64}",  # nothing pulls it: Envoy is a process here
    allowed_cidrs=["10.0.0.0/8"],
    hostname="ml.example.com",
    certificate_arn="arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000",
)
_WANTED = {kind for _, kind in KINDS}


def told(stage: Stage, ceiling: int | None, epoch: int = 1, slo: Slo = PATIENT) -> Migration:
    """What Pulumi says of the workload."""
    parent = {"name": manifests.NAME, "namespace": manifests.NAMESPACE, "sectionName": manifests.LISTENER}
    found = migration.migration(
        CATALOGUE[WORKLOAD],
        Recorded(stage=stage, ceiling=ceiling, epoch=epoch),
        "dev",
        Way(hostname=GATEWAY.hostname, parent=parent),
        EvidencePlace(bucket=BUCKET, owner=ACCOUNT, key="alias/evidence", region=REGION),
    )
    legacy = found.legacy.model_copy(update={"timeout_ms": 5_000})
    return found.model_copy(update={"slo": slo, "legacy": legacy})


def definitions(spec: WorldSpec, client: Client) -> None:
    """Gateway API's and Envoy Gateway's, as its chart brings them."""
    for path in (spec.tools[Tool.ENVOY_GATEWAY].parent / GATEWAY_CRDS).glob("*.yaml"):
        for item in yaml.load_all(path.read_text(), yaml.CSafeLoader):
            if item and item["spec"].get("names", {}).get("kind") in _WANTED:
                client.apply(item)


@dataclass
class Estate:
    """The workload's namespace and the Gateway's.

    Attributes:
        parts: those that have a pod.
    """

    spec: WorldSpec
    client: Client
    parts: tuple[str, ...] = ("legacy", "blue")

    def build(self, now: Migration) -> None:
        """Everything but the overlay, which is the guard's."""
        names = now.names
        for name, labels in ((manifests.NAMESPACE, {}), (names.namespace, manifests.ROUTES)):
            self._apply("v1", "Namespace", {"name": name, "labels": dict(labels)})
        self._way_in()
        for part in ("legacy", *Slot):
            self._service(now, part)
        self.tell(now)
        policy = {"spec": routes.policy(now)}
        self._apply(
            f"{manifests.EXTENSION}/v1alpha1", "BackendTrafficPolicy", self._meta(now, names.base), **policy
        )

    def tell(self, now: Migration) -> None:
        """What a `pulumi up` writes about the stage."""
        self._apply(routes.API_VERSION, routes.KIND, self._meta(now, now.names.base), spec=routes.base(now))
        self._apply("v1", "ConfigMap", self._meta(now, now.names.migration), data=migration.data(now))

    def _way_in(self) -> None:
        meta = {"name": manifests.NAME, "namespace": manifests.NAMESPACE}
        own, api = f"{manifests.EXTENSION}/v1alpha1", f"{manifests.API}/v1"
        self._apply(own, "EnvoyProxy", meta, spec=manifests.envoy_proxy(GATEWAY, {}))
        self._apply(api, "GatewayClass", {"name": manifests.NAME}, spec=manifests.gateway_class())
        self._apply(api, "Gateway", meta, spec=manifests.gateway(GATEWAY))
        self._apply(own, "BackendTrafficPolicy", meta, spec=manifests.traffic_policy())
        labels = {f"{manifests.EXTENSION}/owning-gateway-name": manifests.NAME}
        self._slice(
            {"name": "proxies", "namespace": manifests.NAMESPACE, "labels": labels},
            PODS["proxy"],
            {"statistics": 19001},
        )

    def _service(self, now: Migration, part: str) -> None:
        name, namespace = f"{now.workload}-{part}", now.names.namespace
        self._apply("v1", "Service", self._meta(now, name), spec=pods.service(now.names.labels(part)))
        address = self.client.get("v1", "Service", name, namespace)["spec"]["clusterIP"]  # type: ignore[index]
        version, second = f"{manifests.EXTENSION}/v1alpha1", now.names.second(name)
        self._apply(version, "Backend", self._meta(now, second), spec=routes.backend(address))
        if part in self.parts:
            labels = {"kubernetes.io/service-name": name}
            ports = {"http": HTTP, "copies": COPIES}
            self._slice({"name": f"{name}-x", "namespace": namespace, "labels": labels}, PODS[part], ports)
            for port in ports.values():
                Addresses.of(self.spec).put(Place("pod", namespace, f"{name}-x", port), port, PODS[part])

    def _slice(self, meta: Object, address: str, ports: dict[str, int]) -> None:
        pod = {"kind": "Pod", "namespace": meta["namespace"], "name": meta["name"]}
        ready = {"addresses": [address], "conditions": {"ready": True}, "targetRef": pod}
        named = [{"name": name, "port": port} for name, port in ports.items()]
        more = {"addressType": "IPv4", "ports": named, "endpoints": [ready]}
        self._apply("discovery.k8s.io/v1", "EndpointSlice", meta, **more)

    def _meta(self, now: Migration, name: str) -> Object:
        return {"name": name, "namespace": now.names.namespace}

    def _apply(self, version: str, kind: str, meta: Object, **more: Any) -> None:
        self.client.apply({"apiVersion": version, "kind": kind, "metadata": meta, **more})
