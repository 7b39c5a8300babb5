"""Namespaces with their pod-security level; whatever is namespaced waits for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pulumi
import pulumi_kubernetes as kubernetes

from infra.scope import Component

Level = Literal["restricted", "baseline", "privileged"]
"""Of the Pod Security Standards: ``restricted`` is good practice, ``baseline`` stops known escalations, and
``privileged`` is for daemons that read or change their node (logs, GPUs), in namespaces of their own."""


@dataclass(frozen=True)
class Space:
    """One namespace: what its pods may be, and labels by which others know it."""

    level: Level
    labels: Mapping[str, str] = field(default_factory=dict)


def labels(space: Space) -> dict[str, str]:
    """Enforce the level; warn about and record what ``restricted`` would refuse."""
    prefix = "pod-security.kubernetes.io"
    security = {f"{prefix}/enforce": space.level, f"{prefix}/warn": "restricted"}
    return {**space.labels, **security, f"{prefix}/audit": "restricted"}


class Namespaces(Component):
    """One namespace for each name.

    Attributes:
        made: name to the namespace, to wait for.
    """

    def __init__(
        self, name: str, spaces: Mapping[str, Space], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("Namespaces", name, opts)
        self.made = {namespace: self._namespace(namespace, space) for namespace, space in spaces.items()}
        self.register_outputs({"names": sorted(self.made)})

    def _namespace(self, namespace: str, space: Space) -> kubernetes.core.v1.Namespace:
        metadata = kubernetes.meta.v1.ObjectMetaArgs(name=namespace, labels=labels(space))
        return kubernetes.core.v1.Namespace(self.part(namespace), metadata=metadata, opts=self.child())
