"""Every Kubernetes object that the project itself writes, as the API server would get it.

From the program under mocks, for each committed environment. What charts and kustomizations bring is written
by others and judged elsewhere: by digest, and through the values that we give them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.infra.environments import made

ENVIRONMENTS = ("dev", "staging", "prod")
KUBERNETES = "1.35"
"""Version of the clusters; see the stack files."""

_NOT_OBJECTS = ("kubernetes:helm.sh", "kubernetes:kustomize", "kubernetes:yaml", "pulumi:")
_TEMPLATES = {
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "DaemonSet": ("spec", "template"),
    "Deployment": ("spec", "template"),
    "Job": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
}


@dataclass(frozen=True)
class Rendered:
    """One object of one environment."""

    environment: str
    manifest: dict[str, Any]

    @property
    def kind(self) -> str:
        """Its kind, ``StatefulSet``."""
        return str(self.manifest["kind"])

    @property
    def namespace(self) -> str:
        """Where it lives; empty for what belongs to the whole cluster."""
        return str(self.manifest["metadata"].get("namespace", ""))

    @property
    def id(self) -> str:
        """What a table of explanations calls it, in every environment: ``StatefulSet/features/redis``."""
        return "/".join(
            part for part in (self.kind, self.namespace, self.manifest["metadata"]["name"]) if part
        )

    @property
    def pod(self) -> dict[str, Any] | None:
        """The pod that it makes or is: metadata and spec; None for everything else."""
        if self.kind == "Pod":
            return self.manifest
        path = _TEMPLATES.get(self.kind)
        return functools.reduce(lambda value, key: value[key], path, self.manifest) if path else None


@functools.cache
def rendered(environment: str) -> tuple[Rendered, ...]:
    """Objects of one environment."""
    found = (item for item in made(environment).resources if item.type.startswith("kubernetes:"))
    return tuple(
        Rendered(environment, whole(item.inputs)) for item in found if not item.type.startswith(_NOT_OBJECTS)
    )


def every() -> Iterator[Rendered]:
    """Objects of all environments."""
    for environment in ENVIRONMENTS:
        yield from rendered(environment)


def whole(value: Any) -> Any:
    """Numbers as they were: on their way through the engine's protocol integers become fractions."""
    if isinstance(value, dict):
        return {key: whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [whole(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
