"""Pods: within ``restricted``, by digest, with limits, and without secrets in plain sight."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policy.model import Catalogue, Resource, Rule, Severity
from policy.reading import at, many, maps, true

_TEMPLATES = {
    "kubernetes:core/v1:Pod": "spec",
    "kubernetes:apps/v1:Deployment": "spec.template.spec",
    "kubernetes:apps/v1:StatefulSet": "spec.template.spec",
    "kubernetes:apps/v1:DaemonSet": "spec.template.spec",
    "kubernetes:batch/v1:Job": "spec.template.spec",
    "kubernetes:batch/v1:CronJob": "spec.jobTemplate.spec.template.spec",
}
PODS = tuple(_TEMPLATES)
NAMESPACE = "kubernetes:core/v1:Namespace"
CONFIG = "kubernetes:core/v1:ConfigMap"
RELEASE = "kubernetes:helm.sh/v3:Release"
_ENFORCE = "pod-security.kubernetes.io/enforce"
_LEVELS = frozenset({"restricted", "baseline"})
_VOLUMES = frozenset(
    # The kinds of volume that `restricted` admits.
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)
_DIGEST = re.compile(r".+@sha256:[0-9a-f]{64}")
_EXACT = re.compile(r"v?\d+\.\d+\.\d+([-+][\w.+-]+)?")
_IN_URL = re.compile(r"://[^/\s:@]+:[^/\s@$(]+@")
_SECRET_NAME = re.compile(r"(?i)(password|passwd|secret|token|api_?key|access_?key)$")


def spec_of(resource: Resource) -> Mapping[str, Any]:
    """The pod's spec in whatever makes pods."""
    found = at(resource.props, _TEMPLATES[resource.type])
    return found if isinstance(found, Mapping) else {}


def containers(resource: Resource) -> Iterator[Mapping[str, Any]]:
    """All containers, those that run first included."""
    spec = spec_of(resource)
    for key in ("initContainers", "containers", "ephemeralContainers"):
        yield from maps(spec.get(key))


def _shares_the_node(resource: Resource) -> list[str]:
    spec = spec_of(resource)
    shared = [key for key in ("hostNetwork", "hostPID", "hostIPC") if true(spec.get(key))]
    ports = [
        item for item in containers(resource) for port in maps(item.get("ports")) if port.get("hostPort")
    ]
    return [f"it shares the node's {', '.join(shared)}"] * bool(shared) + [
        "it takes a port of the node"
    ] * bool(ports)


def _privileged(resource: Resource) -> list[str]:
    return [
        f"container {item.get('name')} is privileged"
        for item in containers(resource)
        if true(at(item, "securityContext.privileged"))
    ]


def _escalates(resource: Resource) -> list[str]:
    return [
        f"container {item.get('name')} may gain rights (allowPrivilegeEscalation is not false)"
        for item in containers(resource)
        if at(item, "securityContext.allowPrivilegeEscalation") is not False
    ]


def _root(resource: Resource) -> list[str]:
    pod = at(spec_of(resource), "securityContext.runAsNonRoot")
    return [
        f"container {item.get('name')} may run as root"
        for item in containers(resource)
        if not true(_first(at(item, "securityContext.runAsNonRoot"), pod))
        or at(item, "securityContext.runAsUser") == 0
    ]


def _capabilities(resource: Resource) -> list[str]:
    found = []
    for item in containers(resource):
        dropped = many(at(item, "securityContext.capabilities.drop"))
        added = [
            name for name in many(at(item, "securityContext.capabilities.add")) if name != "NET_BIND_SERVICE"
        ]
        if "ALL" not in dropped or added:
            found.append(f"container {item.get('name')} keeps capabilities of root")
    return found


def _seccomp(resource: Resource) -> list[str]:
    pod = at(spec_of(resource), "securityContext.seccompProfile.type")
    return [
        f"container {item.get('name')} may make any system call (no seccomp profile)"
        for item in containers(resource)
        if _first(at(item, "securityContext.seccompProfile.type"), pod) not in {"RuntimeDefault", "Localhost"}
    ]


def _host_volumes(resource: Resource) -> list[str]:
    found = []
    for volume in maps(spec_of(resource).get("volumes")):
        kinds = [key for key in volume if key != "name"]
        if kinds and not set(kinds) <= _VOLUMES:
            found.append(f"volume {volume.get('name')} is a {', '.join(kinds)}")
    return found


def _unpinned(resource: Resource) -> list[str]:
    return [
        f"container {item.get('name')} runs {item.get('image')}"
        for item in containers(resource)
        if not _DIGEST.fullmatch(str(item.get("image")))
    ]


def _unlimited(resource: Resource) -> list[str]:
    return [
        f"container {item.get('name')} has no {' and no '.join(missing)}"
        for item in containers(resource)
        if (
            missing := [
                said
                for path, said in (
                    ("resources.requests.cpu", "CPU request"),
                    ("resources.requests.memory", "memory request"),
                    ("resources.limits.memory", "memory limit"),
                )
                if at(item, path) is None
            ]
        )
    ]


