"""What guard, watchdog and rollback read and write in the cluster. Thin; the official client.

Every write names the resourceVersion that was read, so of two that write at once one is refused.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from ferry.guard.decide import LEASE, Lease
from workloads.patterns import migration, routes
from workloads.patterns.migration import VERSION, Migration, Names
from workloads.patterns.routes import Read, Share
from workloads.slots import Slots, recalled
from workloads.state import Slot

PATIENCE = (1.0, 2.0)
"""Seconds to connect, and to wait for an answer: a guard that hangs is none."""
LAST_STEP = "ferry.dev/last-step"
"""Annotation of the Lease: when its holder last made a whole step. The watchdog reads it."""
LOST = 409
"""Somebody else was first."""
_MISSING = 404
_GROUP, _VERSION, _PLURAL = "gateway.networking.k8s.io", "v1", "httproutes"
_SLICES = ("discovery.k8s.io", "v1", "endpointslices")

FAILURES = (ApiException, HTTPError, OSError, migration.MigrationError)
"""What reading or writing may end with; nothing was changed then, or somebody else changed it."""


@dataclass(frozen=True)
class Pod:
    """Where one pod of a Service answers."""

    address: str
    ready: bool


@dataclass(frozen=True)
class Held:
    """The Lease as it was read.

    Attributes:
        version: what a write must match; empty where there is none yet.
        stepped: when its holder last made a whole step (seconds since 1970).
    """

    lease: Lease | None
    version: str
    stepped: float | None


class Cluster:
    """One workload's objects.

    Args:
        api: a client of the API server; see :func:`connect`.
    """

    def __init__(self, api: Any, names: Names) -> None:
        self.names = names
        self._core = client.CoreV1Api(api)
        self._leases = client.CoordinationV1Api(api)
        self._apps = client.AppsV1Api(api)
        self._custom = client.CustomObjectsApi(api)

    def told(self) -> Migration:
        """What Pulumi says.

        Raises:
            MigrationError: nothing readable.
            ApiException: refused, or not there.
        """
        names = self.names
        found = self._core.read_namespaced_config_map(
            names.migration, names.namespace, _request_timeout=PATIENCE
        )
        return migration.read(found.data or {})

    def overlay(self) -> dict[str, Any] | None:
        """The guard's route; None if there is none."""
        try:
            found: dict[str, Any] = self._custom.get_namespaced_custom_object(
                *self._place, self.names.overlay, _request_timeout=PATIENCE
            )
        except ApiException as error:
            if error.status == _MISSING:
                return None
            raise
        return found

    def create(self, told: Migration, *, latched: int | None) -> None:
        """The overlay at the stage's least weight; it takes no request before every proxy knows it."""
        body = routes.overlay(told, Share(0, slots_of(told, None)), latched=latched, warming=True)
        self._custom.create_namespaced_custom_object(*self._place, body, _request_timeout=PATIENCE)

    def write(
        self,
        told: Migration,
        read: Read,
        weight: int,
        latched: int | None,
        *,
        opens: bool = False,
        slots: Slots | None = None,
    ) -> None:
        """Other weights and the latch, in one patch.

        Args:
            opens: a route that warms up takes requests from now on.
            slots: who answers within the platform; None leaves that as it was.

        Raises:
            ApiException: status :data:`LOST` if the route is no longer the one that was read.
        """
        warming = read.warming and not opens
        share = Share(weight, slots or slots_of(told, read))
        body = routes.overlay(told, share, latched=latched, warming=warming)
        change = {
            "metadata": {**body["metadata"], "resourceVersion": read.version},
            "spec": body["spec"],
        }
        self._custom.patch_namespaced_custom_object(
            *self._place, self.names.overlay, change, _request_timeout=PATIENCE
        )

    def held(self) -> Held:
        """Who has the lease."""
        try:
            found = self._leases.read_namespaced_lease(
                self.names.overlay, self.names.namespace, _request_timeout=PATIENCE
            )
        except ApiException as error:
            if error.status == _MISSING:
                return Held(None, "", None)
            raise
        spec, note = found.spec, (found.metadata.annotations or {}).get(LAST_STEP)
        lease = None
        if spec.holder_identity and spec.renew_time:
            until = spec.renew_time + timedelta(seconds=spec.lease_duration_seconds or LEASE)
            lease = Lease(spec.holder_identity, until.timestamp())
        return Held(lease, found.metadata.resource_version, float(note) if note else None)

    def claim(self, me: str, now: float, held: Held, stepped: float | None) -> None:
        """Take or renew the lease, and say when the last whole step was.

        Raises:
            ApiException: status :data:`LOST` if somebody else did.
        """
        names = self.names
        body = {
            "metadata": {
                "name": names.overlay,
                "annotations": {LAST_STEP: repr(stepped)} if stepped is not None else {},
                **({"resourceVersion": held.version} if held.version else {}),
            },
            "spec": {
                "holderIdentity": me,
                "renewTime": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "leaseDurationSeconds": int(LEASE),
            },
        }
        if held.version:
            self._leases.replace_namespaced_lease(
                names.overlay, names.namespace, body, _request_timeout=PATIENCE
            )
        else:
            self._leases.create_namespaced_lease(names.namespace, body, _request_timeout=PATIENCE)

    def versions(self) -> dict[Slot, str | None]:
        """Digest of the model in each slot; None in an empty one."""
        return {slot: self._version(self.names.slot(slot)) for slot in Slot}

    def _version(self, name: str) -> str | None:
        try:
            found = self._apps.read_namespaced_deployment(
                name, self.names.namespace, _request_timeout=PATIENCE
            )
        except ApiException as error:
            if error.status == _MISSING:
                return None
            raise
        return (found.metadata.annotations or {}).get(VERSION)

    def pods(self, labels: Mapping[str, str], namespace: str | None = None) -> list[Pod]:
        """Pods behind the Services with these labels, as the endpoint slices say.

        Read as plain objects: the slice of a Service without pods says ``endpoints: null``, which the
        client's own class for it refuses.
        """
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        place = (*_SLICES[:2], namespace or self.names.namespace, _SLICES[2])
        found = self._custom.list_namespaced_custom_object(
            *place, label_selector=selector, _request_timeout=PATIENCE
        )
        ends = [end for item in found["items"] for end in item.get("endpoints") or []]
        return [
            Pod(end["addresses"][0], (end.get("conditions") or {}).get("ready") is not False) for end in ends
        ]

    @property
    def _place(self) -> tuple[str, str, str, str]:
        return _GROUP, _VERSION, self.names.namespace, _PLURAL


def slots_of(told: Migration, read: Read | None, versions: Mapping[Slot, str | None] | None = None) -> Slots:
    """Who answers within the platform: as the route's note says, under the pin of configuration.

    Without a note it is the slot that has the most now, blue at first.
    """
    holds = versions or dict.fromkeys(Slot)
    if read is not None and read.slots:
        with contextlib.suppress(ValueError):  # somebody edited it: what answers goes on answering
            return recalled(read.slots, holds, told.active)
    within = read.within if read else {}
    most = max(Slot, key=lambda slot: (within.get(slot, 0), slot is Slot.BLUE))
    return Slots(active=told.active or most, versions=holds, pin=told.active)


def connect(context: str | None = None, config_file: str | None = None) -> Any:
    """A client as this pod's account, or as kubeconfig says where there is no pod.

    Raises:
        ConfigException: neither is there.
    """
    own = client.Configuration()
    if context is None and config_file is None:
        config.load_config(client_configuration=own)
    else:
        config.load_kube_config(config_file, context, client_configuration=own)
    own.retries = False  # a step that failed is made again anyway, with fresh eyes
    return client.ApiClient(own)
