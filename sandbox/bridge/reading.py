"""A container as a kubelet would start it, read from the API server's objects; pure.

What it does not know (a volume kind, a source of a variable) is an error, never left out in silence.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.bridge.image import Image

Object = Mapping[str, Any]

ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
AWS_TOKEN_FOLDER = "/var/run/secrets/eks.amazonaws.com/serviceaccount"  # noqa: S105 - where EKS mounts a token
AWS_AUDIENCE = "sts.amazonaws.com"
API_TOKEN_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105 - where a kubelet mounts one
_VARIABLE = re.compile(r"\$(\$|\(([A-Za-z_][A-Za-z0-9_.-]*)\))")


class ReadError(Exception):
    """A container cannot be run as its manifest says; the message names the object and what is missing."""


@dataclass(frozen=True)
class Volume:
    """What is mounted at a path.

    Attributes:
        name: the pod's name for it: containers of one pod that mount the same name share it.
        files: its content; empty for a scratch volume.
        read_only: as the mount says.
        in_memory: an ``emptyDir`` that a kubelet keeps in memory only.
    """

    name: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    read_only: bool = False
    in_memory: bool = False


@dataclass(frozen=True)
class Container:
    """A process to start.

    Attributes:
        name: of the container.
        argv: command and arguments, variables filled in.
        environment: all of its variables, the image's included.
        volumes: path → what is there.
        user: whom it runs as.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    volumes: Mapping[str, Volume] = field(default_factory=dict)
    user: int = 0


@dataclass(frozen=True)
class Cluster:
    """How reading looks things up.

    Attributes:
        get: the object of (apiVersion, kind, name, namespace), or None.
        token: a service account's token for (namespace, account, audience); None means the API server's.
        ca: PEM of the API server's CA.
        address: the pod's own, which the downward API gives out.
        region: of the cluster.
    """

    get: Callable[[str, str, str, str], Object | None]
    token: Callable[[str, str, str | None], str]
    ca: bytes
    address: str
    region: str


def read(template: Object, container: str, namespace: str, cluster: Cluster, image: Image) -> Container:
    """The named container (or init container) of a pod template.

    Raises:
        ReadError: there is none of that name, or something that it needs is missing.
    """
    return _Reading(template, namespace, cluster, image).container(container)


