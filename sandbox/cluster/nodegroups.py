"""The stand-in for EKS's node groups: their machines join the cluster, and are drained before they leave."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.cluster.aws import Aws
from sandbox.cluster.ledger import Ledger
from sandbox.cluster.loop import Kind, Loop
from sandbox.cluster.nodes import MADE_BY_LABEL, Place, node, places
from sandbox.controlplane.client import MANAGER, ApiError, Client, Object
from sandbox.controlplane.watching import Watcher
from sandbox.worldspec import WorldSpec

log = logging.getLogger(__name__)

_DRAIN_S = 15.0  # EKS gives 15 minutes; a simulated pod ends at once unless a budget forbids it
_REFUSED_BY_BUDGET = 429
_ASK_EVERY_S = 2.0
"""AWS announces nothing. Machines take minutes to join there, so nobody waits for less than this."""


class NodeGroups:
    """Makes and removes Node objects for the managed node groups that AWS has."""

    def __init__(self, spec: WorldSpec, client: Client, aws: Aws, ledger: Ledger) -> None:
        self._spec = spec
        self._client = client
        self._aws = aws
        self._ledger = ledger
        self._leaving: dict[str, float] = {}  # node name → when its drain began
        self._known: dict[str, Place] = {}
        self._asked = -math.inf

    def loop(self) -> Loop:
        """The loop that drives it."""
        return Loop("nodegroups", self._client, [Kind("v1", "Node")], self.step, every_s=_ASK_EVERY_S)

    def step(self, watchers: Sequence[Watcher]) -> None:
        """One round."""
        wanted = self._wanted()
        present = {
            item["metadata"]["name"]: item
            for item in watchers[0].objects()
            if (item["metadata"].get("labels") or {}).get(MADE_BY_LABEL) == MANAGER
        }
        for name, place in wanted.items():
            if name not in present:
                self._join(place)
        for name in present.keys() - wanted.keys():
            self._leave(present[name])

    def _wanted(self) -> dict[str, Place]:
        """Where machines should stand. A heartbeat of a node is no reason to ask AWS again."""
        if time.monotonic() - self._asked >= _ASK_EVERY_S:
            self._known, self._asked = self._ask(), time.monotonic()
        return self._known

    def _ask(self) -> dict[str, Place]:
        found: dict[str, Place] = {}
        for group in self._aws.node_groups():
            if group.get("status") in {"DELETING", "CREATE_FAILED"}:
                continue
            subnets = self._aws.subnets(group["subnets"])
            stands = places(group, subnets, self._spec.region)
            found.update({place.name: place for place in stands})
        return found

    def _join(self, place: Place) -> None:
        group = place.group
        hardware = self._aws.instance_type((group.get("instanceTypes") or ["t3.medium"])[0])
        body = node(place, hardware, str(group.get("version") or "1.35"))
        try:
            self._client.create(body)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            return  # our watch is a moment behind
        self._ledger.note("machines and kubelets of managed node groups (kwok)")

    def _leave(self, body: Object) -> None:
        """Cordon and evict; delete the node once it is empty or its time is up."""
        name = body["metadata"]["name"]
        began = self._leaving.setdefault(name, time.monotonic())
        if not (body["spec"].get("unschedulable")):
            self._client.patch(
                {**body, "apiVersion": "v1", "kind": "Node"}, {"spec": {"unschedulable": True}}
            )
        pods = [
            pod
            for pod in self._client.list("v1", "Pod", fields=f"spec.nodeName={name}")
            if not _of_daemon_set(pod)
        ]
        late = time.monotonic() - began > _DRAIN_S
        for pod in pods:
            self._evict(pod, force=late)
        if not pods or late:
            self._client.delete({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
            self._leaving.pop(name, None)

    def _evict(self, pod: Object, *, force: bool) -> None:
        if force:
            self._client.delete(pod, grace_s=0)
            return
        meta = {key: pod["metadata"][key] for key in ("name", "namespace")}
        url = self._client.resource("v1", "Pod").url(meta["namespace"], meta["name"], "eviction")
        try:
            self._client.request(
                "POST", url, {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": meta}
            )
        except ApiError as error:
            if error.status not in {404, _REFUSED_BY_BUDGET}:
                raise


def _of_daemon_set(pod: Mapping[str, Any]) -> bool:
    owners = pod["metadata"].get("ownerReferences") or []
    return any(owner["kind"] == "DaemonSet" for owner in owners)
