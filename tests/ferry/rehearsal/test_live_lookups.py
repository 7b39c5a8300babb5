"""The look-ups against a real API server, where a simulated kubelet says Ready to anything.

This tier proves that the objects of a real cluster have the shapes that the look-ups expect, and that a pod
which kwok calls Ready is still named for what it lacks (requirement B9, issue part 5). It cannot prove
anything about containers: none runs here.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from ferry.rehearsal.checks import lookups
from ferry.rehearsal.checks.everything import live_objects
from sandbox.controlplane.client import Client, Object
from sandbox.kubelet import Options
from sandbox.kubelet.objects import name_of, namespace_of

pytestmark = pytest.mark.controlplane

IMAGE = "registry.example/api@sha256:" + "a" * 64


@pytest.fixture
def space(kube: Client) -> Iterator[str]:
    """A namespace, and a node for its pods alone."""
    name = f"lookups-{uuid.uuid4().hex[:8]}"
    resources = {"cpu": "4", "memory": "8Gi", "pods": "20"}
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"lookups": name}},
        "spec": {"taints": [{"key": "lookups", "value": name, "effect": "NoSchedule"}]},
        "status": {"capacity": resources, "allocatable": resources},
    }
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    kube.apply(namespace)
    kube.create(node)
    kube.wait("v1", "ServiceAccount", "default", lambda found: found is not None, namespace=name)
    yield name
    kube.delete(namespace)
    kube.delete(node)


def pod(space: str, **container: Any) -> Object:
    """A pod for the namespace's own node."""
    spec = {
        "nodeSelector": {"lookups": space},
        "tolerations": [{"key": "lookups", "operator": "Exists"}],
        "containers": [{"name": "api", "image": IMAGE, **container}],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "api", "namespace": space}, "spec": spec}


def settle(kube: Client, body: Object, space: str) -> list[Object]:
    """Apply a pod, wait until the simulated kubelet calls it Ready, and return the namespace's objects."""
    kube.apply(body)
    kube.wait("v1", "Pod", "api", is_ready, namespace=space)
    return [item for item in live_objects(kube) if space in (namespace_of(item), name_of(item))]


def is_ready(found: Object | None) -> bool:
    conditions = ((found or {}).get("status") or {}).get("conditions") or []
    return any(entry["type"] == "Ready" and entry["status"] == "True" for entry in conditions)


def test_pod_that_kwok_calls_ready_is_named_for_its_missing_secret(kube: Client, space: str) -> None:
    missing = {"name": "P", "valueFrom": {"secretKeyRef": {"name": "no-such-secret", "key": "password"}}}
    resolves, _ = lookups.judge(settle(kube, pod(space, env=[missing]), space), Options())
    assert not resolves.passed
    assert len(resolves.detail) == 1
    assert f"Pod {space}/api: spec.containers[0].env[0].valueFrom.secretKeyRef.name" in resolves.detail[0]
    assert f"Secret {space}/no-such-secret" in resolves.detail[0]


def test_healthy_pod_of_a_real_cluster_resolves_with_all_that_admission_added(
    kube: Client, space: str
) -> None:
    """Admission adds a token volume and its ConfigMap of the cluster's CA: both are followed, both are
    there.
    """
    resolves, twins = lookups.judge(settle(kube, pod(space), space), Options())
    assert resolves.passed, resolves.detail
    assert twins.passed, twins.detail
    assert int(resolves.detail[0].split()[0]) >= 4
