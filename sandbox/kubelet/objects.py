"""The nouns of a look-up: an index of objects, a pod wherever it stands, a reference and what is missing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Object = Mapping[str, Any]
Path = tuple[str | int, ...]

TEMPLATES: Mapping[str, Path] = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
"""Where each kind of controller keeps its pod template."""

FINISHED = frozenset({"Succeeded", "Failed"})


@dataclass(frozen=True)
class Options:
    """What is known besides the cluster's objects. ``None`` means: not known, so not judged."""

    digests: Collection[str] | None = None
    """Image references (``name@sha256:…``) or bare digests (``sha256:…``) that exist in a registry."""
    roles: Collection[str] | None = None
    """ARNs of the IAM roles that exist."""
    entrypoints: Collection[str] | None = None
    """Images known to have an entrypoint; every other container must give its own command."""
    pinned: bool = True
    """Whether an image without a digest is a fault."""
    elsewhere: Sequence[Mapping[str, Any]] = ()
    """Objects that are there on a real cluster and not here: what charts bring. Looked up, never judged."""


@dataclass(frozen=True)
class Unresolved:
    """A reference to something that is not there. Its text names the object, the field and the missing
    name.
    """

    object: str
    field: str
    missing: str
    reason: str

    def __str__(self) -> str:
        return f"{self.object}: {self.field} asks for {self.missing}, {self.reason}"


@dataclass(frozen=True)
class Reference:
    """One place in an object that names something else."""

    holder: Object = field(repr=False)
    path: Path
    target: str
    """What is asked for, for example ``Secret kubeflow/db``."""
    problem: str = ""
    """Why it does not resolve, as the end of a sentence; empty when it does."""
    broken: Any = "does-not-exist"
    """A value that cannot resolve: written at `path`, it makes the object's broken twin."""
    optional: bool = False
    """The object says that it can do without; such a reference never fails."""

    def unresolved(self) -> Unresolved:
        """The finding for a person."""
        return Unresolved(title(self.holder), dotted(self.path), self.target, self.problem)


@dataclass(frozen=True)
class Pod:
    """A pod, or the pod that a controller would make, and where in its holder it stands."""

    holder: Object
    path: Path
    namespace: str
    labels: Mapping[str, str]
    spec: Object

    def at(self, *path: str | int) -> Path:
        """The full path of a field of the pod's spec."""
        return (*self.path, "spec", *path)

    def containers(self) -> Iterator[tuple[str, int, Object]]:
        """Every container with the list it stands in and its place there."""
        for kind in ("initContainers", "containers", "ephemeralContainers"):
            for place, container in enumerate(self.spec.get(kind) or []):
                yield kind, place, container

    def ports(self) -> frozenset[str]:
        """The names of the ports that its containers declare."""
        declared = (port for _, _, container in self.containers() for port in container.get("ports") or [])
        return frozenset(port["name"] for port in declared if port.get("name"))


def group_of(item: Object) -> str:
    """The API group; empty for the core group."""
    version = str(item.get("apiVersion", ""))
    return version.rpartition("/")[0]


def name_of(item: Object) -> str:
    """The object's name."""
    return str((item.get("metadata") or {}).get("name", ""))


def namespace_of(item: Object) -> str:
    """The object's namespace; empty for cluster-scoped objects."""
    return str((item.get("metadata") or {}).get("namespace", ""))


def labels_of(item: Object) -> Mapping[str, str]:
    """The object's labels."""
    return (item.get("metadata") or {}).get("labels") or {}


def title(item: Object) -> str:
    """How a finding calls the object: ``Deployment kubeflow/api``."""
    return full_name(str(item.get("kind", "?")), namespace_of(item), name_of(item))


