"""A zone is gone: what is left of every controller that serves, in the worst case that its rules allow; pure.

A rule that spreads pods over zones and cannot be waived bounds how many of them one zone may hold. Without
such a rule the scheduler may put them all into one, so nothing is counted as left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Object = Mapping[str, Any]
ZONE = "topology.kubernetes.io/zone"
_SERVING = ("Deployment", "StatefulSet")


@dataclass(frozen=True)
class Left:
    """One controller after the worst zone is gone: ready pods left, and how many are enough."""

    name: str
    replicas: int
    left: int
    enough: int

    @property
    def survives(self) -> bool:
        """Whether it goes on serving."""
        return self.left >= self.enough


def without_a_zone(objects: Sequence[Object], zones: int) -> list[Left]:
    """Every Deployment and StatefulSet whose pods a Service selects, after its worst zone is gone.

    Args:
        objects: rendered or live objects of the cluster.
        zones: how many zones the nodes are in.
    """
    serving = [item for item in objects if item.get("kind") in _SERVING and _is_served(item, objects)]
    return [_left(item, objects, zones) for item in serving]


def shortfalls(objects: Sequence[Object], zones: int) -> list[str]:
    """Controllers that a zone takes with it, a sentence each."""
    return [
        f"{one.name}: {one.left} of {one.replicas} pods left without its worst zone, {one.enough} are needed"
        for one in without_a_zone(objects, zones)
        if not one.survives
    ]


def _left(item: Object, objects: Sequence[Object], zones: int) -> Left:
    replicas = item["spec"].get("replicas", 1)
    lost = min(replicas, most_in_one_zone(item["spec"]["template"]["spec"], replicas, zones))
    return Left(_name(item), replicas, replicas - lost, _enough(item, objects, replicas))


def most_in_one_zone(pod: Object, replicas: int, zones: int) -> int:
    """The most pods that one zone may hold: as evenly as a hard rule says, or all of them."""
    for rule in pod.get("topologySpreadConstraints") or ():
        if rule.get("topologyKey") == ZONE and rule.get("whenUnsatisfiable") == "DoNotSchedule":
            skew = int(rule.get("maxSkew", 1))
            return min(replicas, (replicas + skew * (zones - 1)) // zones)
    for term in _hard_anti_affinity(pod):
        if term.get("topologyKey") == ZONE:
            return 1
    return replicas


def _hard_anti_affinity(pod: Object) -> Sequence[Object]:
    anti = (pod.get("affinity") or {}).get("podAntiAffinity") or {}
    return anti.get("requiredDuringSchedulingIgnoredDuringExecution") or ()


def _enough(item: Object, objects: Sequence[Object], replicas: int) -> int:
    """What its disruption budget asks for, and one at least."""
    labels = item["spec"]["template"]["metadata"].get("labels") or {}
    asked = [
        _count(budget["spec"]["minAvailable"], replicas)
        for budget in objects
        if budget.get("kind") == "PodDisruptionBudget"
        and _place(budget) == _place(item)
        and _matches((budget["spec"].get("selector") or {}).get("matchLabels") or {}, labels)
        and budget["spec"].get("minAvailable") is not None
    ]
    return max([1, *asked])


def _count(value: int | str, replicas: int) -> int:
    """A number, or a percentage of the replicas, which Kubernetes rounds up."""
    if isinstance(value, int):
        return value
    return math.ceil(replicas * int(value.removesuffix("%")) / 100)


def _is_served(item: Object, objects: Sequence[Object]) -> bool:
    labels = item["spec"]["template"]["metadata"].get("labels") or {}
    return any(
        service.get("kind") == "Service"
        and _place(service) == _place(item)
        and _matches(service["spec"].get("selector") or {}, labels)
        for service in objects
    )


def _matches(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return bool(selector) and selector.items() <= labels.items()


def _place(item: Object) -> str:
    return str(item["metadata"].get("namespace", "default"))


def _name(item: Object) -> str:
    return f"{item['kind']} {_place(item)}/{item['metadata']['name']}"
