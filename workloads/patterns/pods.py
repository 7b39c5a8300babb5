"""Pods of the crossing: guard, adapter, runs of batch work. Pure; some values are known late.

All are ``restricted``, run one image by digest, and learn what they do from the workload's ConfigMap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra import restricted
from workloads.patterns import programs, routes
from workloads.patterns.migration import MOUNT, PART, WORKLOAD, Names
from workloads.spec import ScheduleSpec

USER = 10001
"""The user of the project's image."""
PORT = "inference"
"""Name of the port to which Services lead."""
FIGURES = "figures"
"""Name of the port with the figures of guard and adapters; a model server's own is ``metrics``."""
ON_ITS_OWN = {"karpenter.sh/do-not-disrupt": "true"}
"""A run is not moved to a cheaper node while it runs."""
COPIES = 2
"""Of guard and adapter: one may be moved while the other works. Guards share a lease, one acts."""
LATE_SECONDS = 600
"""How late a run by the clock may still begin; one that is later is left out, not made up for."""
_ZONE = "topology.kubernetes.io/zone"


@dataclass(frozen=True)
class Place:
    """What every pod of a workload shares.

    Attributes:
        names: of its parts.
        image: the project's own, by digest.
        region: of AWS.
    """

    names: Names
    image: Any
    region: str


def adapter(place: Place, *, awake: bool) -> dict[str, Any]:
    """Spec of the adapter's Deployment; asleep it has no pods, and its Service stays.

    Args:
        awake: whether the old system behind it is still asked.
    """
    container = _container(place, "adapter", programs.legacy_adapter(), cpu="250m", memory="256Mi")
    return _deployment(place, "adapter", place.names.adapter, container, COPIES if awake else 0)


def guard(place: Place) -> dict[str, Any]:
    """Spec of the guard's Deployment. It alone speaks to the API server."""
    container = _container(place, "guard", programs.guard(place.names), cpu="50m", memory="256Mi")
    health = {"httpGet": {"path": "/healthz", "port": FIGURES}, "periodSeconds": 10, "failureThreshold": 3}
    container |= {"ports": [_port(FIGURES, programs.METRICS)], "livenessProbe": health}
    container |= {"readinessProbe": health | {"periodSeconds": 5}}
    container["volumeMounts"] = [_SCRATCH]
    made = _deployment(place, "guard", place.names.overlay, container, COPIES)
    pod = made["template"]["spec"]
    pod |= {"automountServiceAccountToken": True, "volumes": [_EMPTY]}
    return made


def watchdog(place: Place) -> dict[str, Any]:
    """Spec of the watchdog's Deployment: the guard's account, and where it can be a machine of its own."""
    container = _container(place, "watchdog", programs.watchdog(place.names), cpu="20m", memory="192Mi")
    container["volumeMounts"] = [_SCRATCH]
    made = _deployment(place, "watchdog", place.names.overlay, container, 1)
    apart = {
        "labelSelector": {"matchLabels": place.names.labels("guard")},
        "topologyKey": "kubernetes.io/hostname",
    }
    preferred = [{"weight": 100, "podAffinityTerm": apart}]
    made["template"]["spec"] |= {
        "automountServiceAccountToken": True,
        "volumes": [_EMPTY],
        "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}},
    }
    return made


def recorder(place: Place, slot: Any, digest: str) -> dict[str, Any]:
    """The container before a slot's server, in the same pod: it answers callers and records what was said.

    Args:
        digest: of the version in the slot; what it says is recorded under this name.
    """
    arguments = programs.recorder(slot, digest)
    return _served(_container(place, "recorder", arguments, cpu="250m", memory="256Mi"))


@dataclass(frozen=True)
class Run:
    """A batch run by the clock.

    Attributes:
        side: ``legacy`` or ``platform``.
        account: as which it runs.
        schedule: when, and how long at most.
        suspended: it is kept and does not run.
        image: None for the project's own.
    """

    side: str
    account: str
    schedule: ScheduleSpec
    suspended: bool = False
    image: Any = None


def run(place: Place, what: Run) -> dict[str, Any]:
    """Spec of a CronJob: one run at a time, never made up for, and never tried again by Kubernetes.

    Who retries is the claim of the logical date, not the clock: a second pod of the same date finds it taken.
    """
    arguments = programs.batch_adapter(what.side)
    container = _container(place, what.side, arguments, cpu="1", memory="2Gi")
    if what.image is not None:
        container["image"] = what.image
    pod = {**_pod(place, what.account, [container]), "restartPolicy": "Never"}
    labels = place.names.labels(f"batch-{what.side}")
    template = {"metadata": {"labels": labels, "annotations": ON_ITS_OWN}, "spec": pod}
    seconds = what.schedule.longest_minutes * 60
    return {**_by_the_clock(what.schedule.cron, template, seconds), "suspend": what.suspended}


def looking(place: Place, account: str) -> dict[str, Any]:
    """Spec of the CronJob that compares an hour's scores with those that the model was accepted with."""
    container = _container(place, "drift", programs.drift(place.names), cpu="500m", memory="1Gi")
    pod = {**_pod(place, account, [container]), "restartPolicy": "Never"}
    template = {"metadata": {"labels": place.names.labels("drift")}, "spec": pod}
    return _by_the_clock("7 * * * *", template, seconds=1800)


