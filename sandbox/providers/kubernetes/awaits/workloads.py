"""Deployments, StatefulSets, DaemonSets and Jobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.providers.kubernetes.api import Object
from sandbox.providers.kubernetes.awaits.look import (
    READY,
    Judge,
    Look,
    Verdict,
    conditions,
    observed,
    pluck,
    waiting,
)  # fmt: skip
from sandbox.providers.kubernetes.awaits.pods import problems
from sandbox.providers.kubernetes.objects import annotation

_REVISION: Final = "deployment.kubernetes.io/revision"
_NO_LIVE_PODS: Final = "Minimum number of live Pods was not attained"
_TOO_FEW_PODS: Final = "Minimum number of Pods to consider the application live was not attained"
_NO_ROLL: Final = (
    "Attempted to roll forward to new ReplicaSet, but minimum number of Pods did not become live"
)
_HOPELESS: Final = frozenset({"BackoffLimitExceeded", "DeadlineExceeded"})


def deployment(look: Look) -> Judge:
    """Available, rolled out to its newest ReplicaSet, that one's pods ready, and its claims bound."""

    def judge(obj: Object) -> Verdict:
        if not observed(obj):
            return waiting()
        held = conditions(obj)
        revision = annotation(obj, _REVISION)
        available = held.get("Available", {}).get("status") == "True"
        progressing = held.get("Progressing", {})
        rolled = progressing.get("status") == "True" and progressing.get("reason") == "NewReplicaSetAvailable"
        said = [_sentence(held[name]) for name in ("Progressing", "Available") if _false(held.get(name))]
        if not available:
            return waiting(*said, _NO_LIVE_PODS)
        if revision != "1" and not rolled:
            return waiting(*said, _TOO_FEW_PODS)
        if not _replica_set_ready(look, obj, revision):
            return waiting(*said, _TOO_FEW_PODS if revision == "1" else _NO_ROLL)
        return _claims(look, obj)

    return judge


def _replica_set_ready(look: Look, obj: Object, revision: str) -> bool:
    for replica_set in look.owned("apps/v1", "ReplicaSet", obj):
        if annotation(replica_set, _REVISION) == revision:
            wanted = pluck(replica_set, "spec", "replicas")
            ready = pluck(replica_set, "status", "readyReplicas") or 0
            return bool(ready >= (1 if wanted is None else wanted))
    return False


def _claims(look: Look, obj: Object) -> Verdict:
    volumes = pluck(obj, "spec", "template", "spec", "volumes") or []
    names = [
        volume["persistentVolumeClaim"]["claimName"]
        for volume in volumes
        if "persistentVolumeClaim" in volume
    ]
    unbound = []
    for name in names:
        claim = look.named("v1", "PersistentVolumeClaim", name)
        if claim is not None and pluck(claim, "status", "phase") != "Bound":
            unbound.append(name)
    return waiting(f'Failed to bind PersistentVolumeClaim(s): "{",".join(unbound)}"') if unbound else READY


def stateful_set(_look: Look) -> Judge:
    """All replicas there and ready, and of the newest revision."""

    def judge(obj: Object) -> Verdict:
        if not observed(obj):
            return waiting()
        status = obj.get("status", {})
        wanted = pluck(obj, "spec", "replicas") or 0
        ready = status.get("readyReplicas", 0)
        there = wanted == status.get("replicas", 0) and wanted == ready
        current, update = status.get("currentRevision", ""), status.get("updateRevision", "")
        on_delete = (
            pluck(obj, "spec", "updateStrategy", "type") == "OnDelete" and obj["metadata"]["generation"] > 1
        )
        if there and (
            on_delete or (wanted == status.get("currentReplicas", 0) and current and current == update)
        ):
            return READY
        reasons = [] if there else [f"{ready} out of {wanted} replicas succeeded readiness checks"]
        if current != update:
            reasons.append(
                f'StatefulSet controller failed to advance from revision "{current}" to revision "{update}"'
            )
        return waiting(*reasons)

    return judge


def daemon_set(_look: Look) -> Judge:
    """Scheduled, updated, available and ready on every node it wants."""

    def judge(obj: Object) -> Verdict:
        if not observed(obj):
            return waiting()
        status = obj.get("status", {})
        wanted = status.get("desiredNumberScheduled", 0)
        counts = ("currentNumberScheduled", "updatedNumberScheduled", "numberAvailable", "numberReady")
        short = [f"{name}: {status.get(name, 0)}/{wanted}" for name in counts if status.get(name, 0) < wanted]
        return waiting(*short) if short else READY

    return judge


def job(_look: Look) -> Judge:
    """Run to completion; a Job out of retries or time has failed for good."""

    def judge(obj: Object) -> Verdict:
        held = conditions(obj)
        failed = held.get("Failed", {})
        if failed.get("status") == "True" and failed.get("reason") in _HOPELESS:
            return Verdict(ready=False, failed=True, reasons=[_sentence(failed)])
        done = held.get("Complete", {}).get("status") == "True" and pluck(obj, "status", "startTime")
        return READY if done else waiting()

    return judge


def pod_problems(look: Look, obj: Object) -> list[str]:
    """What the pods of a workload say; asked once, when waiting was in vain."""
    owners: Iterable[Mapping[str, Any]] = [obj]
    if obj["kind"] == "Deployment":
        revision = annotation(obj, _REVISION)
        owners = [
            item
            for item in look.owned("apps/v1", "ReplicaSet", obj)
            if annotation(item, _REVISION) == revision
        ]
    found = [
        problem for owner in owners for pod in look.owned("v1", "Pod", owner) for problem in problems(pod)
    ]
    return list(dict.fromkeys(found))


def _false(condition: Mapping[str, Any] | None) -> bool:
    return condition is not None and condition.get("status") != "True"


def _sentence(condition: Mapping[str, Any]) -> str:
    return f"[{condition.get('reason', '')}] {condition.get('message', '')}"