def _secrets_in_env(resource: Resource) -> list[str]:
    return [
        f"container {item.get('name')} has a secret in its variable {variable.get('name')}"
        for item in containers(resource)
        for variable in maps(item.get("env"))
        if _secret(str(variable.get("name") or ""), variable.get("value"))
    ]


def _secrets_in_arguments(resource: Resource) -> list[str]:
    return [
        f"container {item.get('name')} has a secret in its command line"
        for item in containers(resource)
        if any(_IN_URL.search(str(word)) for key in ("command", "args") for word in many(item.get(key)))
    ]


def _secrets_in_config(resource: Resource) -> list[str]:
    data = resource.props.get("data")
    entries = data.items() if isinstance(data, Mapping) else []
    return [f"its key {key} holds a secret" for key, value in entries if _secret(str(key), value)]


def _secret(name: str, value: Any) -> bool:
    """Whether a plain value is a password: by its name, or as part of a connection string."""
    if not isinstance(value, str) or not value:
        return False
    return bool(_IN_URL.search(value)) or bool(
        _SECRET_NAME.search(name) and not value.startswith(("/", "arn:"))
    )


def _level(resource: Resource) -> list[str]:
    level = at(resource.props, "metadata.labels") or {}
    found = level.get(_ENFORCE)
    return [] if found in _LEVELS else [f"it enforces {found or 'no level of pod security'}"]


def _floating_chart(resource: Resource) -> list[str]:
    version = str(resource.props.get("version") or "")
    return [] if _EXACT.fullmatch(version) else [f"its version is {version or 'whatever is newest'}"]


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


_P, _OWN, _EKS = Catalogue.PSS, Catalogue.FERRY, Catalogue.EKS
_CRITICAL, _HIGH, _MEDIUM = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM

# fmt: off
RULES: Sequence[Rule] = (
    Rule(
        "PSS.HOST", _P, _CRITICAL, PODS,
        "It sees the traffic and the processes of every pod on the node",
        "Leave hostNetwork, hostPID, hostIPC and hostPort out",
        _shares_the_node,
    ),
    Rule(
        "PSS.PRIVILEGED", _P, _CRITICAL, PODS,
        "It is root on the node, and so has every role on it",
        "Leave privileged out",
        _privileged,
    ),
    Rule(
        "PSS.ESCALATION", _P, _HIGH, PODS,
        "A set-uid file in the image makes it root",
        "Write allowPrivilegeEscalation: false",
        _escalates,
    ),
    Rule(
        "PSS.ROOT", _P, _HIGH, PODS,
        "A way out of the container is a way to root on the node",
        "Write runAsNonRoot: true, and no runAsUser: 0",
        _root,
    ),
    Rule(
        "PSS.CAPABILITIES", _P, _HIGH, PODS,
        "It can do part of what root can",
        "Drop ALL; add at most NET_BIND_SERVICE",
        _capabilities,
    ),
    Rule(
        "PSS.SECCOMP", _P, _MEDIUM, PODS,
        "Rare system calls are where kernels are broken",
        "Write seccompProfile: {type: RuntimeDefault}",
        _seccomp,
    ),
    Rule(
        "PSS.VOLUMES", _P, _HIGH, PODS,
        "It reads or writes the node's own files",
        "Use emptyDir, a claim, a projected or a configured volume",
        _host_volumes,
    ),
    Rule(
        "PSS.NAMESPACE", _P, _HIGH, [NAMESPACE],
        "Whoever may make a pod in it may make a privileged one",
        f"Label it {_ENFORCE}: restricted",
        _level,
    ),
    Rule(
        "FERRY.PIN.2", _OWN, _HIGH, PODS,
        "Tomorrow the same line runs another program",
        "Name the image by digest: repository@sha256:…",
        _unpinned,
    ),
    Rule(
        "FERRY.PIN.3", _OWN, _HIGH, [RELEASE],
        "The next `up` installs what nobody reviewed",
        "Give the chart's full version",
        _floating_chart,
    ),
    Rule(
        "EKS.RESOURCES.1", _EKS, _MEDIUM, PODS,
        "One pod's leak takes its neighbours' memory, and Karpenter buys the wrong node",
        "Give requests for CPU and memory, and a limit for memory",
        _unlimited,
    ),
    Rule(
        "FERRY.SECRET.3", _OWN, _CRITICAL, PODS,
        "Whoever may read the object reads the password; so does the state",
        "Fetch it from Secrets Manager when the pod starts, or take it from a Secret",
        _secrets_in_env,
    ),
    Rule(
        "FERRY.SECRET.4", _OWN, _CRITICAL, PODS,
        "Whoever may list processes reads the password; so does the state",
        "Give it in a file",
        _secrets_in_arguments,
    ),
    Rule(
        "FERRY.SECRET.5", _OWN, _CRITICAL, [CONFIG],
        "Whoever may read the namespace reads the password; so does the state",
        "Keep it in Secrets Manager",
        _secrets_in_config,
    ),
)
# fmt: on