def starting(place: Place, account: str, schedule: ScheduleSpec) -> dict[str, Any]:
    """Spec of the CronJob that starts a run of the workload's pipeline; what is late is left out (C9, D)."""
    job = {"fieldRef": {"fieldPath": "metadata.labels['batch.kubernetes.io/job-name']"}}
    container = _container(place, "run", programs.run(place.names), cpu="100m", memory="256Mi")
    # Not the workload's own ConfigMap, which is in another namespace: all that it needs is in its arguments.
    container = {**container, "volumeMounts": [], "env": [{"name": "JOB", "valueFrom": job}]}
    pod = {**_pod(place, account, [container]), "volumes": [], "restartPolicy": "Never"}
    template = {"metadata": {"labels": place.names.labels("run")}, "spec": pod}
    return _by_the_clock(schedule.cron, template, seconds=300, again=2)


def _by_the_clock(cron: str, template: dict[str, Any], seconds: int, again: int = 0) -> dict[str, Any]:
    """Spec of a CronJob: one at a time, what is late is left out; ended after so many seconds."""
    job = {"backoffLimit": again, "activeDeadlineSeconds": seconds, "template": template}
    return {
        "schedule": cron,
        "timeZone": "Etc/UTC",
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": LATE_SECONDS,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 3,
        "jobTemplate": {"spec": job},
    }


def service(selector: Mapping[str, str]) -> dict[str, Any]:
    """Spec of a Service that a route leads to."""
    shared = {"protocol": "TCP", "appProtocol": "http"}
    live = {"name": "http", "port": routes.PORT, "targetPort": PORT, **shared}
    copies = {"name": "copies", "port": routes.COPIES, "targetPort": "copies", **shared}
    return {"type": "ClusterIP", "selector": dict(selector), "ports": [live, copies]}


def budget(selector: Mapping[str, str]) -> dict[str, Any]:
    """One pod at a time may be moved; one that is not ready anyway does not count."""
    return {
        "maxUnavailable": 1,
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
        "selector": {"matchLabels": dict(selector)},
    }


def monitor(names: Names) -> dict[str, Any]:
    """Spec of a PodMonitor: figures of guard, adapter and both slots, which no old system had."""
    return {
        "selector": {"matchLabels": {WORKLOAD: names.workload}},
        "podMetricsEndpoints": [{"port": port, "interval": "15s"} for port in (FIGURES, "metrics")],
        "podTargetLabels": [WORKLOAD, PART],
    }


_SCRATCH = {"name": "scratch", "mountPath": "/tmp"}  # noqa: S108 - a volume of the pod's own
_EMPTY = {"name": "scratch", "emptyDir": {"sizeLimit": "256Mi"}}


def _deployment(
    place: Place, part: str, account: str, container: dict[str, Any], replicas: int
) -> dict[str, Any]:
    labels = place.names.labels(part)
    served = container if part in ("guard", "watchdog") else _served(container)
    spread = {
        "maxSkew": 1,
        "topologyKey": _ZONE,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": labels},
    }
    return {
        "replicas": replicas,
        "revisionHistoryLimit": 3,
        "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": labels},
            "spec": {**_pod(place, account, [served]), "topologySpreadConstraints": [spread]},
        },
    }


def _served(container: dict[str, Any]) -> dict[str, Any]:
    """A container that answers requests: ports, probes, and time to finish when it goes."""
    ready = {"httpGet": {"path": "/v2/health/ready", "port": PORT}, "periodSeconds": 5, "failureThreshold": 2}
    alive = {"httpGet": {"path": "/v2/health/live", "port": PORT}, "periodSeconds": 10, "failureThreshold": 3}
    return {
        **container,
        "ports": [
            _port(PORT, programs.HTTP),
            _port("copies", programs.COPIES),
            _port(FIGURES, programs.METRICS),
        ],
        "readinessProbe": ready,
        "livenessProbe": alive,
        "lifecycle": {"preStop": {"sleep": {"seconds": 10}}},
    }


def _port(name: str, number: int) -> dict[str, Any]:
    return {"name": name, "containerPort": number, "protocol": "TCP"}


def _container(place: Place, name: str, arguments: Sequence[str], *, cpu: str, memory: str) -> dict[str, Any]:
    return {
        "name": name,
        "image": place.image,
        "command": ["ferry"],
        "args": [*arguments],
        "env": [
            {"name": "AWS_REGION", "value": place.region},
            {"name": "HOME", "value": "/tmp"},  # noqa: S108 - a volume of the pod's own
        ],
        "resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory}},
        "securityContext": restricted.container(),
        "volumeMounts": [_SCRATCH, {"name": "policy", "mountPath": MOUNT, "readOnly": True}],
    }


def _pod(place: Place, account: str, containers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "serviceAccountName": account,
        "automountServiceAccountToken": False,  # its role's token is another one
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 40,
        "securityContext": restricted.pod(USER),
        "containers": [*containers],
        "volumes": [_EMPTY, policy_volume(place.names)],
    }


def policy_volume(names: Names) -> dict[str, Any]:
    """The workload's ConfigMap, for who need not know within seconds."""
    return {"name": "policy", "configMap": {"name": names.migration}}
