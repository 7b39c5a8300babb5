"""Objects as the API server would hold them: what the program writes, and what a cluster adds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from infra.gateway import manifests
from infra.specs.gateway import GatewaySpec
from sandbox.worldspec import WorldSpec

Object = dict[str, Any]

GATEWAY = GatewaySpec(
    envoy_image=f"docker.io/envoyproxy/envoy@sha256:{'0' * 64}",
    allowed_cidrs=["10.0.0.0/8"],
    hostname="ml.example.com",
    certificate_arn="arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000",
)
PARENT = {"name": manifests.NAME, "namespace": manifests.NAMESPACE, "sectionName": manifests.LISTENER}


def of(weights: dict[str, int], to_model: Object) -> dict[str, list[Object]]:
    """The Gateway, its defaults, a route over two slots, a route to a model, and their Services."""
    slots = {
        "parentRefs": [PARENT],
        "hostnames": [GATEWAY.hostname],
        "rules": [
            {
                "matches": [{"path": {"type": "PathPrefix", "value": "/slot"}}],
                "backendRefs": [
                    {"name": name, "port": 80, "weight": share} for name, share in weights.items()
                ],
            }
        ],
    }
    found = [
        _own("GatewayClass", manifests.gateway_class(), namespace=""),
        _own("Gateway", manifests.gateway(GATEWAY)),
        _own("EnvoyProxy", manifests.envoy_proxy(GATEWAY, {})),
        _own("BackendTrafficPolicy", manifests.traffic_policy()),
        _own("HTTPRoute", slots, "slots", "serving"),
        _own("HTTPRoute", to_model, "churn", "serving"),
        {"kind": "Namespace", "metadata": {"name": "serving", "labels": manifests.ROUTES}},
        *(piece for name in (*weights, "churn") for piece in _service(name)),
    ]
    kinds = {item["kind"] for item in found}
    return {kind: [item for item in found if item["kind"] == kind] for kind in kinds}


def _own(kind: str, spec: Object, name: str = manifests.NAME, namespace: str = manifests.NAMESPACE) -> Object:
    extension = kind in {"EnvoyProxy", "BackendTrafficPolicy"}
    version = f"{manifests.EXTENSION}/v1alpha1" if extension else f"{manifests.API}/v1"
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def _service(name: str) -> list[Object]:
    """A Service with one ready pod, as the endpoints controller writes it."""
    port = {"name": "http", "port": 80, "targetPort": "http"}
    meta = {"namespace": "serving", "labels": {"kubernetes.io/service-name": name}}
    pod = {"kind": "Pod", "namespace": "serving", "name": f"{name}-1"}
    return [
        {"kind": "Service", "metadata": {"name": name, "namespace": "serving"}, "spec": {"ports": [port]}},
        {
            "kind": "EndpointSlice",
            "metadata": {**meta, "name": f"{name}-x"},
            "ports": [{"name": "http", "port": 8000}],
            "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}, "targetRef": pod}],
        },
    ]


def world(state: Path, tools: dict[str, Path], aws: str) -> WorldSpec:
    """A world with tools and an emulated AWS, and no cluster."""
    return WorldSpec(
        state=state,
        region="us-east-1",
        account="123456789012",
        cluster_name="ferry-test",
        aws_endpoint=aws,
        apiserver="https://127.0.0.1:9",
        ca_file=state / "none",
        admin_token="none",  # noqa: S106 - there is no server
        admin_kubeconfig=state / "none",
        issuer="https://none",
        tools=tools,
    )
