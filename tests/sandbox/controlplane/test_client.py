"""Proves, against a real API server, that the rehearsal's client reads, writes and follows objects truly."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator

import pytest

from sandbox.controlplane.client import ApiError, Client, Object, UnknownKindError
from sandbox.controlplane.watching import Watcher

pytestmark = pytest.mark.controlplane


@pytest.fixture
def namespace(kube: Client) -> Iterator[str]:
    """A namespace of the test's own."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    kube.apply(body)
    yield name
    kube.delete(body)


def config_map(namespace: str, name: str, **data: str) -> Object:
    """A small object."""
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


def test_object_is_applied_read_patched_listed_and_deleted(kube: Client, namespace: str) -> None:
    made = kube.apply(config_map(namespace, "one", a="1"))
    kube.patch(made, {"data": {"a": None, "b": "2"}})
    found = kube.get("v1", "ConfigMap", "one", namespace)
    assert found
    assert found["data"] == {"b": "2"}
    names = [item["metadata"]["name"] for item in kube.list("v1", "ConfigMap", namespace)]
    assert "one" in names
    kube.delete(made)
    assert kube.get("v1", "ConfigMap", "one", namespace) is None
    kube.delete(made)  # already gone: no error


def test_create_refuses_what_exists(kube: Client, namespace: str) -> None:
    kube.create(config_map(namespace, "one"))
    with pytest.raises(ApiError, match="AlreadyExists"):
        kube.create(config_map(namespace, "one"))


def test_unserved_kind_is_told_from_a_missing_object(kube: Client) -> None:
    with pytest.raises(UnknownKindError, match=r"no kind NoSuchKind in example.invalid/v1"):
        kube.list("example.invalid/v1", "NoSuchKind")
    assert kube.get("example.invalid/v1", "NoSuchKind", "any") is None


def test_selectors_are_applied_by_the_server(kube: Client, namespace: str) -> None:
    for name in ("one", "two"):
        body = config_map(namespace, name)
        body["metadata"]["labels"] = {"which": name}
        kube.create(body)
    chosen = kube.list("v1", "ConfigMap", namespace, labels="which=two")
    assert [item["metadata"]["name"] for item in chosen] == ["two"]
    chosen = kube.list("v1", "ConfigMap", namespace, fields="metadata.name=one")
    assert [item["metadata"]["name"] for item in chosen] == ["one"]


def test_watch_tells_of_what_is_there_and_of_every_change(kube: Client, namespace: str) -> None:
    kube.create(config_map(namespace, "early"))
    events = kube.watch("v1", "ConfigMap", namespace, fields="metadata.name!=kube-root-ca.crt")
    first = next(events)
    kube.create(config_map(namespace, "late"))
    second = next(events)
    kube.delete(config_map(namespace, "late"))
    third = next(events)
    seen = [(event.type, event.object["metadata"]["name"]) for event in (first, second, third)]
    assert seen == [("ADDED", "early"), ("ADDED", "late"), ("DELETED", "late")]


def test_watcher_mirrors_additions_and_deletions(kube: Client, namespace: str) -> None:
    changed = threading.Event()
    with Watcher(kube, "v1", "ConfigMap", changed.set, fields=f"metadata.namespace={namespace}") as watcher:

        def names() -> set[str]:
            return {item["metadata"]["name"] for item in watcher.objects()} - {"kube-root-ca.crt"}

        kube.create(config_map(namespace, "one"))
        assert becomes(changed, lambda: names() == {"one"})
        kube.delete(config_map(namespace, "one"))
        assert becomes(changed, lambda: names() == set())


def test_wait_says_how_things_stand_when_time_is_up(kube: Client, namespace: str) -> None:
    with pytest.raises(TimeoutError, match=rf"ConfigMap {namespace}/none is not as awaited"):
        kube.wait(
            "v1", "ConfigMap", "none", lambda found: found is not None, namespace=namespace, timeout_s=0.2
        )


def becomes(changed: threading.Event, condition: object) -> bool:
    """Whether a condition comes true within ten seconds of changes."""
    assert callable(condition)
    for _ in range(100):
        if condition():
            return True
        changed.wait(0.1)
        changed.clear()
    return False