def full_name(kind: str, namespace: str, name: str) -> str:
    """Kind, namespace (if any) and name as findings print them."""
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def dotted(path: Path) -> str:
    """A path as one would write it: ``spec.containers[0].env[1].name``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def dig(item: Any, path: Iterable[str | int]) -> Any:
    """The value at `path`, or None when any step of it is absent."""
    for step in path:
        if isinstance(item, Mapping):
            item = item.get(step)
        elif isinstance(item, Sequence) and isinstance(step, int) and step < len(item):
            item = item[step]
        else:
            return None
    return item


def is_controlled(item: Object) -> bool:
    """Whether another object made and owns this one."""
    owners = (item.get("metadata") or {}).get("ownerReferences") or []
    return any(owner.get("controller") for owner in owners)


def pod_of(item: Object) -> Pod | None:
    """The pod in a Pod or a controller's template; None for other kinds, finished pods and owned
    controllers.
    """
    kind = item.get("kind")
    if kind == "Pod":
        if (item.get("status") or {}).get("phase") in FINISHED:
            return None
        return Pod(item, (), namespace_of(item), labels_of(item), item.get("spec") or {})
    path = TEMPLATES.get(str(kind))
    if path is None or is_controlled(item):
        return None
    template = dig(item, path) or {}
    return Pod(item, path, namespace_of(item), labels_of(template), template.get("spec") or {})


def selects(selector: Object, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector (``matchLabels``, ``matchExpressions``) selects these labels; an empty one
    selects all.
    """
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_holds(expression, labels) for expression in selector.get("matchExpressions") or [])


def _holds(expression: Object, labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or []
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case other:
            raise ValueError(
                f"label selector operator {other!r} does not exist; use In, NotIn, Exists or DoesNotExist"
            )


def promised(item: Object) -> Object | None:
    """The Secret that external-secrets or cert-manager would make of an object; None for every other one."""
    spec, kind = item.get("spec") or {}, (group_of(item), item.get("kind"))
    if kind == ("external-secrets.io", "ExternalSecret"):
        name = (spec.get("target") or {}).get("name") or name_of(item)
        keys = [entry["secretKey"] for entry in spec.get("data") or []]
        keys += (dig(spec, ("target", "template", "data")) or {}).keys()
    elif kind == ("cert-manager.io", "Certificate"):
        name, keys = spec["secretName"], ["ca.crt", "tls.crt", "tls.key"]
    else:
        return None
    metadata = {"name": name, "namespace": namespace_of(item)}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": dict.fromkeys(keys, "")}


class Index:
    """All objects of a cluster, found by what they are, and Secrets that controllers would make of them."""

    def __init__(self, objects: Iterable[Object]) -> None:
        self._objects: dict[tuple[str, str, str, str], Object] = {}
        self._pods: dict[str, list[Pod]] = {}
        known = list(objects)
        for item in [*filter(None, map(promised, known)), *known]:
            key = (group_of(item), str(item.get("kind")), namespace_of(item), name_of(item))
            self._objects[key] = item
            pod = pod_of(item)
            if pod is not None:
                self._pods.setdefault(pod.namespace, []).append(pod)

    def get(self, group: str, kind: str, namespace: str, name: str) -> Object | None:
        """The object, or None."""
        return self._objects.get((group, kind, namespace, name))

    def of_kind(self, group: str, kind: str) -> list[Object]:
        """Every object of the kind."""
        return [
            item
            for (its_group, its_kind, _, _), item in self._objects.items()
            if (its_group, its_kind) == (group, kind)
        ]

    def pods(self, namespace: str) -> list[Pod]:
        """Pods of the namespace: those that run and those that a controller would make."""
        return self._pods.get(namespace, [])

    def namespaces(self, selector: Object) -> list[str]:
        """Names of the namespaces that a LabelSelector selects. Kubernetes labels each with its own name."""
        found = []
        for item in self.of_kind("", "Namespace"):
            labels = {"kubernetes.io/metadata.name": name_of(item), **labels_of(item)}
            if selects(selector, labels):
                found.append(name_of(item))
        return found


@dataclass(frozen=True)
class Looker:
    """Follows the references of one object by name."""

    item: Object
    index: Index

    def to(self, path: Path, kind: tuple[str, str], name: str, namespace: str = "") -> Reference:
        """The reference at `path` to the object of that (group, kind), namespace and name."""
        exists = self.index.get(*kind, namespace, name) is not None
        return self.reference(path, full_name(kind[1], namespace, name), exists, "which does not exist")

    def reference(
        self, path: Path, target: str, resolves: object, problem: str, broken: Any = "does-not-exist"
    ) -> Reference:
        """The reference at `path`, with `problem` unless it resolves."""
        return Reference(self.item, path, target, "" if resolves else problem, broken)
