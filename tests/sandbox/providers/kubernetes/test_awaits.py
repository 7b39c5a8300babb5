"""What the provider waits for. Proves each kind's meaning of ready against real controllers and scheduler.

Pods are made ready by hand, as no node takes them: this proves when a wait ends, not that an image runs.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest

from sandbox.providers.base import InitFailed
from sandbox.providers.kubernetes.api import Api
from sandbox.providers.kubernetes.kubeconfig import Cluster
from tests.sandbox.providers.harness.attaching import in_background
from tests.sandbox.providers.kubernetes.conftest import Provider

pytestmark = pytest.mark.controlplane

LABELS = {"app": "web"}


def _pod_spec(**more: Any) -> dict[str, Any]:
    """A pod that no node takes: it is made ready by hand, or not at all."""
    container = {"name": "c", "image": "registry.test/image@sha256:0"}
    return {"containers": [container], "nodeSelector": {"ferry.test/none": "true"}, **more}


def _workload(replicas: int, **more: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": LABELS}, "spec": _pod_spec(**more)}
    return {"replicas": replicas, "selector": {"matchLabels": LABELS}, "template": template}


def _set_status(api: Api, path: str, status: dict[str, Any]) -> None:
    api.request(
        "PATCH", f"{path}/status", body={"status": status}, content_type="application/merge-patch+json"
    )


def _make_pods_ready(api: Api, namespace: str, count: int) -> None:
    """What a kubelet would say of ``count`` pods, once they are there."""
    path = f"/api/v1/namespaces/{namespace}/pods"
    true = [
        {"type": name, "status": "True"}
        for name in ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    ]
    for _ in range(300):
        pods = api.get(path)["items"]
        if len(pods) >= count:
            break
        time.sleep(0.1)
    for pod in pods:
        _set_status(api, f"{path}/{pod['metadata']['name']}", {"phase": "Running", "conditions": true})


def test_a_deployment_is_ready_when_its_pods_are(provider: Provider, api: Api, cluster: Cluster) -> None:
    namespace = provider.namespace("deploy")
    in_background(lambda: _make_pods_ready(api, namespace, 2))
    inputs = {"metadata": {"namespace": namespace}, "spec": _workload(2)}
    state = provider.create("apps/v1:Deployment", "deploy", inputs)
    assert state.outputs["status"]["readyReplicas"] == 2
    [wait] = [json.loads(line) for line in (cluster.state / "waits.jsonl").read_text().splitlines()]
    assert wait["kind"] == "Deployment"
    assert wait["urn"].endswith("::deploy")
    assert wait["seconds"] > 0


def test_a_deployment_that_no_node_can_hold_fails_with_the_schedulers_words(provider: Provider) -> None:
    namespace = provider.namespace("nowhere")
    inputs = {"metadata": {"namespace": namespace}, "spec": _workload(1)}
    with pytest.raises(InitFailed) as failed:
        provider.create("apps/v1:Deployment", "nowhere", inputs, timeout=3)
    text = "\n".join(failed.value.reasons)
    assert "timed out waiting to be Ready" in text
    assert "Minimum number of live Pods was not attained" in text
    assert re.search("no nodes available to schedule pods|nodes are available: ", text)
    assert failed.value.state.id.startswith(f"{namespace}/nowhere-")
    assert failed.value.state.outputs["__inputs"]["spec"]["replicas"] == 1


def test_an_annotation_sets_the_time_and_another_skips_the_wait(provider: Provider) -> None:
    namespace = provider.namespace("notes")
    short = {"namespace": namespace, "annotations": {"pulumi.com/timeoutSeconds": "1"}}
    with pytest.raises(InitFailed):
        provider.create("apps/v1:Deployment", "short", {"metadata": short, "spec": _workload(1)}, timeout=0)
    skipped = {"namespace": namespace, "annotations": {"pulumi.com/skipAwait": "true"}}
    state = provider.create("apps/v1:Deployment", "skipped", {"metadata": skipped, "spec": _workload(1)})
    assert state.id.startswith(f"{namespace}/skipped-")


def test_a_deployment_waits_for_its_claims(provider: Provider, api: Api) -> None:
    namespace = provider.namespace("claims")
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": "none",
    }
    meta = {"name": "data", "namespace": namespace, "annotations": {"pulumi.com/skipAwait": "true"}}
    provider.create("core/v1:PersistentVolumeClaim", "data", {"metadata": meta, "spec": claim})
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    in_background(lambda: _make_pods_ready(api, namespace, 1))
    inputs = {"metadata": {"namespace": namespace}, "spec": _workload(1, volumes=[volume])}
    with pytest.raises(InitFailed, match=r'Failed to bind PersistentVolumeClaim\(s\): "data"'):
        provider.create("apps/v1:Deployment", "claims", inputs, timeout=4)


def test_a_stateful_set_counts_its_replicas(provider: Provider, api: Api) -> None:
    namespace = provider.namespace("stateful")
    spec = {**_workload(1), "serviceName": "web"}
    with pytest.raises(InitFailed, match="0 out of 1 replicas succeeded readiness checks"):
        provider.create(
            "apps/v1:StatefulSet", "early", {"metadata": {"namespace": namespace}, "spec": spec}, timeout=2
        )
    _make_pods_ready(api, namespace, 1)
    other = provider.namespace("stateful2")
    in_background(lambda: _make_pods_ready(api, other, 1))
    provider.create("apps/v1:StatefulSet", "ready", {"metadata": {"namespace": other}, "spec": spec})


def test_a_daemon_set_without_nodes_is_ready(provider: Provider) -> None:
    spec = {key: value for key, value in _workload(1).items() if key != "replicas"}
    inputs = {"metadata": {"namespace": provider.namespace("daemons")}, "spec": spec}
    assert (
        provider.create("apps/v1:DaemonSet", "daemons", inputs).outputs["status"]["observedGeneration"] == 1
    )


def test_a_job_is_waited_for_to_its_end(provider: Provider, api: Api) -> None:
    namespace = provider.namespace("jobs")
    spec = {"template": {"spec": _pod_spec(restartPolicy="Never")}, "backoffLimit": 0}

    def finish() -> None:
        _make_pods_ready(api, namespace, 1)
        [pod] = api.get(f"/api/v1/namespaces/{namespace}/pods")["items"]
        _set_status(
            api, f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}", {"phase": "Succeeded"}
        )

    in_background(finish)
    state = provider.create("batch/v1:Job", "job", {"metadata": {"namespace": namespace}, "spec": spec})
    assert state.outputs["status"]["succeeded"] == 1


def test_a_job_out_of_retries_fails_at_once(provider: Provider, api: Api) -> None:
    namespace = provider.namespace("failing")
    spec = {"template": {"spec": _pod_spec(restartPolicy="Never")}, "backoffLimit": 0}

    def fail() -> None:
        _make_pods_ready(api, namespace, 1)
        [pod] = api.get(f"/api/v1/namespaces/{namespace}/pods")["items"]
        _set_status(
            api, f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}", {"phase": "Failed"}
        )

    in_background(fail)
    with pytest.raises(InitFailed, match="BackoffLimitExceeded"):
        provider.create(
            "batch/v1:Job", "job", {"metadata": {"namespace": namespace}, "spec": spec}, timeout=30
        )


def test_a_service_settles_and_a_load_balancer_needs_an_address(provider: Provider, api: Api) -> None:
    namespace = provider.namespace("service")
    spec = {"selector": LABELS, "ports": [{"port": 80}]}
    provider.create("core/v1:Service", "inner", {"metadata": {"namespace": namespace}, "spec": spec})
    outer = {"metadata": {"namespace": namespace, "name": "outer"}, "spec": {**spec, "type": "LoadBalancer"}}
    with pytest.raises(InitFailed, match="was not allocated an IP address"):
        provider.create("core/v1:Service", "outer", outer, timeout=2)
    again = {"metadata": {"namespace": namespace, "name": "again"}, "spec": {**spec, "type": "LoadBalancer"}}

    def balance() -> None:
        path = f"/api/v1/namespaces/{namespace}/services/again"
        while api.find(path) is None:
            time.sleep(0.05)
        _set_status(api, path, {"loadBalancer": {"ingress": [{"hostname": "lb.test"}]}})

    in_background(balance)
    assert provider.create("core/v1:Service", "again", again).outputs["status"]["loadBalancer"]["ingress"]


@pytest.mark.parametrize(("mode", "ready"), [("WaitForFirstConsumer", True), ("Immediate", False)])
def test_a_claim_waits_for_a_volume_unless_its_class_waits_for_a_pod(
    provider: Provider, mode: str, ready: bool
) -> None:
    kind = "storage.k8s.io/v1:StorageClass"
    made = provider.create(kind, mode.lower(), {"provisioner": "none.test", "volumeBindingMode": mode})
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": made.id,
    }
    inputs = {"metadata": {"namespace": provider.namespace("volumes")}, "spec": spec}
    if ready:
        state = provider.create("core/v1:PersistentVolumeClaim", "claim", inputs)
        assert state.outputs["status"]["phase"] == "Pending"
    else:
        with pytest.raises(InitFailed, match="timed out"):
            provider.create("core/v1:PersistentVolumeClaim", "claim", inputs, timeout=2)


def test_a_condition_can_be_asked_for(provider: Provider, api: Api) -> None:
    namespace = provider.namespace("asked")
    note = {"pulumi.com/waitFor": '["jsonpath={.data.ready}=yes", "jsonpath={.data.more}"]'}
    meta = {"namespace": namespace, "name": "asked", "annotations": note}

    def answer() -> None:
        time.sleep(0.3)
        path = f"/api/v1/namespaces/{namespace}/configmaps/asked"
        body = {"data": {"ready": "yes", "more": "1"}}
        api.request("PATCH", path, body=body, content_type="application/merge-patch+json")

    in_background(answer)
    state = provider.create("core/v1:ConfigMap", "asked", {"metadata": meta, "data": {"ready": "no"}})
    assert state.outputs["data"]["ready"] == "yes"


def test_refresh_reports_what_is_not_ready(provider: Provider) -> None:
    namespace = provider.namespace("unready")
    inputs = {"metadata": {"namespace": namespace}, "spec": _workload(1)}
    with pytest.raises(InitFailed) as failed:
        provider.create("apps/v1:Deployment", "unready", inputs, timeout=1)
    state = failed.value.state
    with pytest.raises(InitFailed, match="was created but failed to initialize"):
        provider.session.read(
            "u", "kubernetes:apps/v1:Deployment", state.id, state.outputs["__inputs"], state.outputs
        )


def test_a_cancelled_wait_ends_and_keeps_what_was_made(provider: Provider) -> None:
    namespace = provider.namespace("cancelled")
    inputs = {"metadata": {"namespace": namespace}, "spec": _workload(1)}

    def cancel() -> None:
        time.sleep(0.5)
        provider.session.cancel()

    in_background(cancel)
    with pytest.raises(InitFailed, match="was cancelled") as ended:
        provider.create("apps/v1:Deployment", "cancelled", inputs, timeout=600)
    assert ended.value.state.id.startswith(f"{namespace}/cancelled-")
