"""The provider behind a real engine: what a person at ``pulumi up`` sees, from the very first preview on.

Proves the hand-over between engine and provider; what each verb does is proven without an engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
import pytest

from sandbox.engine import Engine, EngineError
from sandbox.providers.base import Props, State
from sandbox.providers.kubernetes.api import Api
from sandbox.providers.kubernetes.kubeconfig import Cluster
from sandbox.providers.kubernetes.session import KubernetesSession
from tests.sandbox.providers.eks.fakes import NamingSession
from tests.sandbox.providers.harness.attaching import attached, engine
from tests.sandbox.providers.kubernetes.conftest import HASTE

pytestmark = pytest.mark.controlplane

MARK = "4dabf18193072939515e22adb298388d"
"""The engine's mark of a value that it encrypts."""


@pytest.fixture
def stack(
    cluster: Cluster, kubeconfig: str, tmp_path: Path
) -> Iterator[Callable[[Callable[[], None]], Engine]]:
    """Makes an engine whose kubeconfig comes out of a resource, as a real one comes out of EKS."""

    class Telling(NamingSession):
        def create(self, urn: str, type_: str, inputs: Props, preview: bool, timeout: float) -> State:
            state = super().create(urn, type_, inputs, preview, timeout)
            told = {} if preview else {"kubeconfig": kubeconfig, "value": kubeconfig}
            return State(state.id, {**state.outputs, **told})

    with attached(Telling) as fake, attached(lambda: KubernetesSession(cluster, HASTE)) as port:
        yield lambda program: engine(tmp_path / "stack", {"aws": fake, "kubernetes": port}, program)


def _provider() -> pulumi.ResourceOptions:
    told = aws.ssm.Parameter("kubeconfig", type="String")
    return pulumi.ResourceOptions(provider=kubernetes.Provider("cluster", kubeconfig=told.value))


def test_a_stack_lives_from_an_unknown_cluster_to_nothing(
    stack: Callable[[Callable[[], None]], Engine], api: Api
) -> None:
    """First preview, ``up``, second preview without changes, destroy (E1)."""

    def program() -> None:
        opts = _provider()
        namespace = kubernetes.core.v1.Namespace("team", opts=opts)
        soon = {"pulumi.com/deletionPropagationPolicy": "background"}  # a new kind is collected every 30 s
        meta = kubernetes.meta.v1.ObjectMetaArgs(namespace=namespace.metadata["name"])
        secret = kubernetes.core.v1.Secret("hush", metadata=meta, string_data={"key": "hush"}, opts=opts)
        kubernetes.core.v1.ConfigMap("plain", metadata=meta, data={"secret": secret.metadata.name}, opts=opts)
        kubernetes.apiextensions.v1.CustomResourceDefinition(
            "widgets", metadata={"name": "widgets.engine.example.com"}, spec=_definition(), opts=opts
        )
        own = kubernetes.meta.v1.ObjectMetaArgs(namespace=namespace.metadata["name"], annotations=soon)
        kubernetes.apiextensions.CustomResource(
            "widget",
            api_version="engine.example.com/v1",
            kind="Widget",
            metadata=own,
            spec={"size": 3},
            opts=opts,
        )
        pulumi.export("namespace", namespace.metadata.name)

    made = stack(program)
    assert made.preview().changes["create"] == 8
    made.up()
    namespace = made.outputs()["namespace"]
    assert namespace.startswith("team-")
    assert api.get(f"/apis/engine.example.com/v1/namespaces/{namespace}/widgets")["items"][0]["spec"] == {
        "size": 3
    }
    assert made.preview().changed == 0
    [hush] = [resource for resource in made.resources() if resource["urn"].endswith("::hush")]
    for kept in (hush["inputs"]["data"], hush["outputs"]["data"], hush["outputs"]["__inputs"]["data"]):
        assert kept.keys() == {MARK, "plaintext"} or kept.keys() == {MARK, "ciphertext"}
    made.destroy()
    assert api.find(f"/api/v1/namespaces/{namespace}") is None


def test_a_second_preview_meets_the_servers_validation(stack: Callable[[Callable[[], None]], Engine]) -> None:
    wrong: list[Any] = []

    def program() -> None:
        opts = _provider()
        ports = [kubernetes.core.v1.ServicePortArgs(port=70000 if wrong else 80)]
        kubernetes.core.v1.Service("front", spec=kubernetes.core.v1.ServiceSpecArgs(ports=ports), opts=opts)

    made = stack(program)
    made.up()
    wrong.append(True)
    with pytest.raises(EngineError, match="must be between 1 and 65535"):
        made.preview()
    wrong.clear()
    made.destroy()


def _definition() -> Any:
    schema = {"type": "object", "x_kubernetes_preserve_unknown_fields": True}
    return {
        "group": "engine.example.com",
        "names": {"kind": "Widget", "plural": "widgets", "singular": "widget"},
        "scope": "Namespaced",
        "versions": [
            {"name": "v1", "served": True, "storage": True, "schema": {"open_apiv3_schema": schema}}
        ],
    }
