"""What controllers look up: who a Service, a route, an autoscaler, a budget or a binding points at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from sandbox.kubelet.objects import (
    Index,
    Looker,
    Object,
    Options,
    Path,
    Pod,
    Reference,
    dig,
    full_name,
    labels_of,
    namespace_of,
    selects,
)
from sandbox.kubelet.pods import storage_class

GATEWAY = "gateway.networking.k8s.io"
RBAC = "rbac.authorization.k8s.io"
ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
BUILT_IN = "kubernetes.io/bootstrapping"
"""The API server labels the bindings that it makes itself; some of their subjects appear only when needed."""
NOBODY = {"matchLabels": {"does-not-exist": "does-not-exist"}}

Finder = Callable[[Looker], Iterator[Reference]]


def wiring_references(item: Object, index: Index, options: Options) -> Iterator[Reference]:
    """Every reference that a controller, or the API server itself, follows from this object."""
    look = Looker(item, index)
    if namespace_of(item):
        yield look.to(("metadata", "namespace"), ("", "Namespace"), namespace_of(item))
    finder = FINDERS.get(str(item.get("kind")))
    if finder is not None:
        yield from finder(look)
    if item.get("kind") == "ServiceAccount" and options.roles is not None:
        yield from _role(look, options.roles)


def _role(look: Looker, roles: Collection[str]) -> Iterator[Reference]:
    path: Path = ("metadata", "annotations", ROLE_ANNOTATION)
    arn = dig(look.item, path)
    if arn is not None:
        yield look.reference(path, f"role {arn}", arn in roles, "which does not exist")


def _selected(index: Index, namespace: str, selector: Object) -> list[Pod]:
    return [pod for pod in index.pods(namespace) if selects(selector, pod.labels)]


def _pods(look: Looker, path: Path, selector: Object, broken: Object = NOBODY) -> Iterator[Reference]:
    """A selector over the pods of the holder's own namespace; an absent or empty one selects them all."""
    if selector:
        found = _selected(look.index, namespace_of(look.item), selector)
        yield look.reference(path, f"pods with {_text(selector)}", found, "which no pod has", broken)


def _service(look: Looker) -> Iterator[Reference]:
    labels = dig(look.item, ("spec", "selector"))
    if not labels or dig(look.item, ("spec", "type")) == "ExternalName":
        return
    selector = {"matchLabels": labels}
    yield from _pods(look, ("spec", "selector"), selector, NOBODY["matchLabels"])
    pods = _selected(look.index, namespace_of(look.item), selector)
    names = {name for pod in pods for name in pod.ports()}
    for place, port in enumerate(dig(look.item, ("spec", "ports")) or []):
        target = port.get("targetPort")
        if pods and isinstance(target, str) and not target.isdigit():
            path: Path = ("spec", "ports", place, "targetPort")
            problem = "which no container of the selected pods declares"
            yield look.reference(path, f"port {target}", target in names, problem)


def _ingress(look: Looker) -> Iterator[Reference]:
    item, namespace = look.item, namespace_of(look.item)
    for spot in _ingress_backends(item):
        service = dig(item, spot) or {}
        if service:
            yield look.to((*spot, "name"), ("", "Service"), service["name"], namespace)
            for field, port in (service.get("port") or {}).items():
                yield from _service_port(look, (*spot, "port", field), (namespace, service["name"]), port)
    for place, tls in enumerate(dig(item, ("spec", "tls")) or []):
        if tls.get("secretName"):
            yield look.to(("spec", "tls", place, "secretName"), ("", "Secret"), tls["secretName"], namespace)
    name = dig(item, ("spec", "ingressClassName"))
    if name:
        yield look.to(("spec", "ingressClassName"), ("networking.k8s.io", "IngressClass"), name)


def _ingress_backends(item: Object) -> Iterator[Path]:
    yield ("spec", "defaultBackend", "service")
    for rule, content in enumerate(dig(item, ("spec", "rules")) or []):
        for place, _ in enumerate(dig(content, ("http", "paths")) or []):
            yield ("spec", "rules", rule, "http", "paths", place, "backend", "service")


def _service_port(look: Looker, path: Path, service: tuple[str, str], port: Any) -> Iterator[Reference]:
    """A port of a Service, by number or name; nothing to say while the Service itself is missing."""
    held = look.index.get("", "Service", *service)
    if held is not None:
        ports = dig(held, ("spec", "ports")) or []
        known = any(port in (entry.get("port"), entry.get("name")) for entry in ports)
        broken = 1 if isinstance(port, int) else "does-not-exist"
        target = f"{full_name('Service', *service)} port {port}"
        yield look.reference(path, target, known, "a port that it does not have", broken)


def _route(look: Looker) -> Iterator[Reference]:
    own = namespace_of(look.item)
    for place, parent in enumerate(dig(look.item, ("spec", "parentRefs")) or []):
        kind = (parent.get("group", GATEWAY), parent.get("kind", "Gateway"))
        path: Path = ("spec", "parentRefs", place, "name")
        yield look.to(path, kind, parent["name"], parent.get("namespace") or own)
    for rule, content in enumerate(dig(look.item, ("spec", "rules")) or []):
        for place, backend in enumerate(content.get("backendRefs") or []):
            path = ("spec", "rules", rule, "backendRefs", place)
            kind = (backend.get("group", ""), backend.get("kind", "Service"))
            namespace = backend.get("namespace") or own
            yield look.to((*path, "name"), kind, backend["name"], namespace)
            if kind == ("", "Service"):
                service = (namespace, backend["name"])
                yield from _service_port(look, (*path, "port"), service, backend.get("port"))


