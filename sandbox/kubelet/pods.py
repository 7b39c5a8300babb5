"""What a kubelet looks up before and while it runs a pod."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass

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
    name_of,
)

DIGEST = re.compile(r"@(sha256:[0-9a-f]{64})$")
BUILT_IN_PRIORITIES = frozenset({"system-cluster-critical", "system-node-critical"})
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
HOOKS: tuple[Path, ...] = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)
NO_DIGEST = "registry.example/nobody@sha256:" + "0" * 64


@dataclass(frozen=True)
class Seat:
    """A pod, and where it looks: the index of all objects."""

    pod: Pod
    look: Looker

    def own(self, path: Path, kind: str, name: str, *, optional: bool = False) -> Reference:
        """A reference by name to a core object of the pod's namespace."""
        found = self.look.to(path, ("", kind), name, self.pod.namespace)
        return dataclasses.replace(found, problem="", optional=True) if optional else found


def pod_references(pod: Pod, index: Index, options: Options) -> Iterator[Reference]:
    """Every reference of a pod: who it is, what it runs, what it reads and where it writes."""
    seat = Seat(pod, Looker(pod.holder, index))
    yield from _identity(seat)
    for kind, place, container in pod.containers():
        path = pod.at(kind, place)
        yield from _image(seat, path, container, options)
        yield from _environment(seat, path, container)
        yield from _mounts(seat, path, container)
        yield from _handlers(seat, path, container)
    for place, volume in enumerate(pod.spec.get("volumes") or []):
        yield from _volume(seat, pod.at("volumes", place), volume)
    for place, claim in enumerate(dig(pod.holder, ("spec", "volumeClaimTemplates")) or []):
        yield storage_class(
            seat.look, ("spec", "volumeClaimTemplates", place, "spec"), claim.get("spec") or {}
        )


def _identity(seat: Seat) -> Iterator[Reference]:
    pod, spec = seat.pod, seat.pod.spec
    account = spec.get("serviceAccountName") or "default"
    if account != "default":
        yield seat.own(pod.at("serviceAccountName"), "ServiceAccount", account)
    for place, secret in enumerate(spec.get("imagePullSecrets") or []):
        yield seat.own(pod.at("imagePullSecrets", place, "name"), "Secret", secret["name"])
    priority = spec.get("priorityClassName")
    if priority and priority not in BUILT_IN_PRIORITIES:
        yield seat.look.to(pod.at("priorityClassName"), ("scheduling.k8s.io", "PriorityClass"), priority)
    runtime = spec.get("runtimeClassName")
    if runtime:
        yield seat.look.to(pod.at("runtimeClassName"), ("node.k8s.io", "RuntimeClass"), runtime)


def _image(seat: Seat, path: Path, container: Object, options: Options) -> Iterator[Reference]:
    image = str(container.get("image", ""))
    target, spot, digest = f"image {image or '(none)'}", (*path, "image"), DIGEST.search(image)
    if options.pinned:
        problem = "which is not pinned: write name@sha256:<64 hex digits>"
        yield seat.look.reference(spot, target, digest, problem, "registry.example/nobody:latest")
    if options.digests is not None and digest:
        known = image in options.digests or digest[1] in options.digests
        yield seat.look.reference(spot, target, known, "a digest that no registry has", NO_DIGEST)
    if options.entrypoints is not None and image not in options.entrypoints:
        command = container.get("command") or [""]
        problem = f"which is absent, and nothing is known of the entrypoint of {image}"
        yield seat.look.reference((*path, "command"), "a command", command[0], problem, [])


def _environment(seat: Seat, path: Path, container: Object) -> Iterator[Reference]:
    for place, source in enumerate(container.get("envFrom") or []):
        for field, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
            if field in source:
                yield from _keyed(seat, (*path, "envFrom", place, field), kind, source[field])
    for place, variable in enumerate(container.get("env") or []):
        value = variable.get("valueFrom") or {}
        for field, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
            if field in value:
                yield from _keyed(seat, (*path, "env", place, "valueFrom", field), kind, value[field])