class _Reading:
    """One pod, container by container."""

    def __init__(self, template: Object, namespace: str, cluster: Cluster, image: Image) -> None:
        self._metadata: Object = template.get("metadata") or {}
        self._spec: Object = template["spec"]
        self._namespace = namespace
        self._cluster = cluster
        self._image = image
        self._account = self._spec.get("serviceAccountName") or "default"

    def container(self, name: str) -> Container:
        both = [*(self._spec.get("initContainers") or []), *self._spec["containers"]]
        found = next((item for item in both if item["name"] == name), None)
        if found is None:
            names = ", ".join(item["name"] for item in both)
            raise ReadError(f"the pod has no container {name} (it has {names}), so nothing can be started")
        volumes = dict(self._mounted(found))
        environment = {**self._image.environment, **self._given(), **dict(self._variables(found))}
        command = found.get("command") or self._image.entrypoint
        argv = tuple(_filled(str(item), environment) for item in [*command, *(found.get("args") or [])])
        if not argv:
            raise ReadError(f"container {name} has no command, and its image no known entrypoint")
        return Container(name, argv, environment, volumes, self._user(found))

    # --- variables ---------------------------------------------------------------------------------------

    def _given(self) -> dict[str, str]:
        """What EKS's webhook adds for an account with a role."""
        role = self._role()
        if not role:
            return {}
        return {
            "AWS_ROLE_ARN": role,
            "AWS_WEB_IDENTITY_TOKEN_FILE": f"{AWS_TOKEN_FOLDER}/token",
            "AWS_STS_REGIONAL_ENDPOINTS": "regional",
            "AWS_DEFAULT_REGION": self._cluster.region,
            "AWS_REGION": self._cluster.region,
        }

    def _role(self) -> str:
        held = self._cluster.get("v1", "ServiceAccount", self._account, self._namespace)
        if held is None:
            raise ReadError(f"ServiceAccount {self._namespace}/{self._account} is missing, so no pod starts")
        return str((held["metadata"].get("annotations") or {}).get(ROLE_ANNOTATION, ""))

    def _variables(self, container: Object) -> Iterator[tuple[str, str]]:
        known: dict[str, str] = {}
        for source in container.get("envFrom") or []:
            for field_, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
                if field_ in source:
                    for key, value in self._data(kind, source[field_]["name"], binary=False).items():
                        known[f"{source.get('prefix', '')}{key}"] = value.decode()
        for item in container.get("env") or []:
            if "valueFrom" in item:
                known[item["name"]] = self._from(item["name"], item["valueFrom"])
            else:
                known[item["name"]] = _filled(str(item.get("value", "")), known)
        yield from known.items()

    def _from(self, name: str, source: Object) -> str:
        for field_, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
            if field_ in source:
                wanted = source[field_]
                data = self._data(kind, wanted["name"])
                if wanted["key"] not in data:
                    raise ReadError(f"{kind} {self._namespace}/{wanted['name']} has no key {wanted['key']}")
                return data[wanted["key"]].decode()
        if "fieldRef" in source:
            return self._field(source["fieldRef"]["fieldPath"])
        raise ReadError(f"the variable {name} comes from {', '.join(source)}, which the bridge cannot read")

    def _field(self, path: str) -> str:
        known = {
            "metadata.namespace": self._namespace,
            "metadata.name": str(self._metadata.get("name") or self._spec["containers"][0]["name"]),
            "status.podIP": self._cluster.address,
            "spec.serviceAccountName": self._account,
        }
        if path not in known:
            raise ReadError(f"the downward API's {path} is not known here, only {', '.join(known)}")
        return known[path]

    # --- volumes -----------------------------------------------------------------------------------------

    def _mounted(self, container: Object) -> Iterator[tuple[str, Volume]]:
        declared = {item["name"]: item for item in self._spec.get("volumes") or []}
        for mount in container.get("volumeMounts") or []:
            if mount["name"] not in declared:
                raise ReadError(f"container {container['name']} mounts {mount['name']}, which no volume is")
            files = self._files(declared[mount["name"]])
            in_memory = (declared[mount["name"]].get("emptyDir") or {}).get("medium") == "Memory"
            if mount.get("subPath"):
                raise ReadError(f"subPath of {mount['name']}: the bridge mounts whole volumes only")
            read_only = bool(mount.get("readOnly"))
            yield mount["mountPath"], Volume(mount["name"], files, read_only, in_memory)
        if self._role():
            token = self._cluster.token(self._namespace, self._account, AWS_AUDIENCE).encode()
            yield AWS_TOKEN_FOLDER, Volume("aws-iam-token", {"token": token}, read_only=True)
        if self._spec.get("automountServiceAccountToken", True):
            yield API_TOKEN_FOLDER, Volume("kube-api-access", self._api_access(), read_only=True)

    def _api_access(self) -> dict[str, bytes]:
        token = self._cluster.token(self._namespace, self._account, None).encode()
        return {"token": token, "ca.crt": self._cluster.ca, "namespace": self._namespace.encode()}

    def _files(self, volume: Object) -> dict[str, bytes]:
        if "emptyDir" in volume:
            return {}
        if "configMap" in volume:
            return self._picked("ConfigMap", volume["configMap"], "name")
        if "secret" in volume:
            return self._picked("Secret", volume["secret"], "secretName")
        if "projected" in volume:
            found: dict[str, bytes] = {}
            for source in volume["projected"]["sources"]:
                found |= self._projected(volume["name"], source)
            return found
        kinds = ", ".join(key for key in volume if key != "name")
        raise ReadError(f"volume {volume['name']} is of a kind that the bridge cannot bring: {kinds}")

    def _projected(self, name: str, source: Object) -> dict[str, bytes]:
        if "serviceAccountToken" in source:
            wanted = source["serviceAccountToken"]
            token = self._cluster.token(self._namespace, self._account, wanted.get("audience"))
            return {wanted["path"]: token.encode()}
        for field_, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
            if field_ in source:
                return self._picked(kind, source[field_], "name")
        raise ReadError(f"volume {name} projects {', '.join(source)}, which the bridge cannot bring")

    def _picked(self, kind: str, source: Object, name_field: str) -> dict[str, bytes]:
        data = self._data(kind, source[name_field])
        if not source.get("items"):
            return data
        return {item["path"]: data[item["key"]] for item in source["items"]}

    def _data(self, kind: str, name: str, *, binary: bool = True) -> dict[str, bytes]:
        """A Secret's or ConfigMap's content; variables are never made of its binary part."""
        held = self._cluster.get("v1", kind, name, self._namespace)
        if held is None:
            raise ReadError(f"{kind} {self._namespace}/{name} is missing, so the container cannot start")
        plain = {key: str(value).encode() for key, value in (held.get("data") or {}).items()}
        if kind == "Secret":
            plain = {key: base64.b64decode(value) for key, value in plain.items()}
        more = (held.get("binaryData") or {}) if binary else {}
        return {**plain, **{key: base64.b64decode(value) for key, value in more.items()}}

    def _user(self, container: Object) -> int:
        both = (container.get("securityContext") or {}, self._spec.get("securityContext") or {})
        return next((int(item["runAsUser"]) for item in both if "runAsUser" in item), 0)


def _filled(text: str, environment: Mapping[str, str]) -> str:
    """``$(NAME)`` filled in as Kubernetes does: an unknown name stays as it is, ``$$`` is one dollar."""

    def one(found: re.Match[str]) -> str:
        name = found[2]
        return "$" if name is None else environment.get(name, found[0])

    return _VARIABLE.sub(one, text)
