"""Which properties of which kind cannot be changed in place, as pulumi-kubernetes lists them.

The API server has more immutable fields than these; a change of one that is not listed fails at the
update, here as with the official provider.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

IDENTITY: Final = (".metadata.name", ".metadata.namespace")

_STATEFUL_SET: Final = (
    ".spec.podManagementPolicy", ".spec.revisionHistoryLimit", ".spec.selector", ".spec.serviceName",
    ".spec.volumeClaimTemplates",
)  # fmt: skip
_JOB: Final = (".spec.completions", ".spec.parallelism", ".spec.selector", ".spec.template")
_VOLUME_SOURCES: Final = (
    "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc", "flexVolume",
    "flocker", "gcePersistentDisk", "glusterfs", "hostPath", "iscsi", "local", "nfs", "photonPersistentDisk",
    "portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume",
)  # fmt: skip
_POD: Final = (
    "affinity", "automountServiceAccountToken", "dnsConfig", "dnsPolicy", "enableServiceLinks", "hostAliases",
    "hostIPC", "hostNetwork", "hostPID", "hostname", "imagePullSecrets", "nodeName", "nodeSelector",
    "overhead", "preemptionPolicy", "priority", "priorityClassName", "readinessGates", "restartPolicy",
    "runtimeClassName",
    "schedulerName", "securityContext", "serviceAccount", "serviceAccountName", "shareProcessNamespace",
    "subdomain", "terminationGracePeriodSeconds", "volumes",
)  # fmt: skip
_CONTAINER: Final = (
    "args", "command", "env", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "ports",
    "readinessProbe", "resources", "securityContext", "stdin", "stdinOnce", "terminationMessagePath",
    "terminationMessagePolicy", "tty", "volumeDevices", "volumeMounts", "workingDir",
)  # fmt: skip
_ROLE_BINDING: Final = (".roleRef",)

_FORCED: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("apps/v1", "DaemonSet"): (".spec.selector",),
    ("apps/v1", "Deployment"): (".spec.selector",),
    ("apps/v1", "StatefulSet"): _STATEFUL_SET,
    ("batch/v1", "Job"): _JOB,
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): _ROLE_BINDING,
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): _ROLE_BINDING,
    ("storage.k8s.io/v1", "StorageClass"): (".parameters", ".provisioner"),
    ("v1", "PersistentVolume"): tuple(f".spec.{source}" for source in _VOLUME_SOURCES),
    ("v1", "PersistentVolumeClaim"): (
        ".spec.accessModes", ".spec.selector", ".spec.storageClassName", ".spec.volumeName",
    ),
    ("v1", "Pod"): (
        *(f".spec.{name}" for name in _POD),
        *(f".spec.{group}[*].{name}" for group in ("containers", "initContainers") for name in _CONTAINER),
    ),
    ("v1", "ResourceQuota"): (".spec.scopes",),
    ("v1", "Secret"): (".type",),
    ("v1", "Service"): (".spec.clusterIP",),
}  # fmt: skip


def properties(api_version: str, kind: str) -> tuple[str, ...]:
    """Paths of the kind whose change replaces the object."""
    return _FORCED.get((api_version, kind), ())


def forced_by(paths: Iterable[str], path: tuple[str | int, ...], value: Any) -> bool:
    """Whether a change of ``path`` to ``value`` touches one of the forcing ``paths``."""
    return any(_touches(_steps(forcing), path, value) for forcing in paths)


def _steps(path: str) -> list[str]:
    return path.lstrip(".").replace("[*]", ".*").split(".")


def _touches(forcing: list[str], path: tuple[str | int, ...], value: Any) -> bool:
    shared = min(len(forcing), len(path))
    if any(not _matches(one, other) for one, other in zip(forcing[:shared], path[:shared], strict=True)):
        return False
    return _contains(value, forcing[shared:])


def _matches(forcing: str, step: str | int) -> bool:
    return isinstance(step, int) if forcing == "*" else forcing == step


def _contains(value: Any, steps: list[str]) -> bool:
    if not steps:
        return True
    if steps[0] == "*":
        return isinstance(value, list) and any(_contains(item, steps[1:]) for item in value)
    return isinstance(value, dict) and steps[0] in value and _contains(value[steps[0]], steps[1:])
