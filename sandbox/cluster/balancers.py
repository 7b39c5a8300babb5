"""The stand-in for load-balancer controllers: a Service of that type gets an NLB in AWS, and its name."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.cluster.aws import Aws
from sandbox.cluster.ledger import Ledger
from sandbox.cluster.loop import Kind, Loop
from sandbox.controlplane.client import Client, Object
from sandbox.controlplane.watching import Watcher

log = logging.getLogger(__name__)

FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
_SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme"
_PUBLIC, _INTERNAL = "internet-facing", "internal"
# The tags by which AWS's controllers find subnets; without them a Service waits forever, here as there.
SUBNET_TAGS = {_PUBLIC: "kubernetes.io/role/elb", _INTERNAL: "kubernetes.io/role/internal-elb"}


def scheme(service: Mapping[str, Any]) -> str:
    """Public or internal: as annotated; otherwise internal with AWS's controller's class, public without."""
    annotated = (service["metadata"].get("annotations") or {}).get(_SCHEME)
    default = _INTERNAL if service["spec"].get("loadBalancerClass") else _PUBLIC
    return str(annotated or default)


def balancer_name(service: Mapping[str, Any]) -> str:
    """Name of its load balancer, at most 32 characters, formed as AWS's controller does."""
    meta = service["metadata"]
    mark = hashlib.sha256(meta["uid"].encode()).hexdigest()[:10]
    return f"k8s-{meta['namespace'][:8].strip('-')}-{meta['name'][:8].strip('-')}-{mark}"


class Balancers:
    """Makes a network load balancer for each Service that asks for one, and removes it with the Service."""

    def __init__(self, client: Client, aws: Aws, ledger: Ledger) -> None:
        self._client = client
        self._aws = aws
        self._ledger = ledger

    def loop(self) -> Loop:
        """The loop that drives it."""
        return Loop("balancers", self._client, [Kind("v1", "Service")], self.step)

    def step(self, watchers: Sequence[Watcher]) -> None:
        """One round."""
        for body in watchers[0].objects():
            service = {**body, "apiVersion": "v1", "kind": "Service"}
            finalizers = service["metadata"].get("finalizers") or []
            wanted = service["spec"].get("type") == "LoadBalancer"
            if FINALIZER in finalizers and (service["metadata"].get("deletionTimestamp") or not wanted):
                self._remove(service, finalizers)
            elif wanted and not service["metadata"].get("deletionTimestamp") and not _address(service):
                self._make(service, finalizers)

    def _make(self, service: Object, finalizers: list[str]) -> None:
        kind = scheme(service)
        subnets = self._aws.tagged_subnets(SUBNET_TAGS[kind])
        if not subnets:
            log.warning(
                "Service %s waits: no subnet of the cluster's VPC carries the tag %s",
                service["metadata"]["name"],
                SUBNET_TAGS[kind],
            )
            return
        if FINALIZER not in finalizers:
            self._client.patch(service, {"metadata": {"finalizers": [*finalizers, FINALIZER]}})
        host = self._aws.make_balancer(balancer_name(service), kind, subnets)
        change = {"status": {"loadBalancer": {"ingress": [{"hostname": host}]}}}
        self._client.patch(service, change, subresource="status")
        self._ledger.note("load balancers of Services: named and billed, no traffic passes through them")

    def _remove(self, service: Object, finalizers: list[str]) -> None:
        self._aws.remove_balancer(balancer_name(service))
        left = [entry for entry in finalizers if entry != FINALIZER]
        self._client.patch(service, {"metadata": {"finalizers": left}})


def _address(service: Mapping[str, Any]) -> bool:
    return bool(((service.get("status") or {}).get("loadBalancer") or {}).get("ingress"))
