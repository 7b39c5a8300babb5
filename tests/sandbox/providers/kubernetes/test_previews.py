"""Previews against a real API server: dry runs, what passes them, and that equal inputs are no change.

Proves what a person sees before an ``up``; what the ``up`` does is proven beside this.
"""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.providers.base import ProviderError
from sandbox.providers.codec import UNKNOWN
from sandbox.providers.kubernetes.api import Api
from sandbox.providers.kubernetes.kubeconfig import Cluster
from tests.sandbox.providers.kubernetes.conftest import Provider, deployment

pytestmark = pytest.mark.controlplane

CONFIG_MAP = "core/v1:ConfigMap"


def test_preview_makes_nothing_and_shows_the_servers_defaults(provider: Provider, api: Api) -> None:
    namespace = provider.namespace("dry")
    inputs = {"metadata": {"namespace": namespace, "name": "dry"}, **deployment()}
    state = provider.create("apps/v1:Deployment", "dry", inputs, preview=True)
    assert state.id == ""
    assert state.outputs["spec"]["strategy"]["type"] == "RollingUpdate"
    assert "status" not in state.outputs
    assert api.find(f"/apis/apps/v1/namespaces/{namespace}/deployments/dry") is None


def test_preview_meets_the_servers_validation(provider: Provider) -> None:
    namespace = provider.namespace("invalid")
    inputs = {"metadata": {"namespace": namespace}, **deployment(ports=[{"containerPort": 70000}])}
    with pytest.raises(ProviderError, match="must be between 1 and 65535"):
        provider.create("apps/v1:Deployment", "invalid", inputs, preview=True)


def test_a_forbidden_dry_run_passes_the_preview_and_is_written_down(
    provider: Provider, cluster: Cluster
) -> None:
    """As with the official provider, Pod Security is met by the ``up`` only; the journal has it before."""
    level = {"pod-security.kubernetes.io/enforce": "restricted"}
    namespace = provider.create("core/v1:Namespace", "strict", {"metadata": {"labels": level}}).id
    pod = {"metadata": {"namespace": namespace}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    assert provider.create("core/v1:Pod", "lax", pod, preview=True).id == ""
    assert "violates PodSecurity" in (cluster.state / "warnings.jsonl").read_text()
    with pytest.raises(ProviderError, match='violates PodSecurity "restricted'):
        provider.create("core/v1:Pod", "lax", pod)


def test_preview_with_an_unknown_value_echoes_the_inputs(provider: Provider) -> None:
    inputs = {"metadata": {"namespace": UNKNOWN}, "data": {"a": "1"}}
    state = provider.create(CONFIG_MAP, "later", inputs, preview=True)
    assert state.outputs["data"] == {"a": "1"}
    assert "uid" not in state.outputs["metadata"]


def test_preview_lets_a_namespace_pass_that_is_not_there_yet(provider: Provider) -> None:
    inputs = {"metadata": {"namespace": "not-yet"}, "data": {}}
    assert provider.create(CONFIG_MAP, "early", inputs, preview=True).id == ""


def test_preview_lets_a_kind_pass_that_is_not_defined_yet(provider: Provider) -> None:
    inputs = {"apiVersion": "a.example.com/v1", "kind": "Later", "spec": {}}
    assert provider.create("a.example.com/v1:Later", "early", inputs, preview=True).outputs["spec"] == {}


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        ("apps/v1:Deployment", deployment(resources={"limits": {"cpu": "0.5", "memory": "1024Mi"}})),
        ("apps/v1:Deployment", deployment(env=[], command=None)),
        ("core/v1:Secret", {"stringData": {"a": "b"}}),
        ("core/v1:Service", {"spec": {"ports": [{"port": 80}], "clusterIP": "None"}}),
        ("networking.k8s.io/v1:NetworkPolicy", {"spec": {"podSelector": {}, "ingress": []}}),
        ("policy/v1:PodDisruptionBudget", {"spec": {"maxUnavailable": "50%", "selector": {}}}),
        (
            "autoscaling/v2:HorizontalPodAutoscaler",
            {
                "spec": {
                    "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"},
                    "maxReplicas": 3,
                    "metrics": [
                        {
                            "type": "Resource",
                            "resource": {
                                "name": "cpu",
                                "target": {"type": "AverageValue", "averageValue": "0.5"},
                            },
                        }
                    ],
                }
            },
        ),
        ("core/v1:ResourceQuota", {"spec": {"hard": {"cpu": "2000m", "requests.nvidia.com/gpu": 4}}}),
        ("core/v1:ServiceAccount", {"automountServiceAccountToken": False}),
        (
            "rbac.authorization.k8s.io/v1:Role",
            {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]},
        ),
    ],
)
def test_the_same_inputs_are_no_change(provider: Provider, kind: str, inputs: dict[str, Any]) -> None:
    """A second preview of the same program shows nothing (E1)."""
    namespaced = {"metadata": {"namespace": provider.namespace("same")}, **inputs}
    state = provider.create(kind, "same", namespaced)
    verdict = provider.diff(kind, "same", state, namespaced)
    assert verdict.changes == []
