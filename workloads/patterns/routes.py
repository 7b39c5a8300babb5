"""The routes of one workload: Pulumi's base, and the body of the guard's overlay. Pure.

Both match the same paths. The overlay also names the method, which makes it the more specific of the two by
Gateway API's rules (path first, then method), so that it wins while it is there and the base answers when it
never was. Every backend always stands in it, and only weights change: adding or removing one gives errors for
a moment, an edit of weights loses nothing (both measured).

Envoy Gateway makes one cluster of a rule as long as all of its backends have addresses (Services, Backends
with IPs). Only within one cluster are there priorities, so the second choice is a Backend with the address of
a Service, marked ``fallback``: it gets nothing while the first choice is well, and every retry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workloads.patterns.migration import Migration, Names
from workloads.slots import Slots, noted
from workloads.state import Slot
from workloads.traffic import TABLE, WHOLE, Side, Up, traffic

PORT = 80
"""Of every Service; what it leads to is the named port ``http`` of its pods."""
COPIES = 81
"""Of every Service too; what it leads to is the named port ``copies`` of its pods."""
WARMING = "x-ferry-warming"
"""Header that no caller sends: while a new overlay asks for it, Envoy makes the clusters and nobody is sent
there. A cluster answers only after its first health check, and until then requests that its route already
takes get 503 (7 to 12 of 10,000 were lost that way)."""
LATCH = "ferry.dev/latched-epoch"
"""Annotation of the overlay: the epoch that a rollback latched, written in one patch with the weights."""
SLOTS = "ferry.dev/slots"
"""Annotation of the overlay: which slot answers, and how far the other one has come; in the same patch."""
PARTS = WHOLE * WHOLE
"""Weights of a route sum to this: percent of all requests times percent of the platform's own."""
API_VERSION, KIND = "gateway.networking.k8s.io/v1", "HTTPRoute"
_EXTENSION = "gateway.envoyproxy.io"
_METHODS = ("POST", "GET")
"""What the Open Inference Protocol uses: inference, and questions about the model."""
_SAGEMAKER = "sagemaker"
RETRIES = 1_024
"""How many may be under way at once; Envoy's default of 3 lost 40% of the requests when one side died."""
SHADOWS = 20
"""Copies that a side works on at once; it sheds the rest and counts them. Without a bound a slow shadow
raised the live p99 from 2.5 to 9 ms (measured). Envoy Gateway puts no limit on a mirror's cluster, so
who gets the copies has to."""
HEALTH = "/v2/health/ready"
"""Path at which every backend says whether it can answer."""
_LOOK = {
    "type": "HTTP",
    "interval": "1s",
    "timeout": "1s",
    "unhealthyThreshold": 2,
    "healthyThreshold": 1,
    "http": {"path": HEALTH, "expectedStatuses": [200]},
}
"""Each proxy asks each pod. Answers are not judged here (no ejection for errors): that is the guard's, which
would not see the errors of a pod that gets no requests."""


def paths(told: Migration) -> tuple[str, ...]:
    """Path prefixes that callers use.

    SageMaker's clients change only their ``endpoint_url``: they keep asking
    ``/endpoints/<name>/invocations``, which both sides therefore answer too.
    """
    own = f"/v2/models/{told.model}"
    if told.legacy.kind != _SAGEMAKER:
        return (own,)
    return (own, f"/endpoints/{told.legacy.name}/invocations")


def platform_slot(told: Migration) -> Slot:
    """The slot to which base route and copies go when nobody knows better: the pinned one, else blue."""
    return told.active or Slot.BLUE


def base(told: Migration) -> dict[str, Any]:
    """Spec of Pulumi's route: to the old system up to ``platform``, to the active slot from ``standby``."""
    names = told.names
    leads_to = names.legacy if TABLE[told.stage].base is Side.LEGACY else names.slot(platform_slot(told))
    matches = [{"path": _prefix(path)} for path in paths(told)]
    references = [_service(name, int(name == leads_to)) for name in backends(names)]
    return {**_attached(told), "rules": [{"matches": matches, "backendRefs": references}]}


def backends(names: Names) -> tuple[str, ...]:
    """Services that stand in every route, in this order."""
    return (names.legacy, names.slot(Slot.BLUE), names.slot(Slot.GREEN))


def seconds(names: Names) -> dict[str, str]:
    """Backends that can be the second choice, to the Service whose address each has."""
    return {names.second(service): service for service in backends(names)}


@dataclass(frozen=True)
class Share:
    """Who gets how much.

    Attributes:
        step: the guard's own step, percent for the platform; stage and ceiling bound it.
        slots: who answers within the platform; a version that is being judged gets copies too.
    """

    step: int
    slots: Slots


def overlay(
    told: Migration, share: Share, *, latched: int | None = None, warming: bool = False
) -> dict[str, Any]:
    """The whole object that the guard writes; apply it with the resourceVersion that was read.

    Args:
        warming: it takes no request yet; see :data:`WARMING`.

    Raises:
        ValueError: ``share.step`` is not a step of the guard.
    """
    names = told.names
    notes = {SLOTS: noted(share.slots), **({} if latched is None else {LATCH: str(latched)})}
    matches: list[dict[str, Any]] = [
        {"path": _prefix(path), "method": method} for path in paths(told) for method in _METHODS
    ]
    if warming:
        matches = [{**match, "headers": [{"name": WARMING, "value": "true"}]} for match in matches]
    rule: dict[str, Any] = {"matches": matches, "backendRefs": references(told, share)}
    if copies := mirrors(told, share):
        rule["filters"] = [_copy_to(name) for name in copies]
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {
            "name": names.overlay,
            "namespace": names.namespace,
            "labels": names.labels("guard"),
            "annotations": notes,
        },
        "spec": {**_attached(told), "rules": [rule]},
    }


