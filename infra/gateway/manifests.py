"""The objects of the way in, and its charts' values; pure.

TLS ends at the network load balancer, with a certificate of ACM: AWS renews it, and its key never enters the
cluster. From there to the proxies it is HTTP inside the VPC, on the port that callers know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.specs.gateway import GatewaySpec

NAMESPACE = "gateway"
NAME = "ferry"
"""Of the GatewayClass, the Gateway, its EnvoyProxy and the policies on it."""
LISTENER = "https"
PORT = 443
CONTROLLER = "gateway.envoyproxy.io/gatewayclass-controller"
"""What Envoy Gateway answers to."""
API = "gateway.networking.k8s.io"
EXTENSION = "gateway.envoyproxy.io"
ROUTES = {"ferry.dev/routes": "allowed"}
"""Label of namespaces whose routes may use the Gateway."""
PARALLEL_RETRIES = 1024
"""How many retries may be under way at once. Envoy's default of 3 lost 40% of the requests when one of two
sides died (measured); 1,024 lost none."""
TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
"""AWS's policy of TLS 1.2 and 1.3 with forward secrecy."""
DRAIN_SECONDS = 60
"""How long a proxy that goes finishes what it has begun; as long as the load balancer lets go of it."""
_AWS = "service.beta.kubernetes.io/aws-load-balancer"
_ZONE = "topology.kubernetes.io/zone"
_HOST = "kubernetes.io/hostname"
_PROXIES = {f"{EXTENSION}/owning-gateway-name": NAME}
"""Labels that Envoy Gateway puts on the proxies' pods."""
_CONTAINER_SECURITY = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def values(replicas: int) -> dict[str, Any]:
    """Values of the chart ``gateway-helm``; no secrets.

    Backends outside the cluster and patches of what Envoy is told are switched on: the old systems are the
    first, and retrying on the other side when one dies needs the second.
    """
    spread = {"maxSkew": 1, "topologyKey": _ZONE, "whenUnsatisfiable": "ScheduleAnyway"}
    return {
        "deployment": {
            "replicas": min(replicas, 2),
            "pod": {
                "topologySpreadConstraints": [
                    {**spread, "labelSelector": {"matchLabels": {"control-plane": "envoy-gateway"}}}
                ]
            },
        },
        "podDisruptionBudget": {"minAvailable": min(replicas, 2) - 1},
        "config": {
            "envoyGateway": {
                "gateway": {"controllerName": CONTROLLER},
                "provider": {"type": "Kubernetes"},
                "logging": {"level": {"default": "info"}},
                "extensionApis": {"enableBackend": True, "enableEnvoyPatchPolicy": True},
            }
        },
    }


def gateway_class() -> dict[str, Any]:
    """Spec of the GatewayClass: Envoy Gateway, with our proxies."""
    reference = {"group": EXTENSION, "kind": "EnvoyProxy", "name": NAME, "namespace": NAMESPACE}
    return {"controllerName": CONTROLLER, "parametersRef": reference}


def gateway(spec: GatewaySpec) -> dict[str, Any]:
    """Spec of the Gateway: one listener, for routes of namespaces that are labelled for it."""
    listener = {
        "name": LISTENER,
        "protocol": "HTTP",  # TLS ended at the load balancer
        "port": PORT,
        "hostname": spec.hostname,
        "allowedRoutes": {
            "namespaces": {"from": "Selector", "selector": {"matchLabels": ROUTES}},
            "kinds": [{"group": API, "kind": kind} for kind in ("HTTPRoute", "GRPCRoute")],
        },
    }
    return {"gatewayClassName": NAME, "listeners": [listener]}


def envoy_proxy(spec: GatewaySpec, tags: Mapping[str, str]) -> dict[str, Any]:
    """Spec of the EnvoyProxy: how many proxies, where, and the load balancer before them."""
    return {
        "provider": {
            "type": "Kubernetes",
            "kubernetes": {
                "envoyDeployment": _deployment(spec),
                "envoyPDB": {"maxUnavailable": 1},
                "envoyService": _service(spec, tags),
            },
        },
        "shutdown": {"drainTimeout": f"{DRAIN_SECONDS}s", "minDrainDuration": "15s"},
        "logging": {"level": {"default": "warn"}},
        "telemetry": {
            "accessLog": {"settings": [_access_log()]},
            # All backends of a route share one cluster of Envoy's, or there would be no second choice among
            # them: only per endpoint can a guard see that one side's tries fail while callers see none.
            "metrics": {"prometheus": {}, "enablePerEndpointStats": True},
        },
    }