def _gateway(look: Looker) -> Iterator[Reference]:
    name = dig(look.item, ("spec", "gatewayClassName"))
    yield look.to(("spec", "gatewayClassName"), (GATEWAY, "GatewayClass"), str(name))
    for listener, content in enumerate(dig(look.item, ("spec", "listeners")) or []):
        for place, secret in enumerate(dig(content, ("tls", "certificateRefs")) or []):
            path: Path = ("spec", "listeners", listener, "tls", "certificateRefs", place, "name")
            namespace = secret.get("namespace") or namespace_of(look.item)
            yield look.to(path, ("", "Secret"), secret["name"], namespace)


def _autoscaler(look: Looker) -> Iterator[Reference]:
    target = dig(look.item, ("spec", "scaleTargetRef")) or {}
    kind = (str(target.get("apiVersion", "")).rpartition("/")[0], target.get("kind", ""))
    yield look.to(("spec", "scaleTargetRef", "name"), kind, target.get("name", ""), namespace_of(look.item))


def _disruption_budget(look: Looker) -> Iterator[Reference]:
    """A disruption budget that protects nothing is a mistake in its selector."""
    yield from _pods(look, ("spec", "selector"), dig(look.item, ("spec", "selector")) or {})


def _network_policy(look: Looker) -> Iterator[Reference]:
    yield from _pods(look, ("spec", "podSelector"), dig(look.item, ("spec", "podSelector")) or {})
    for direction, field in (("ingress", "from"), ("egress", "to")):
        for rule, content in enumerate(dig(look.item, ("spec", direction)) or []):
            for place, peer in enumerate(content.get(field) or []):
                yield from _peer(look, ("spec", direction, rule, field, place), peer)


def _peer(look: Looker, path: Path, peer: Object) -> Iterator[Reference]:
    """Egress names pods that are needed; ingress only allows pods, which may come later or never."""
    spaces = [namespace_of(look.item)]
    if "namespaceSelector" in peer:
        selector = peer["namespaceSelector"] or {}
        spaces = look.index.namespaces(selector)
        target = f"namespaces with {_text(selector)}"
        yield look.reference((*path, "namespaceSelector"), target, spaces, "which no namespace has", NOBODY)
    selector = peer.get("podSelector")
    if selector and spaces and path[1] == "egress":
        found = any(_selected(look.index, space, selector) for space in spaces)
        problem = f"which no pod of {', '.join(spaces)} has"
        target = f"pods with {_text(selector)}"
        yield look.reference((*path, "podSelector"), target, found, problem, NOBODY)


def _binding(look: Looker) -> Iterator[Reference]:
    if BUILT_IN in labels_of(look.item):
        return
    role, own = look.item.get("roleRef") or {}, namespace_of(look.item)
    namespace = own if role.get("kind") == "Role" else ""
    yield look.to(("roleRef", "name"), (RBAC, str(role.get("kind"))), str(role.get("name")), namespace)
    for place, subject in enumerate(look.item.get("subjects") or []):
        if subject.get("kind") == "ServiceAccount" and subject.get("name") != "default":
            space = subject.get("namespace") or own
            yield look.to(("subjects", place, "name"), ("", "ServiceAccount"), subject["name"], space)


def _claim(look: Looker) -> Iterator[Reference]:
    spec = look.item.get("spec") or {}
    yield storage_class(look, ("spec",), spec)
    if spec.get("volumeName"):
        yield look.to(("spec", "volumeName"), ("", "PersistentVolume"), spec["volumeName"])


def _webhook(look: Looker) -> Iterator[Reference]:
    for place, hook in enumerate(look.item.get("webhooks") or []):
        service = dig(hook, ("clientConfig", "service"))
        if service:
            path: Path = ("webhooks", place, "clientConfig", "service", "name")
            yield look.to(path, ("", "Service"), service["name"], service["namespace"])


def _node_pool(look: Looker) -> Iterator[Reference]:
    wanted = dig(look.item, ("spec", "template", "spec", "nodeClassRef")) or {}
    path: Path = ("spec", "template", "spec", "nodeClassRef", "name")
    kind = (wanted.get("group", "karpenter.k8s.aws"), wanted.get("kind", "EC2NodeClass"))
    yield look.to(path, kind, str(wanted.get("name", "")))


def _text(selector: Object) -> str:
    """A LabelSelector as a person would say it."""
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for expression in selector.get("matchExpressions") or []:
        values = ",".join(expression.get("values") or [])
        parts.append(f"{expression['key']} {expression['operator']} {values}".strip())
    return " and ".join(parts) or "any label"


FINDERS: Mapping[str, Finder] = {
    "Service": _service,
    "Ingress": _ingress,
    "HTTPRoute": _route,
    "GRPCRoute": _route,
    "TCPRoute": _route,
    "TLSRoute": _route,
    "Gateway": _gateway,
    "HorizontalPodAutoscaler": _autoscaler,
    "PodDisruptionBudget": _disruption_budget,
    "NetworkPolicy": _network_policy,
    "RoleBinding": _binding,
    "ClusterRoleBinding": _binding,
    "PersistentVolumeClaim": _claim,
    "ValidatingWebhookConfiguration": _webhook,
    "MutatingWebhookConfiguration": _webhook,
    "NodePool": _node_pool,
}
"""Kind to the references that objects of the kind hold."""