def weights(told: Migration, share: Share) -> dict[str, int]:
    """Weight of each Service; they sum to :data:`PARTS`."""
    names, split = told.names, traffic(told.stage, told.ceiling, share.step)
    within = share.slots.weights
    return {
        names.legacy: split.legacy * WHOLE,
        **{names.slot(slot): split.platform * within[slot] for slot in Slot},
    }


def second(told: Migration, share: Share) -> str | None:
    """The Service that answers what the first choice did not; None where the design has none.

    At ``shadow`` the old system is its own second choice, so that the route has all its parts before the
    platform's first share and only weights change under load.
    """
    names, side = told.names, TABLE[told.stage].fallback
    if side is None:
        return names.legacy if TABLE[told.stage].up is Up.MODEL else None
    return names.legacy if side is Side.LEGACY else names.slot(_less(share.slots))


def references(told: Migration, share: Share) -> list[dict[str, Any]]:
    """Every backend with its weight; 0 for who has nothing to do. Their order never changes."""
    first, chosen = weights(told, share), second(told, share)
    return [_service(name, weight) for name, weight in first.items()] + [
        {"group": _EXTENSION, "kind": "Backend", "name": name, "weight": int(service == chosen)}
        for name, service in seconds(told.names).items()
    ]


def mirrors(told: Migration, share: Share) -> list[str]:
    """Services that get copies of all requests, answers unseen."""
    names, side = told.names, TABLE[told.stage].mirror
    found = []
    if side is Side.LEGACY:
        found.append(names.legacy)
    if side is Side.PLATFORM:
        found.append(names.slot(_more(share.slots)))
    if share.slots.judged:
        found.append(names.slot(_less(share.slots)))
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class Read:
    """What an overlay says.

    Attributes:
        weight: percent for the platform, as the guard counts it.
        within: percent of the platform's requests for each slot; both 0 while it gets none.
        version: resourceVersion; a write must name it.
        latched: epoch that is latched.
        warming: it takes no request yet.
        slots: the guard's own note about them (:func:`workloads.slots.recalled`); empty if there is none.
    """

    weight: int
    within: Mapping[Slot, int]
    version: str
    latched: int | None
    warming: bool = False
    slots: str = ""


def read(names: Names, item: Mapping[str, Any]) -> Read:
    """An overlay as the API server gives it."""
    meta = item["metadata"]
    rule = item["spec"]["rules"][0]
    found = {ref["name"]: int(ref.get("weight", 1)) for ref in rule["backendRefs"]}
    slots = {slot: found.get(names.slot(slot), 0) for slot in Slot}
    share = sum(slots.values())
    within = {slot: weight * WHOLE // share if share else 0 for slot, weight in slots.items()}
    notes = meta.get("annotations") or {}
    latch = notes.get(LATCH)
    total = share + found.get(names.legacy, 0)
    weight = share * WHOLE // total if total else 0
    warming = any("headers" in match for match in rule.get("matches") or [])
    return Read(
        weight,
        within,
        str(meta.get("resourceVersion", "")),
        int(latch) if latch else None,
        warming,
        notes.get(SLOTS, ""),
    )


def backend(address: Any) -> dict[str, Any]:
    """Spec of the Backend that is second in line; ``address`` is a Service's cluster IP, known late."""
    return {"fallback": True, "endpoints": [{"ip": {"address": address, "port": PORT}}]}


def policy(told: Migration) -> dict[str, Any]:
    """Spec of the BackendTrafficPolicy of both routes.

    An inference changes nothing, so whatever failed may be asked again, and the next try goes to the next
    priority (``numAttemptsPerPriority``): without it, a platform that dies at 100% loses requests.
    """
    names = told.names
    limits = ("maxConnections", "maxPendingRequests", "maxParallelRequests", "maxParallelRetries")
    return {
        "targetRefs": [
            {"group": "gateway.networking.k8s.io", "kind": KIND, "name": name}
            for name in (names.base, names.overlay)
        ],
        "retry": {
            "numRetries": 2,
            "numAttemptsPerPriority": 1,
            "retryOn": {
                "triggers": ["connect-failure", "refused-stream", "reset", "5xx", "retriable-status-codes"],
                "httpStatusCodes": [502, 503, 504],
            },
        },
        "circuitBreaker": dict.fromkeys(limits, RETRIES),
        "healthCheck": {"active": _LOOK},
    }


def _attached(told: Migration) -> dict[str, Any]:
    if told.way is None:
        raise ValueError(f"{told.workload} only runs in batch: there is no traffic to route")
    return {"parentRefs": [dict(told.way.parent)], "hostnames": [told.way.hostname]}


def _prefix(path: str) -> dict[str, str]:
    return {"type": "PathPrefix", "value": path}


def _service(name: str, weight: int) -> dict[str, Any]:
    return {"group": "", "kind": "Service", "name": name, "port": PORT, "weight": weight}


def _copy_to(name: str) -> dict[str, Any]:
    reference = {"group": "", "kind": "Service", "name": name, "port": COPIES}
    return {"type": "RequestMirror", "requestMirror": {"backendRef": reference}}


def _more(slots: Slots) -> Slot:
    """The slot that answers most of the platform's requests."""
    return max(Slot, key=lambda slot: (slots.weights[slot], slot is slots.active))


def _less(slots: Slots) -> Slot:
    """The other one."""
    return _more(slots).other