def _keyed(seat: Seat, path: Path, kind: str, source: Object) -> Iterator[Reference]:
    """A Secret or ConfigMap by name, and the keys wanted of it (``key`` or ``items``)."""
    name_field = "secretName" if "secretName" in source else "name"
    name, optional = str(source.get(name_field, "")), bool(source.get("optional"))
    yield seat.own((*path, name_field), kind, name, optional=optional)
    held = seat.look.index.get("", kind, seat.pod.namespace, name)
    if held is None:
        return
    wanted: list[tuple[Path, str]] = [((*path, "key"), source["key"])] if "key" in source else []
    for place, item in enumerate(source.get("items") or []):
        wanted.append(((*path, "items", place, "key"), item["key"]))
    for spot, key in wanted:
        problem = "" if optional or key in _keys(held) else "a key that it does not have"
        target = f"{full_name(kind, seat.pod.namespace, name)} key {key}"
        yield Reference(seat.pod.holder, spot, target, problem, optional=optional)


def _keys(held: Object) -> set[str]:
    parts = ("data", "stringData", "binaryData")
    return {key for part in parts for key in held.get(part) or {}}


def _mounts(seat: Seat, path: Path, container: Object) -> Iterator[Reference]:
    volumes = {volume["name"] for volume in seat.pod.spec.get("volumes") or []}
    volumes |= {name_of(claim) for claim in dig(seat.pod.holder, ("spec", "volumeClaimTemplates")) or []}
    for field in ("volumeMounts", "volumeDevices"):
        for place, mount in enumerate(container.get(field) or []):
            name = mount["name"]
            problem = "which the pod does not declare"
            yield seat.look.reference(
                (*path, field, place, "name"), f"volume {name}", name in volumes, problem
            )


def _handlers(seat: Seat, path: Path, container: Object) -> Iterator[Reference]:
    """Probes and lifecycle hooks that name a port of their own container."""
    ports = {port["name"] for port in container.get("ports") or [] if port.get("name")}
    for hook in HOOKS:
        for action in ("httpGet", "tcpSocket"):
            port = dig(container, (*hook, action, "port"))
            if isinstance(port, str) and not port.isdigit():
                problem = "which the container does not declare"
                yield seat.look.reference(
                    (*path, *hook, action, "port"), f"port {port}", port in ports, problem
                )


def _volume(seat: Seat, path: Path, volume: Object) -> Iterator[Reference]:
    if "configMap" in volume:
        yield from _keyed(seat, (*path, "configMap"), "ConfigMap", volume["configMap"])
    if "secret" in volume:
        yield from _keyed(seat, (*path, "secret"), "Secret", volume["secret"])
    if "persistentVolumeClaim" in volume:
        spot = (*path, "persistentVolumeClaim", "claimName")
        yield seat.own(spot, "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"])
    claim = dig(volume, ("ephemeral", "volumeClaimTemplate", "spec"))
    if claim is not None:
        yield storage_class(seat.look, (*path, "ephemeral", "volumeClaimTemplate", "spec"), claim)
    for place, source in enumerate(dig(volume, ("projected", "sources")) or []):
        for field, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
            if field in source:
                yield from _keyed(seat, (*path, "projected", "sources", place, field), kind, source[field])


def storage_class(look: Looker, path: Path, claim: Object) -> Reference:
    """The StorageClass of a claim: the one it names, or the cluster's default."""
    name, spot = claim.get("storageClassName"), (*path, "storageClassName")
    classes = look.index.of_kind("storage.k8s.io", "StorageClass")
    if name is None:
        default = any(dig(item, ("metadata", "annotations", DEFAULT_CLASS)) == "true" for item in classes)
        return look.reference(spot, "the default StorageClass", default, "and none is marked as the default")
    known = name == "" or any(name_of(item) == name for item in classes)
    return look.reference(spot, f"StorageClass {name}", known, "which does not exist")
