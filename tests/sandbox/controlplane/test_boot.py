"""Proves that the control plane is a real one and behaves as EKS's does where a program would notice.

What it cannot prove: anything that a kubelet would do beyond saying so.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from sandbox.controlplane.client import ApiError, Client, Object
from sandbox.processes import ProcessError
from sandbox.toolchain import Toolchain
from sandbox.world import Decision, World, WorldError
from sandbox.worldspec import WorldSpec

pytestmark = pytest.mark.controlplane


@pytest.fixture
def namespace(kube: Client) -> Iterator[str]:
    """A namespace with the strictest pod security."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    kube.apply(body)
    yield name
    kube.delete(body)


@pytest.fixture
def node(kube: Client) -> Iterator[str]:
    """A simulated node with one GPU, tainted as GPU nodes are, for this test's pods only."""
    name = f"node-{uuid.uuid4().hex[:8]}"
    resources = {"cpu": "8", "memory": "32Gi", "pods": "50", "nvidia.com/gpu": "1"}
    body = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "spec": {"taints": [{"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}]},
        "status": {"capacity": resources, "allocatable": resources},
    }
    kube.create(body)
    yield name
    kube.delete(body)


def pod(namespace: str, name: str, node: str, **container: Any) -> Object:
    """A pod that pod security accepts, for one node."""
    context = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    spec = {
        "nodeSelector": {"kubernetes.io/hostname": node},
        "containers": [{"name": "main", "image": "none", "securityContext": context, **container}],
    }
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


def phase(found: Object | None) -> str:
    """A pod's phase."""
    return str(((found or {}).get("status") or {}).get("phase"))


def test_service_account_token_is_signed_by_published_keys_for_the_asked_audience(
    kube: Client, namespace: str, world_spec: WorldSpec
) -> None:
    """A4: what IAM would check of an IRSA token: issuer, audience, subject, signature."""
    kube.wait("v1", "ServiceAccount", "default", lambda found: found is not None, namespace=namespace)
    token = kube.token(namespace, "default", "sts.amazonaws.com")
    keys = jwt.PyJWKSet.from_dict(kube.request("GET", "/openid/v1/jwks"))
    claims = jwt.decode(
        token,
        keys[jwt.get_unverified_header(token)["kid"]].key,
        algorithms=["RS256"],
        audience="sts.amazonaws.com",
        issuer=world_spec.issuer,
    )
    assert claims["sub"] == f"system:serviceaccount:{namespace}:default"


def test_token_for_iam_does_not_open_the_api_server(
    kube: Client, namespace: str, world_spec: WorldSpec
) -> None:
    kube.wait("v1", "ServiceAccount", "default", lambda found: found is not None, namespace=namespace)
    stranger = Client(
        world_spec.apiserver, kube.token(namespace, "default", "sts.amazonaws.com"), world_spec.ca_file
    )
    with pytest.raises(ApiError) as caught:
        stranger.list("v1", "Pod", namespace)
    assert caught.value.status == httpx.codes.UNAUTHORIZED


def test_service_account_without_a_role_may_read_nothing(
    kube: Client, namespace: str, world_spec: WorldSpec
) -> None:
    """B10: RBAC decides, not the rehearsal."""
    kube.wait("v1", "ServiceAccount", "default", lambda found: found is not None, namespace=namespace)
    account = Client(world_spec.apiserver, kube.token(namespace, "default"), world_spec.ca_file)
    with pytest.raises(ApiError) as caught:
        account.list("v1", "Secret", namespace)
    assert caught.value.status == httpx.codes.FORBIDDEN


def test_pod_security_refuses_a_privileged_pod(kube: Client, namespace: str) -> None:
    """B9."""
    body = pod(namespace, "bad", "any")
    body["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    with pytest.raises(ApiError, match="violates PodSecurity"):
        kube.create(body)


def test_gpu_pod_tolerates_the_gpu_taint_as_on_eks_and_the_second_waits(
    kube: Client, namespace: str, node: str
) -> None:
    """A3: the scheduler is real: one GPU holds one pod."""
    gpu = {"resources": {"limits": {"nvidia.com/gpu": "1", "cpu": "1", "memory": "1Gi"}}}
    kube.create(pod(namespace, "first", node, **gpu))
    kube.wait("v1", "Pod", "first", lambda found: phase(found) == "Running", namespace=namespace)
    kube.create(pod(namespace, "second", node, **gpu))
    second = kube.wait("v1", "Pod", "second", unschedulable, namespace=namespace)
    assert phase(second) == "Pending"


def test_job_ends_at_once_and_a_training_job_when_it_says(kube: Client, namespace: str, node: str) -> None:
    """A3: a running training job must stay running, or nothing could show that it is not evicted."""
    for name, notes in (
        ("quick", {}),
        ("long", {"pod-complete.stage.kwok.x-k8s.io/delay": "10m"}),
    ):
        template = pod(namespace, name, node)["spec"]
        template |= {"restartPolicy": "Never", "tolerations": [{"operator": "Exists"}]}
        body = {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"template": {"metadata": {"annotations": notes}, "spec": template}},
        }
        kube.create(body)
    kube.wait("batch/v1", "Job", "quick", lambda found: status(found, "succeeded") == 1, namespace=namespace)
    long = kube.wait(
        "batch/v1", "Job", "long", lambda found: status(found, "ready") == 1, namespace=namespace
    )
    assert status(long, "succeeded") is None


def test_namespace_goes_with_everything_in_it(kube: Client) -> None:
    """Deletes hang without a controller-manager: this one has one."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    kube.create(body)
    kube.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "in-it", "namespace": name}})
    kube.delete(body)
    kube.wait("v1", "Namespace", name, lambda found: found is None, timeout_s=30)
    assert kube.get("v1", "ConfigMap", "in-it", name) is None


def test_version_is_the_pinned_one(kube: Client) -> None:
    version = kube.request("GET", "/version")
    assert (version["major"], version["minor"]) == ("1", "35")


def test_certificate_authority_is_what_eks_would_return(world_spec: WorldSpec) -> None:
    assert base64.b64decode(world_spec.ca_data).startswith(b"-----BEGIN CERTIFICATE-----")


def test_missing_tool_is_named_with_the_way_out(tmp_path: Path) -> None:
    bare = Decision("test", "us-east-1", "123456789012", "ferry-test", state=tmp_path / "bare")
    with World(bare) as opened, pytest.raises(WorldError, match=r"no etcd, kube-apiserver.*make tools"):
        opened.start_control_plane()


def test_component_that_cannot_start_is_explained(toolchain: Toolchain, tmp_path: Path) -> None:
    tools = {**toolchain.paths(), "etcd": tmp_path / "etcd"}
    (tmp_path / "etcd").write_text("#!/bin/sh\necho disk is full >&2\nexit 1\n")
    (tmp_path / "etcd").chmod(0o755)
    broken = Decision(
        "test", "us-east-1", "123456789012", "ferry-test", tools=tools, state=tmp_path / "broken"
    )
    with World(broken) as opened, pytest.raises(ProcessError, match="disk is full"):
        opened.start_control_plane()


def status(found: Object | None, key: str) -> Any:
    """One figure of an object's status."""
    return ((found or {}).get("status") or {}).get(key)


def unschedulable(found: Object | None) -> bool:
    """Whether the scheduler has said no."""
    conditions = status(found, "conditions") or []
    return any(item.get("reason") == "Unschedulable" for item in conditions)
