"""Whether a pod could ever run: on a node that is there, or on one that a NodePool could make.

A pod that no NodePool can hold pends for ever; a NodePool that no pod can use costs attention and hides a
mistake (a taint nobody tolerates, a size outside the family). Both are named here, with the reason, before
anybody waits. The rules are Karpenter's: well-known labels may stay open in a NodePool, every other label
must be declared by it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sandbox.kubelet.objects import Object, Pod, dig, labels_of, name_of, pod_of, title

SUFFIXES: Mapping[str, Decimal] = {
    "m": Decimal("0.001"), "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9),
    "T": Decimal(10**12),
    "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40),
}  # fmt: skip
"""Kubernetes' quantity suffixes (core/v1 resource.Quantity)."""

HEADROOM = Decimal("0.9")
"""The share of a machine's memory and disk that is left for pods: Karpenter's default
`vmMemoryOverheadPercent` is 7.5%, the kubelet's default `nodefs.available` threshold of eviction 10%.
"""

DISK = "ephemeral-storage"
DEFAULT_DISK = "20Gi"
"""A node's root volume when its EC2NodeClass names none: Karpenter's own default."""

GPU = "nvidia.com/gpu"
NODEPOOL = "karpenter.sh/nodepool"
DAEMON_KINDS = frozenset({"DaemonSet"})


