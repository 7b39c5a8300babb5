"""A provider session of each test's own; what a test left in the shared control plane is removed after it."""

from __future__ import annotations

import base64
import contextlib
import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.providers.base import Props, State
from sandbox.providers.kubernetes.api import Access, Api, ApiError, Object
from sandbox.providers.kubernetes.connection import Pace
from sandbox.providers.kubernetes.kubeconfig import Cluster
from sandbox.providers.kubernetes.session import KubernetesSession
from sandbox.worldspec import WorldSpec

HASTE = Pace(retry_seconds=(0.1, 0.2, 0.4, 0.8, 1.6), settle_seconds=0.1)


@pytest.fixture
def cluster(world_spec: WorldSpec, tmp_path: Path) -> Cluster:
    """The plane as the provider knows it, with records of the test's own."""
    return Cluster(world_spec.apiserver, world_spec.admin_token, tmp_path)


@pytest.fixture
def kubeconfig(world_spec: WorldSpec) -> str:
    """What the EKS component makes of the cluster: a token by ``aws eks get-token``."""
    authority = base64.b64encode(world_spec.ca_file.read_bytes()).decode()
    return make_kubeconfig(world_spec.apiserver, authority)


def make_kubeconfig(server: str, authority: str, command: str = "aws") -> str:
    """A kubeconfig in the component's form."""
    run = {"command": command, "args": ["eks", "get-token", "--cluster-name", "ferry-test"]}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "aws",
            "contexts": [{"name": "aws", "context": {"cluster": "kubernetes", "user": "aws"}}],
            "clusters": [
                {"name": "kubernetes", "cluster": {"server": server, "certificate-authority-data": authority}}
            ],
            "users": [{"name": "aws", "user": {"exec": run}}],
        }
    )


@pytest.fixture
def api(world_spec: WorldSpec) -> Api:
    """The API server as its administrator sees it, past the provider."""
    return Api(Access(world_spec.apiserver, world_spec.ca_file.read_text(), world_spec.admin_token))


@pytest.fixture
def make_session(cluster: Cluster, kubeconfig: str) -> Callable[..., KubernetesSession]:
    """Makes configured sessions: ``make_session(enableConfigMapMutable="true")``."""

    def make(**config: str) -> KubernetesSession:
        session = KubernetesSession(cluster, HASTE)
        session.configure({"kubeconfig": kubeconfig, **config})
        return session

    return make


@pytest.fixture
def provider(make_session: Callable[..., KubernetesSession]) -> Provider:
    """One resource's life without an engine: check, then create, update, delete as the engine would ask."""
    return Provider(make_session())


@pytest.fixture(autouse=True)
def cleared(request: pytest.FixtureRequest) -> Iterator[None]:
    """Removes, after the test, what it left in the shared control plane; does not wait for it."""
    if request.node.get_closest_marker("controlplane") is None:
        yield
        return
    api: Api = request.getfixturevalue("api")
    before = {path: _names(api, path) for path in _CLUSTER_WIDE}
    yield
    for path in _CLUSTER_WIDE:
        for name in _names(api, path) - before[path]:
            with contextlib.suppress(ApiError):
                api.request("DELETE", f"{path}/{name}", params={"propagationPolicy": "Background"})


def _names(api: Api, path: str) -> set[str]:
    return {item["metadata"]["name"] for item in api.get(path)["items"]}


_CLUSTER_WIDE = (
    "/api/v1/namespaces",
    "/apis/storage.k8s.io/v1/storageclasses",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
)


class Provider:
    """Asks a session as the engine asks it."""

    def __init__(self, session: KubernetesSession) -> None:
        self.session = session

    def check(self, kind: str, name: str, inputs: Props, olds: Props | None = None) -> Props:
        """Checked inputs; ``kind`` is ``core/v1:Namespace``."""
        type_ = f"kubernetes:{kind}"
        checked = self.session.check(
            urn(kind, name), type_, olds or {}, _typed(kind, inputs), uuid.uuid4().bytes
        )
        assert not checked.failures, checked.failures
        return checked.inputs

    def create(
        self, kind: str, name: str, inputs: Props, *, preview: bool = False, timeout: float = 60
    ) -> State:
        """Check and create."""
        checked = self.check(kind, name, inputs)
        return self.session.create(urn(kind, name), f"kubernetes:{kind}", checked, preview, timeout)

    def diff(self, kind: str, name: str, state: State, inputs: Props) -> Any:
        """Check new inputs and compare."""
        old = state.outputs["__inputs"]
        checked = self.check(kind, name, inputs, old)
        return self.session.diff(urn(kind, name), f"kubernetes:{kind}", state.id, old, state.outputs, checked)

    def update(self, kind: str, name: str, state: State, inputs: Props, *, preview: bool = False) -> State:
        """Check and update."""
        old = state.outputs["__inputs"]
        checked = self.check(kind, name, inputs, old)
        type_ = f"kubernetes:{kind}"
        return State(
            state.id,
            self.session.update(urn(kind, name), type_, state.id, old, state.outputs, checked, preview, 20),
        )

    def delete(self, kind: str, name: str, state: State, timeout: float = 20) -> None:
        """Delete."""
        inputs = state.outputs["__inputs"]
        self.session.delete(urn(kind, name), f"kubernetes:{kind}", state.id, inputs, state.outputs, timeout)

    def namespace(self, name: str) -> str:
        """A namespace for the test's objects; stays."""
        return self.create("core/v1:Namespace", name, {"metadata": {}}).id


def urn(kind: str, name: str) -> str:
    """The URN of a resource in the test stack."""
    return f"urn:pulumi:dev::ferry::kubernetes:{kind}::{name}"


def _typed(kind: str, inputs: Props) -> Object:
    if "apiVersion" in inputs or kind.startswith("helm.sh/"):
        return inputs
    group_version, _, name = kind.partition(":")
    api_version = group_version.removeprefix("core/")
    return {"apiVersion": api_version, "kind": name.removesuffix("Patch"), **inputs}


def deployment(replicas: int = 0, **container: Any) -> dict[str, Any]:
    """A Deployment's spec; its one container takes ``container``."""
    pod = {"containers": [{"name": "c", "image": "registry.test/image@sha256:0", **container}]}
    labels = {"app": "web"}
    return {
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        }
    }
