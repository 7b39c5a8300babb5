"""What one provider instance was configured with: its API server, or why there is none, and its switches."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sandbox.providers.base import ProviderError
from sandbox.providers.kubernetes.api import Api
from sandbox.providers.kubernetes.awaits import Waiter
from sandbox.providers.kubernetes.difference import Mutability
from sandbox.providers.kubernetes.kubeconfig import Cluster, UnreachableError, choose
from sandbox.providers.kubernetes.scopes import Scopes

RETRY_SECONDS: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""Pauses after each of the six attempts to create something whose kind or namespace is not there."""

SETTLE_SECONDS: Final = 10.0
"""How long the official provider leaves a Service's endpoints to settle."""

_NO_RENDERING: Final = (
    "renderYamlToDirectory is not emulated by the rehearsal, which applies everything to its own cluster. "
    "Leave it out, or rehearse with the official provider (--providers kubernetes=real)"
)


@dataclass(frozen=True)
class Pace:
    """How patient the provider is; the official provider's patience unless a test has less."""

    retry_seconds: Sequence[float] = RETRY_SECONDS
    settle_seconds: float = SETTLE_SECONDS


@dataclass(frozen=True)
class Switches:
    """The instance's configuration apart from the cluster."""

    mutability: Mutability = field(default_factory=Mutability)
    server_side: bool = True
    force: bool = False
    upsert: bool = False

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Switches:
        """From the provider's arguments."""
        return cls(
            Mutability(_on(config, "enableConfigMapMutable"), _on(config, "enableSecretMutable")),
            server_side=_on(config, "enableServerSideApply", default=True),
            force=_on(config, "enablePatchForce"),
            upsert=_on(config, "upsertExistingObjects"),
        )


class Connection:
    """One configured instance. ``unreachable`` says why there is no API server; None when there is one."""

    def __init__(
        self, cluster: Cluster, pace: Pace, config: Mapping[str, Any], journal: Journal | None = None
    ) -> None:
        if config.get("renderYamlToDirectory"):
            raise ProviderError(_NO_RENDERING)
        self.switches = Switches.of(config)
        self.scopes = Scopes()
        self.pace = pace
        self.unreachable: str | None = None
        self.namespace = "default"
        self.journal = journal or Journal(cluster.state / "warnings.jsonl")
        self._waits = cluster.state / "waits.jsonl"
        self._choose(cluster, config)

    def _choose(self, cluster: Cluster, config: Mapping[str, Any]) -> None:
        try:
            chosen = choose(config, cluster)
        except UnreachableError as error:
            self.unreachable = str(error)
            return
        self.namespace = chosen.namespace
        self._api = Api(chosen.access)
        self._waiter = Waiter(self._api, self._waits, self.pace.settle_seconds)

    @property
    def api(self) -> Api:
        """The API server. Raises ProviderError when there is none."""
        self.must_reach()
        return self._api

    @property
    def waiter(self) -> Waiter:
        """Waits on the API server. Raises ProviderError when there is none."""
        self.must_reach()
        return self._waiter

    def cancel(self) -> None:
        """End every wait soon."""
        if not self.unreachable:
            self._api.cancelled.set()

    def must_reach(self) -> None:
        """Raise ProviderError when there is no API server."""
        if self.unreachable:
            raise ProviderError(f"configured Kubernetes cluster is unreachable: {self.unreachable}")

    def namespaced(self, obj: Mapping[str, Any]) -> bool:
        """Whether objects like this live in a namespace."""
        return self.scopes.namespaced(obj, None if self.unreachable else self._api)


class Journal:
    """What a person should hear of but no operation fails for: the API server's warnings, by resource."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def warn(self, urn: str, message: str) -> None:
        """Write it down: ``{urn, message, time}``, one JSON object per line."""
        line = json.dumps({"urn": urn, "message": message, "time": time.time()})
        with self._lock, self._path.open("a") as file:
            file.write(line + "\n")


def _on(config: Mapping[str, Any], key: str, *, default: bool = False) -> bool:
    value = config.get(key)
    return default if value in {None, ""} else str(value).lower() == "true"