@dataclass(frozen=True)
class Machine:
    """One instance type as the cloud offers it. Memory is in bytes."""

    name: str
    cpu: int
    memory: int
    gpus: int = 0
    arch: str = "amd64"
    zones: tuple[str, ...] = ()
    capacity: tuple[str, ...] = ("on-demand", "spot")
    gpu_name: str = ""

    def labels(self) -> dict[str, frozenset[str]]:
        """Well-known label to the values that this machine can have."""
        family, _, size = self.name.partition(".")
        generation = next((char for char in family if char.isdigit()), "")
        labels = {
            "node.kubernetes.io/instance-type": {self.name},
            "karpenter.k8s.aws/instance-family": {family},
            "karpenter.k8s.aws/instance-size": {size},
            "karpenter.k8s.aws/instance-category": {
                family.partition(generation)[0] if generation else family
            },
            "karpenter.k8s.aws/instance-generation": {generation},
            "karpenter.k8s.aws/instance-cpu": {str(self.cpu)},
            "karpenter.k8s.aws/instance-memory": {str(self.memory // 2**20)},
            "karpenter.k8s.aws/instance-gpu-count": {str(self.gpus)} if self.gpus else set(),
            "karpenter.k8s.aws/instance-gpu-name": {self.gpu_name} if self.gpu_name else set(),
            "kubernetes.io/arch": {self.arch},
            "kubernetes.io/os": {"linux"},
            "karpenter.sh/capacity-type": set(self.capacity),
            "topology.kubernetes.io/zone": set(self.zones),
        }
        return {key: frozenset(values) for key, values in labels.items()}


@dataclass(frozen=True)
class Need:
    """What a pod asks of a node: alternatives of label requirements, tolerations, resources."""

    title: str
    terms: list[list[Object]]
    tolerations: list[Object]
    requests: Mapping[str, Decimal] = field(default_factory=dict)


def unschedulable(
    pod: Object,
    nodepools: Sequence[Object],
    nodes: Sequence[Object],
    machines: Sequence[Machine] = (),
    classes: Sequence[Object] = (),
) -> str:
    """Why no node and no NodePool can ever hold the pod (or a controller's pod); empty when one can.

    Without `machines` only labels and taints are judged. The node `classes` say how large a disk is. A node
    counts with its whole allocatable size: whether it is full just now is the scheduler's business.
    """
    holder = pod_of(pod)
    if holder is None:
        return ""
    need = _need(holder)
    reasons = []
    for node in nodes:
        reason = _node_refuses(node, need)
        if not reason:
            return ""
        reasons.append(f"node {name_of(node)}: {reason}")
    for pool in nodepools:
        reason = _pool_refuses(pool, need, machines, classes)
        if not reason:
            return ""
        reasons.append(f"NodePool {name_of(pool)}: {reason}")
    return f"{need.title} fits nowhere ({'; '.join(reasons) or 'there is no node and no NodePool'})"


def unusable(
    nodepool: Object,
    pods: Sequence[Object],
    machines: Sequence[Machine] = (),
    classes: Sequence[Object] = (),
) -> str:
    """Why no pod among `pods` could use the NodePool; empty when one can.

    Pods of DaemonSets do not count: they follow nodes and never ask for one.
    """
    if machines and not any(_offers(nodepool, machine) for machine in machines):
        asked = _requirements_text(nodepool)
        return f"NodePool {name_of(nodepool)}: no instance type meets its requirements ({asked})"
    holders = [pod_of(pod) for pod in pods if pod.get("kind") not in DAEMON_KINDS]
    reasons = []
    for need in (_need(holder) for holder in holders if holder is not None):
        reason = _pool_refuses(nodepool, need, machines, classes)
        if not reason:
            return ""
        reasons.append(f"{need.title}: {reason}")
    return (
        f"NodePool {name_of(nodepool)}: no pod can use it ({'; '.join(reasons[:5]) or 'there are no pods'})"
    )


def smallest(
    nodepools: Sequence[Object], pod: Object, machines: Sequence[Machine], classes: Sequence[Object] = ()
) -> frozenset[str]:
    """Names of the instance types that hold the pod with the fewest GPUs, then CPUs, over all NodePools."""
    holder = pod_of(pod)
    if holder is None:
        return frozenset()
    need = _need(holder)
    fitting = [
        machine
        for pool in nodepools
        for machine in machines
        if not _pool_refuses(pool, need, [machine], classes)
    ]
    if not fitting:
        return frozenset()
    least = min((machine.gpus, machine.cpu, machine.memory) for machine in fitting)
    return frozenset(
        machine.name for machine in fitting if (machine.gpus, machine.cpu, machine.memory) == least
    )


def quantity(text: str | int | float) -> Decimal:
    """A Kubernetes quantity in its base unit: ``500m`` is 0.5, ``2Gi`` is 2147483648."""
    value = str(text)
    suffix = next((end for end in sorted(SUFFIXES, key=len, reverse=True) if value.endswith(end)), "")
    return Decimal(value[: len(value) - len(suffix)]) * SUFFIXES.get(suffix, Decimal(1))


def requests(spec: Object) -> dict[str, Decimal]:
    """What a pod asks for: the sum of its containers, or its largest init container where that is more."""
    total: dict[str, Decimal] = {}
    for container in spec.get("containers") or []:
        for name, amount in _asked(container).items():
            total[name] = total.get(name, Decimal(0)) + amount
    for container in spec.get("initContainers") or []:
        for name, amount in _asked(container).items():
            total[name] = max(total.get(name, Decimal(0)), amount)
    return total


def _asked(container: Object) -> dict[str, Decimal]:
    resources = container.get("resources") or {}
    asked = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return {name: quantity(amount) for name, amount in asked.items()}


def _need(pod: Pod) -> Need:
    chosen = [
        {"key": key, "operator": "In", "values": [value]}
        for key, value in (pod.spec.get("nodeSelector") or {}).items()
    ]
    path = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
    terms = [chosen + list(term.get("matchExpressions") or []) for term in dig(pod.spec, path) or [{}]]
    return Need(title(pod.holder), terms, pod.spec.get("tolerations") or [], requests(pod.spec))


def _node_refuses(node: Object, need: Need) -> str:
    taint = _untolerated(dig(node, ("spec", "taints")) or [], need)
    if taint:
        return taint
    labels = {key: frozenset({value}) for key, value in labels_of(node).items()}
    label = _unmatched(need, [], labels)
    if label:
        return label
    return _too_small(
        {name: quantity(size) for name, size in (dig(node, ("status", "allocatable")) or {}).items()}, need
    )


def _pool_refuses(pool: Object, need: Need, machines: Sequence[Machine], classes: Sequence[Object]) -> str:
    template = dig(pool, ("spec", "template")) or {}
    taint = _untolerated(dig(template, ("spec", "taints")) or [], need)
    if taint:
        return taint
    gpu_limit = dig(pool, ("spec", "limits", GPU))
    if gpu_limit is not None and quantity(gpu_limit) < need.requests.get(GPU, Decimal(0)):
        return f"its limit of {gpu_limit} {GPU} is under what the pod asks for"
    if not machines:
        return _unmatched(need, _requirements(pool), _declared(pool))
    disk = _disk(pool, classes)
    reasons = {_machine_refuses(pool, need, machine, disk) for machine in machines if _offers(pool, machine)}
    if "" in reasons:
        return ""
    return " and ".join(sorted(reasons)[:2]) or "no instance type meets its requirements"


def _disk(pool: Object, classes: Sequence[Object]) -> Decimal:
    """Bytes that pods find on the root volume of a node of this NodePool."""
    named = dig(pool, ("spec", "template", "spec", "nodeClassRef", "name"))
    chosen = next((item for item in classes if name_of(item) == named), {})
    volumes = dig(chosen, ("spec", "blockDeviceMappings")) or [{}]
    root = next((volume for volume in volumes if volume.get("rootVolume")), volumes[0])
    return quantity(dig(root, ("ebs", "volumeSize")) or DEFAULT_DISK) * HEADROOM


def _machine_refuses(pool: Object, need: Need, machine: Machine, disk: Decimal) -> str:
    label = _unmatched(need, _requirements(pool), {**machine.labels(), **_declared(pool)})
    if label:
        return label
    memory = machine.memory * HEADROOM
    size = {"cpu": Decimal(machine.cpu), "memory": memory, DISK: disk, GPU: Decimal(machine.gpus)}
    return _too_small(size, need)


def _offers(pool: Object, machine: Machine) -> bool:
    labels = {**machine.labels(), **_declared(pool)}
    return all(
        _values(requirement["key"], _requirements(pool), labels) for requirement in _requirements(pool)
    )


def _requirements(pool: Object) -> list[Object]:
    return dig(pool, ("spec", "template", "spec", "requirements")) or []


def _requirements_text(pool: Object) -> str:
    return "; ".join(
        f"{entry['key']} {entry['operator']} {','.join(entry.get('values') or [])}".strip()
        for entry in _requirements(pool)
    )


def _declared(pool: Object) -> dict[str, frozenset[str]]:
    """Labels that a NodePool gives its nodes: its template's, its own name, and what it requires of custom
    keys.
    """
    known = set(Machine("x.y", 0, 0).labels())
    declared = {
        entry["key"]: frozenset(entry.get("values") or [])
        for entry in _requirements(pool)
        if entry["key"] not in known and entry["operator"] == "In"
    }
    own = dig(pool, ("spec", "template", "metadata", "labels")) or {}
    declared |= {key: frozenset({value}) for key, value in own.items()}
    return declared | {NODEPOOL: frozenset({name_of(pool)})}


def _unmatched(need: Need, wanted: Iterable[Object], labels: Mapping[str, frozenset[str]]) -> str:
    """The first requirement that fails in every alternative of the need; empty when one alternative holds."""
    reasons = [_failing(term, list(wanted), labels) for term in need.terms]
    return "" if "" in reasons or not reasons else reasons[0]


def _failing(term: list[Object], wanted: list[Object], labels: Mapping[str, frozenset[str]]) -> str:
    for requirement in term:
        key, operator = requirement["key"], requirement["operator"]
        absent_is_fine = operator in {"NotIn", "DoesNotExist"} and not labels.get(key)
        if not absent_is_fine and not _values(key, [*wanted, *term], labels):
            values = ",".join(requirement.get("values") or [])
            return f"it has no {key} {operator} {values}".strip()
    return ""


def _values(key: str, requirements: Iterable[Object], labels: Mapping[str, frozenset[str]]) -> set[str]:
    """The values of a label that satisfy every requirement on it."""
    asked = [entry for entry in requirements if entry["key"] == key]
    return {value for value in labels.get(key, frozenset()) if all(_accepts(entry, value) for entry in asked)}


def _accepts(requirement: Object, value: str) -> bool:
    operator, values = requirement["operator"], requirement.get("values") or []
    if operator not in OPERATORS:
        message = f"node requirement operator {operator!r} does not exist; use one of {', '.join(OPERATORS)}"
        raise ValueError(message)
    return OPERATORS[operator](value, values)


def _number(text: str) -> float:
    return float(text) if text.isdigit() else math.nan


OPERATORS: Mapping[str, Callable[[str, Sequence[str]], bool]] = {
    "In": lambda value, values: value in values,
    "NotIn": lambda value, values: value not in values,
    "Exists": lambda _value, _values: True,
    "DoesNotExist": lambda _value, _values: False,
    "Gt": lambda value, values: _number(value) > _number(values[0]),
    "Lt": lambda value, values: _number(value) < _number(values[0]),
    "Gte": lambda value, values: _number(value) >= _number(values[0]),
    "Lte": lambda value, values: _number(value) <= _number(values[0]),
}
"""How a label's value stands to a requirement's values; a value that is not a number is never more or less.
"""


def _too_small(size: Mapping[str, Decimal], need: Need) -> str:
    for name, amount in need.requests.items():
        if size.get(name, Decimal(0)) < amount:
            return f"it has {size.get(name, Decimal(0)):f} {name} of {amount:f} asked"
    return ""


def _untolerated(taints: Iterable[Object], need: Need) -> str:
    for taint in taints:
        if taint.get("effect") != "PreferNoSchedule" and not any(
            _tolerates(one, taint) for one in need.tolerations
        ):
            return f"its taint {taint['key']}={taint.get('value', '')}:{taint.get('effect')} is not tolerated"
    return ""


def _tolerates(toleration: Object, taint: Object) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint.get("effect"):
        return False
    if not toleration.get("key"):
        return toleration.get("operator") == "Exists"
    if toleration["key"] != taint["key"]:
        return False
    return toleration.get("operator") == "Exists" or toleration.get("value", "") == taint.get("value", "")


def needs_of(objects: Iterable[Object]) -> Iterator[Object]:
    """The objects among `objects` that are, or would make, a pod."""
    return (item for item in objects if pod_of(item) is not None)
