"""Whether one pod may talk to another, by the network policies of a set of objects; pure.

After the documented semantics of NetworkPolicy (kubernetes.io/docs/concepts/services-networking): a
connection needs the egress side of its source *and* the ingress side of its target; a pod that no policy of a
direction selects is open in it; rules add up, and there is no rule that refuses.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Labels = Mapping[str, str]
Policy = Mapping[str, Any]


@dataclass(frozen=True)
class Pod:
    """One end of a connection.

    Attributes:
        namespace: where it runs.
        labels: its own.
        ports: its named ports.
        address: its address; None keeps it out of every ``ipBlock``, as the specification wants it.
    """

    namespace: str
    labels: Labels = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)
    address: str | None = None


@dataclass(frozen=True)
class Outside:
    """The other kind of end: an address that is no pod's."""

    address: str


End = Pod | Outside


@dataclass(frozen=True)
class Door:
    """Where a connection wants in."""

    target: End
    port: int
    protocol: str


@dataclass(frozen=True)
class Network:
    """What decides.

    Attributes:
        policies: the NetworkPolicy objects.
        namespaces: labels of each namespace.
    """

    policies: tuple[Policy, ...]
    namespaces: Mapping[str, Labels]

    def lets(self, source: End, target: End, port: int, protocol: str = "TCP") -> bool:
        """Whether the connection comes about."""
        door = Door(target, port, protocol)
        return self._passes("Egress", source, target, door) and self._passes("Ingress", target, source, door)

    def _passes(self, way: str, guarded: End, peer: End, door: Door) -> bool:
        if isinstance(guarded, Outside):
            return True
        chosen = [policy for policy in self.policies if _selects(policy, guarded) and way in types(policy)]
        key = "from" if way == "Ingress" else "to"
        return not chosen or any(
            self._peer_fits(rule.get(key), policy["metadata"]["namespace"], peer)
            and _port_fits(rule.get("ports"), door)
            for policy in chosen
            for rule in policy["spec"].get(way.lower()) or ()
        )

    def _peer_fits(self, peers: list[Any] | None, home: str, end: End) -> bool:
        return not peers or any(self._one_fits(peer, home, end) for peer in peers)

    def _one_fits(self, peer: Mapping[str, Any], home: str, end: End) -> bool:
        if "ipBlock" in peer:
            return end.address is not None and _in_block(peer["ipBlock"], end.address)
        if isinstance(end, Outside):
            return False
        spaces = peer.get("namespaceSelector")
        near = end.namespace == home if spaces is None else fits(spaces, self.labels_of(end.namespace))
        return near and fits(peer.get("podSelector") or {}, end.labels)

    def labels_of(self, namespace: str) -> Labels:
        """Labels of a namespace, its name among them, which the API server adds."""
        return {"kubernetes.io/metadata.name": namespace, **self.namespaces.get(namespace, {})}


def types(policy: Policy) -> tuple[str, ...]:
    """Directions that a policy is about; by default ingress, and egress if it has rules for it."""
    spec = policy["spec"]
    return tuple(spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]))


def fits(selector: Mapping[str, Any], labels: Labels) -> bool:
    """Whether labels fit a selector; an empty one takes all."""
    wanted = (selector.get("matchLabels") or {}).items()
    return all(labels.get(key) == value for key, value in wanted) and all(
        _expression(item, labels) for item in selector.get("matchExpressions") or ()
    )


def of(objects: Iterable[Mapping[str, Any]]) -> Network:
    """The network that these objects make."""
    listed = list(objects)
    spaces = (item["metadata"] for item in listed if item["kind"] == "Namespace")
    return Network(
        policies=tuple(item for item in listed if item["kind"] == "NetworkPolicy"),
        namespaces={meta["name"]: meta.get("labels") or {} for meta in spaces},
    )


def _selects(policy: Policy, pod: Pod) -> bool:
    same = policy["metadata"]["namespace"] == pod.namespace
    return same and fits(policy["spec"].get("podSelector") or {}, pod.labels)


def _expression(item: Mapping[str, Any], labels: Labels) -> bool:
    value, values = labels.get(item["key"]), item.get("values") or ()
    return {
        "In": value in values,
        "NotIn": value not in values,
        "Exists": item["key"] in labels,
        "DoesNotExist": item["key"] not in labels,
    }[item["operator"]]


def _in_block(block: Mapping[str, Any], address: str) -> bool:
    found = ipaddress.ip_address(address)
    within = found in ipaddress.ip_network(block["cidr"])
    return within and not any(found in ipaddress.ip_network(hole) for hole in block.get("except") or ())


def _port_fits(ports: list[Any] | None, door: Door) -> bool:
    return not ports or any(_one_port_fits(item, door) for item in ports)


def _one_port_fits(item: Mapping[str, Any], door: Door) -> bool:
    if item.get("protocol", "TCP") != door.protocol:
        return False
    wanted = item.get("port")
    if wanted is None:
        return True
    if isinstance(wanted, str):  # the target pod's name for it
        return isinstance(door.target, Pod) and door.target.ports.get(wanted) == door.port
    return bool(wanted <= door.port <= item.get("endPort", wanted))