def service_annotations(spec: GatewaySpec, tags: Mapping[str, str]) -> dict[str, str]:
    """What the AWS Load Balancer Controller reads from the proxies' Service."""
    return {
        f"{_AWS}-nlb-target-type": "ip",
        f"{_AWS}-scheme": spec.scheme,
        f"{_AWS}-backend-protocol": "tcp",
        f"{_AWS}-ssl-ports": str(PORT),
        f"{_AWS}-ssl-cert": spec.certificate_arn,
        f"{_AWS}-ssl-negotiation-policy": TLS_POLICY,
        f"{_AWS}-alpn-policy": "HTTP2Preferred",
        f"{_AWS}-attributes": "load_balancing.cross_zone.enabled=true",
        f"{_AWS}-target-group-attributes": (
            f"deregistration_delay.timeout_seconds={DRAIN_SECONDS},preserve_client_ip.enabled=true"
        ),
        f"{_AWS}-additional-resource-tags": ",".join(f"{key}={value}" for key, value in sorted(tags.items())),
    }


def traffic_policy() -> dict[str, Any]:
    """Spec of the BackendTrafficPolicy of the whole Gateway; a route's own policy replaces it.

    Only what certainly was not begun is retried: a connection that could not be made, a stream that was
    refused, one that was reset before its request went out. Whoever may retry more says so on his route.
    """
    limits = ("maxConnections", "maxPendingRequests", "maxParallelRequests", "maxParallelRetries")
    return {
        "targetRefs": [{"group": API, "kind": "Gateway", "name": NAME}],
        "retry": {
            "numRetries": 2,
            "numAttemptsPerPriority": 1,
            "retryOn": {"triggers": ["connect-failure", "refused-stream", "reset-before-request"]},
        },
        "circuitBreaker": dict.fromkeys(limits, PARALLEL_RETRIES),
        "loadBalancer": {"type": "LeastRequest"},
        "tcpKeepalive": {"idleTime": "60s", "interval": "15s", "probes": 3},
    }


def _deployment(spec: GatewaySpec) -> dict[str, Any]:
    selector = {"matchLabels": _PROXIES}
    hard = "DoNotSchedule" if spec.replicas > 1 else "ScheduleAnyway"
    return {
        "replicas": spec.replicas,
        "container": {
            "image": spec.envoy_image,
            "resources": {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}},
            "securityContext": _CONTAINER_SECURITY,
        },
        "pod": {
            "affinity": {"nodeAffinity": _lasting_nodes()},
            "topologySpreadConstraints": [
                {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": when, "labelSelector": selector}
                for key, when in ((_ZONE, hard), (_HOST, "ScheduleAnyway"))
            ],
        },
    }


def _lasting_nodes() -> dict[str, Any]:
    """Every request passes here: not on spot machines, as long as there are others."""
    wanted = {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["on-demand"]}
    preferred = {"weight": 100, "preference": {"matchExpressions": [wanted]}}
    return {"preferredDuringSchedulingIgnoredDuringExecution": [preferred]}


def _service(spec: GatewaySpec, tags: Mapping[str, str]) -> dict[str, Any]:
    return {
        "type": "LoadBalancer",
        "loadBalancerClass": "service.k8s.aws/nlb",
        "loadBalancerSourceRanges": list(spec.allowed_cidrs),
        "allocateLoadBalancerNodePorts": False,
        "externalTrafficPolicy": "Cluster",
        "annotations": service_annotations(spec, tags),
    }


def _access_log() -> dict[str, Any]:
    """One line of JSON for each request; no query, no header of the caller but its request id."""
    fields = {
        "time": "%START_TIME%",
        "method": "%REQ(:METHOD)%",
        "path": "%REQ_WITHOUT_QUERY(:PATH)%",
        "host": "%REQ(:AUTHORITY)%",
        "status": "%RESPONSE_CODE%",
        "flags": "%RESPONSE_FLAGS%",
        "duration_ms": "%DURATION%",
        "upstream": "%UPSTREAM_HOST%",
        "cluster": "%UPSTREAM_CLUSTER%",
        "route": "%ROUTE_NAME%",
        "request_id": "%REQ(X-REQUEST-ID)%",
    }
    sink = {"type": "File", "file": {"path": "/dev/stdout"}}
    return {"format": {"type": "JSON", "json": fields}, "sinks": [sink]}
