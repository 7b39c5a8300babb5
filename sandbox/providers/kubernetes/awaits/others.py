"""Services, ingresses, volumes, claims, quotas, tokens, and conditions that an annotation names."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from typing import Any, Final

from sandbox.providers.base import ProviderError
from sandbox.providers.kubernetes.api import Object
from sandbox.providers.kubernetes.awaits.look import READY, Judge, Look, Verdict, conditions, pluck, waiting
from sandbox.providers.kubernetes.objects import metadata

_NO_PODS: Final = (
    "Service does not target any Pods. Selected Pods may not be ready, or "
    "field '.spec.selector' may not match labels on any Pods"
)
_NO_ADDRESS: Final = "Service was not allocated an IP address; does your cloud provider support this?"
_NO_ENDPOINT: Final = "Ingress has at least one rule with an unavailable target endpoint."
_NO_INGRESS_ADDRESS: Final = "Ingress .status.loadBalancer field was not updated with a hostname/IP address."
_TOKEN: Final = "kubernetes.io/service-account-token"  # noqa: S105 - a type of Secret, not one
_STEP: Final = re.compile(r'\.([A-Za-z0-9_-]+)|\[(\d+)\]|\["([^"]+)"\]')


class _Settling:
    """Some seconds after a thing was first seen, as the official provider leaves endpoints time to settle."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: float | None = None

    def settled(self, seen: bool) -> bool:
        if seen and self._since is None:
            self._since = time.monotonic()
        return self._since is not None and time.monotonic() - self._since >= self._seconds


def service(look: Look) -> Judge:
    """With an address if it is a load balancer, and its endpoints settled with none pending."""
    settling = _Settling(look.settle_seconds)

    def judge(obj: Object) -> Verdict:
        spec = obj.get("spec", {})
        balancer = spec.get("type") == "LoadBalancer"
        addressed = not balancer or bool(pluck(obj, "status", "loadBalancer", "ingress"))
        unwatched = (
            spec.get("type") == "ExternalName" or spec.get("clusterIP") == "None" or not spec.get("selector")
        )
        if unwatched:
            return READY if addressed else waiting(_NO_ADDRESS)
        endpoints = look.named("v1", "Endpoints", metadata(obj)["name"])
        subsets = (endpoints or {}).get("subsets") or []
        pending = any(subset.get("notReadyAddresses") for subset in subsets)
        if addressed and settling.settled(endpoints is not None) and not pending:
            return READY
        reasons = [] if any(subset.get("addresses") for subset in subsets) else [_NO_PODS]
        return waiting(*reasons, *([] if addressed else [_NO_ADDRESS]))

    return judge


def ingress(look: Look) -> Judge:
    """With an address, and endpoints behind every path (or none to be expected any more)."""
    settling = _Settling(look.settle_seconds)

    def judge(obj: Object) -> Verdict:
        backends = {
            path["backend"]["service"]["name"]
            for rule in pluck(obj, "spec", "rules") or []
            for path in pluck(rule, "http", "paths") or []
            if pluck(path, "backend", "service", "name")
        }
        missing = [name for name in backends if not _target(look, name)]
        reasons = [_NO_ENDPOINT] if missing and not settling.settled(seen=True) else []
        if not pluck(obj, "status", "loadBalancer", "ingress"):
            reasons.append(_NO_INGRESS_ADDRESS)
        return waiting(*reasons) if reasons else READY

    return judge


def _target(look: Look, name: str) -> bool:
    if look.named("v1", "Endpoints", name) is not None:
        return True
    found = look.named("v1", "Service", name)
    return found is not None and pluck(found, "spec", "type") == "ExternalName"


def claim(look: Look) -> Judge:
    """Bound; or pending, if its storage class waits for the first consumer."""

    def judge(obj: Object) -> Verdict:
        phase = pluck(obj, "status", "phase")
        if look.before is not None and phase == "Bound":
            return READY
        name = pluck(obj, "spec", "storageClassName")
        storage_class = look.named("storage.k8s.io/v1", "StorageClass", name) if name else None
        if (storage_class or {}).get("volumeBindingMode") == "WaitForFirstConsumer":
            return READY if phase == "Pending" else waiting()
        return READY if phase == "Bound" else waiting()

    return judge


def volume(_look: Look) -> Judge:
    """Available or bound."""
    return lambda obj: READY if pluck(obj, "status", "phase") in {"Available", "Bound"} else waiting()


def quota(_look: Look) -> Judge:
    """In force: the status repeats the limits."""
    return lambda obj: READY if pluck(obj, "spec", "hard") == pluck(obj, "status", "hard") else waiting()


def secret(_look: Look) -> Judge:
    """Filled, if it is to hold a service account's token; any other at once."""
    return lambda obj: READY if obj.get("type") != _TOKEN or obj.get("data") else waiting()


def annotated(expression: str) -> Judge:
    """The conditions of a ``pulumi.com/waitFor`` annotation: one expression or a JSON list of them."""
    try:
        parsed = json.loads(expression)
    except ValueError:
        parsed = expression
    tests = parsed if isinstance(parsed, list) else [expression]

    def judge(obj: Object) -> Verdict:
        unmet = [test for test in tests if not _met(obj, test)]
        return waiting(*(f"Waiting for {test}" for test in unmet)) if unmet else READY

    return judge


def _met(obj: Mapping[str, Any], test: str) -> bool:
    prefix, _, rest = test.partition("=")
    if prefix == "condition":
        name, _, status = rest.partition("=")
        return bool(conditions(obj).get(name, {}).get("status") == (status or "True"))
    if prefix == "jsonpath":
        path, equals, wanted = rest.partition("=")
        found = _found(obj, path)
        return str(found) == wanted if equals else found is not None
    raise ProviderError(f'expected a "jsonpath=" or "condition=" prefix, got "{test}"')


def _found(obj: Any, path: str) -> Any:
    found = obj
    for name, index, quoted in _STEP.findall(path.strip("{}")):
        if index:
            found = found[int(index)] if isinstance(found, list) and int(index) < len(found) else None
        else:
            found = found.get(name or quoted) if isinstance(found, Mapping) else None
    return found
