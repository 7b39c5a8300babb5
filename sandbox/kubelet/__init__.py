"""What a kubelet, a scheduler or a controller would look up, judged on plain objects.

The rehearsal's nodes are simulated: they report Ready for an image, a Secret, a ConfigMap or a port that
does not exist. So this package looks up, over all objects of a cluster, what real machines would, and names
whatever is missing. Everything here is pure: dictionaries in, references out.

>>> for missing in lookups(objects):  # doctest: +SKIP
...     print(missing)
Deployment kubeflow/api: spec.template.spec.containers[0].envFrom[0].secretRef.name asks for Secret ...
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.kubelet.objects import Index, Options, Reference, Unresolved, pod_of
from sandbox.kubelet.pods import pod_references
from sandbox.kubelet.scheduling import Machine, unschedulable, unusable
from sandbox.kubelet.twins import broken_twin, unseen_twins
from sandbox.kubelet.wiring import wiring_references

__all__ = [
    "Index",
    "Machine",
    "Options",
    "Reference",
    "Unresolved",
    "broken_twin",
    "lookups",
    "references",
    "references_of",
    "unschedulable",
    "unseen_twins",
    "unusable",
]


def lookups(objects: Sequence[Mapping[str, Any]], options: Options | None = None) -> list[Unresolved]:
    """Every reference of the cluster's objects that does not resolve. Empty is good."""
    return [reference.unresolved() for reference in references(objects, options) if reference.problem]


def references(objects: Sequence[Mapping[str, Any]], options: Options | None = None) -> list[Reference]:
    """Every reference of the cluster's objects, resolved or not."""
    known = options or Options()
    index = Index([*objects, *known.elsewhere])
    found: list[Reference] = []
    for item in objects:
        found.extend(references_of(item, index, known))
    return found


def references_of(item: Mapping[str, Any], index: Index, options: Options) -> Iterator[Reference]:
    """The references that one object holds, looked up in `index`."""
    pod = pod_of(item)
    if pod is not None:
        yield from pod_references(pod, index, options)
    yield from wiring_references(item, index, options)
