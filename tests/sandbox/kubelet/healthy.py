"""One small healthy cluster that holds every kind of reference once: the material of the broken twins."""

from __future__ import annotations

from typing import Any

IMAGE = "registry.example/api@sha256:" + "a" * 64
ROLE = "arn:aws:iam::123456789012:role/ferry-dev-api"


def healthy() -> list[dict[str, Any]]:
    """A cluster in which a kubelet finds everything it looks for."""
    return [
        named("v1", "Namespace", "web", spec={}),
        named("v1", "ServiceAccount", "api", "web", annotations={"eks.amazonaws.com/role-arn": ROLE}),
        named("v1", "Secret", "db", "web", data={"password": "", "ca": ""}),
        named("v1", "Secret", "pull", "web", data={}),
        named("v1", "Secret", "tls", "web", data={}),
        named("v1", "ConfigMap", "settings", "web", data={"mode": "", "file": ""}),
        named("storage.k8s.io/v1", "StorageClass", "gp3", annotations=DEFAULT),
        named("v1", "PersistentVolume", "pv-1"),
        named(
            "v1",
            "PersistentVolumeClaim",
            "cache",
            "web",
            spec={"storageClassName": "gp3", "volumeName": "pv-1"},
        ),
        named("v1", "PersistentVolumeClaim", "scratch", "web", spec={}),
        named("scheduling.k8s.io/v1", "PriorityClass", "serving"),
        named("node.k8s.io/v1", "RuntimeClass", "nvidia"),
        named("apps/v1", "Deployment", "api", "web", spec={"template": _template()}),
        named("apps/v1", "StatefulSet", "store", "web", spec=_store()),
        *_network(),
        *_rules(),
        *_karpenter(),
    ]


DEFAULT = {"storageclass.kubernetes.io/is-default-class": "true"}


def named(
    version: str, kind: str, name: str, namespace: str = "", annotations: Any = None, **rest: Any
) -> dict[str, Any]:
    """An object with its metadata; the rest of it as it stands."""
    metadata: dict[str, Any] = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    if annotations:
        metadata["annotations"] = annotations
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def _template() -> dict[str, Any]:
    spec = {
        "serviceAccountName": "api",
        "imagePullSecrets": [{"name": "pull"}],
        "priorityClassName": "serving",
        "runtimeClassName": "nvidia",
        "containers": [_container()],
        "volumes": _volumes(),
    }
    return {"metadata": {"labels": {"app": "api"}}, "spec": spec}


def _container() -> dict[str, Any]:
    return {
        "name": "api",
        "image": IMAGE,
        "command": ["/api"],
        "ports": [{"name": "http", "containerPort": 8080}],
        "env": [
            {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
            {"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "mode"}}},
            {"name": "MAYBE", "valueFrom": {"secretKeyRef": {"name": "no", "key": "no", "optional": True}}},
            {"name": "SELF", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        ],
        "envFrom": [{"secretRef": {"name": "db"}}, {"configMapRef": {"name": "settings"}}],
        "volumeMounts": [{"name": "settings", "mountPath": "/etc/api"}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
        "livenessProbe": {"tcpSocket": {"port": "http"}},
        "lifecycle": {"preStop": {"httpGet": {"path": "/drain", "port": "http"}}},
    }


def _volumes() -> list[dict[str, Any]]:
    sources = [
        {"secret": {"name": "db", "items": [{"key": "ca", "path": "ca"}]}},
        {"configMap": {"name": "settings"}},
        {"serviceAccountToken": {"audience": "sts.amazonaws.com", "path": "token"}},
    ]
    return [
        {"name": "settings", "configMap": {"name": "settings", "items": [{"key": "file", "path": "f"}]}},
        {"name": "tls", "secret": {"secretName": "tls"}},
        {"name": "cache", "persistentVolumeClaim": {"claimName": "cache"}},
        {"name": "tmp", "ephemeral": {"volumeClaimTemplate": {"spec": {"storageClassName": "gp3"}}}},
        {"name": "all", "projected": {"sources": sources}},
        {"name": "room", "emptyDir": {}},
    ]


def _store() -> dict[str, Any]:
    container = {"name": "store", "image": IMAGE, "volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    claim = {"metadata": {"name": "data"}, "spec": {"storageClassName": "gp3"}}
    template = {"metadata": {"labels": {"app": "store"}}, "spec": {"containers": [container]}}
    return {"template": template, "volumeClaimTemplates": [claim]}


def _network() -> list[dict[str, Any]]:
    service = {"selector": {"app": "api"}, "ports": [{"name": "web", "port": 80, "targetPort": "http"}]}
    by_name = {"path": "/", "backend": {"service": {"name": "api", "port": {"name": "web"}}}}
    ingress = {
        "ingressClassName": "alb",
        "defaultBackend": {"service": {"name": "api", "port": {"number": 80}}},
        "rules": [{"http": {"paths": [by_name]}}],
        "tls": [{"secretName": "tls"}],
    }
    listener = {"name": "https", "tls": {"certificateRefs": [{"name": "tls"}]}}
    route = {"parentRefs": [{"name": "edge"}], "rules": [{"backendRefs": [{"name": "api", "port": 80}]}]}
    gateway = "gateway.networking.k8s.io/v1"
    return [
        named("v1", "Service", "api", "web", spec=service),
        named("networking.k8s.io/v1", "IngressClass", "alb"),
        named("networking.k8s.io/v1", "Ingress", "api", "web", spec=ingress),
        named(gateway, "GatewayClass", "envoy"),
        named(gateway, "Gateway", "edge", "web", spec={"gatewayClassName": "envoy", "listeners": [listener]}),
        named(gateway, "HTTPRoute", "api", "web", spec=route),
    ]


def _rules() -> list[dict[str, Any]]:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}
    peer = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "web"}},
        "podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["store"]}]},
    }
    policy = {
        "podSelector": {"matchLabels": {"app": "api"}},
        "ingress": [{"from": [peer]}],
        "egress": [{"to": [peer]}],
    }
    rbac, hook = (
        "rbac.authorization.k8s.io/v1",
        {"clientConfig": {"service": {"name": "api", "namespace": "web"}}},
    )
    subjects = [
        {"kind": "ServiceAccount", "name": "api", "namespace": "web"},
        {"kind": "Group", "name": "any"},
    ]
    return [
        named("autoscaling/v2", "HorizontalPodAutoscaler", "api", "web", spec={"scaleTargetRef": target}),
        named(
            "policy/v1",
            "PodDisruptionBudget",
            "api",
            "web",
            spec={"selector": {"matchLabels": {"app": "api"}}},
        ),
        named("networking.k8s.io/v1", "NetworkPolicy", "api", "web", spec=policy),
        named(rbac, "Role", "read", "web"),
        named(rbac, "ClusterRole", "watch"),
        named(
            rbac, "RoleBinding", "read", "web", roleRef={"kind": "Role", "name": "read"}, subjects=subjects
        ),
        named(
            rbac,
            "ClusterRoleBinding",
            "watch",
            roleRef={"kind": "ClusterRole", "name": "watch"},
            subjects=subjects,
        ),
        named("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "api", webhooks=[hook]),
    ]


def _karpenter() -> list[dict[str, Any]]:
    reference = {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "default"}
    return [
        named("karpenter.k8s.aws/v1", "EC2NodeClass", "default"),
        named(
            "karpenter.sh/v1", "NodePool", "general", spec={"template": {"spec": {"nodeClassRef": reference}}}
        ),
    ]
