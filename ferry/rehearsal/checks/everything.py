"""Every object of the cluster, of every kind that it serves."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sandbox.controlplane.client import ApiError, Client

NOISE = frozenset(
    {"Event", "Lease", "EndpointSlice", "Endpoints", "ComponentStatus", "FlowSchema", "ControllerRevision"}
)
"""Kinds that hold no reference a kubelet or controller would follow for a user, and are many."""


def live_objects(kube: Client) -> list[dict[str, Any]]:
    """All objects, except of kinds that only keep the cluster's own books."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        found = pool.map(lambda what: _list(kube, *what), list(_kinds(kube)))
        return [item for items in found for item in items]


def _kinds(kube: Client) -> Iterator[tuple[str, str]]:
    versions = ["v1"]
    versions += [
        group["preferredVersion"]["groupVersion"] for group in kube.request("GET", "/apis")["groups"]
    ]
    for version in versions:
        path = f"/apis/{version}" if "/" in version else f"/api/{version}"
        for entry in kube.request("GET", path)["resources"]:
            if "/" not in entry["name"] and "list" in entry["verbs"] and entry["kind"] not in NOISE:
                yield version, entry["kind"]


def _list(kube: Client, version: str, kind: str) -> list[dict[str, Any]]:
    try:
        return kube.list(version, kind)
    except ApiError as error:
        if error.status in {404, 405}:  # the kind was served a moment ago, or cannot be listed after all
            return []
        raise
