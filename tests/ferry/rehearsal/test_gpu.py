"""What the GPU check makes of what it saw: pure judgement over a film of looks, healthy and broken.

This tier proves that each GPU claim can fail, with the reason named. It cannot prove that Karpenter
behaves: only the rehearsal asks the real one. Requirements A3, B8.
"""

from __future__ import annotations

from typing import Any

import pytest

from ferry.rehearsal.checks import gpu, gpu_run
from ferry.rehearsal.checks.gpu import JOBS, TRAINING, Sightings, judge
from ferry.report.model import Check
from sandbox.kubelet.scheduling import GPU

SMALLEST = frozenset({"g4dn.xlarge"})


def node(name: str, instance_type: str = "g4dn.xlarge", gpus: int = 1) -> dict[str, Any]:
    labels = {"node.kubernetes.io/instance-type": instance_type, "karpenter.sh/capacity-type": "spot"}
    return {"metadata": {"name": name, "labels": labels}, "status": {"capacity": {GPU: str(gpus)}}}


def pod(name: str, on: str = "", phase: str = "Pending", uid: str = "1") -> dict[str, Any]:
    job = {} if name == TRAINING else {"batch.kubernetes.io/job-name": name}
    waiting = [] if on else [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]
    return {
        "metadata": {"name": name, "uid": uid, "labels": job},
        "spec": {"nodeName": on} if on else {},
        "status": {"phase": phase, "conditions": waiting},
    }


Look = tuple[list[dict[str, Any]], list[dict[str, Any]]]
NAMES = (TRAINING, *JOBS)
PENDING: Look = ([pod(name) for name in NAMES], [])
RUNNING = ([pod(name, f"node-{name}", "Running") for name in NAMES], [node(f"node-{name}") for name in NAMES])
DONE = (
    [
        pod(TRAINING, f"node-{TRAINING}", "Running"),
        *(pod(name, f"node-{name}", "Succeeded") for name in JOBS),
    ],
    [node(f"node-{TRAINING}")],
)


def film(*looks: Look) -> dict[str, Check]:
    seen = Sightings()
    for pods, nodes in looks:
        seen.look(pods, nodes)
    return {check.id: check for check in judge(seen, SMALLEST)}


def failed(checks: dict[str, Check]) -> set[str]:
    return {name for name, check in checks.items() if not check.passed}


def test_one_small_node_per_gpu_that_goes_away_holds_every_claim() -> None:
    assert failed(film(PENDING, RUNNING, DONE)) == set()


def test_answer_of_four_gpus_is_refused_by_name() -> None:
    """The trap of the findings: two 1-GPU pods answered with one g4dn.12xlarge."""
    big = [node("big", "g4dn.12xlarge", 4)]
    pods = [pod(name, "big", "Running") for name in NAMES]
    checks = film(PENDING, (pods, big))
    assert {"gpu.one-node-per-gpu", "gpu.smallest-size"} <= failed(checks)
    assert "g4dn.12xlarge with 4 GPUs" in checks["gpu.one-node-per-gpu"].detail[0]


def test_larger_size_with_one_gpu_is_not_the_smallest() -> None:
    nodes = [node(f"node-{name}", "g4dn.2xlarge") for name in NAMES]
    checks = film(PENDING, (RUNNING[0], nodes), DONE)
    assert "gpu.smallest-size" in failed(checks)
    assert "g4dn.2xlarge" in str(checks["gpu.smallest-size"].value)


def test_gpu_node_that_stood_idle_is_noticed() -> None:
    assert "gpu.pends" in failed(film(RUNNING, DONE))


def test_job_node_that_stays_is_named() -> None:
    checks = film(PENDING, RUNNING, (DONE[0], RUNNING[1]))
    assert failed(checks) == {"gpu.consolidated"}
    assert checks["gpu.consolidated"].detail == [f"node-{name} still stands" for name in JOBS]


def test_job_that_never_completes_fails() -> None:
    assert "gpu.nvidia-smi" in failed(film(PENDING, RUNNING))


@pytest.mark.parametrize(
    "after",
    [
        [],
        [pod(TRAINING, f"node-{TRAINING}", "Failed")],
        [pod(TRAINING, f"node-{TRAINING}", "Running", uid="2")],
    ],
    ids=["deleted", "killed", "replaced"],
)
def test_training_pod_that_is_evicted_is_noticed(after: list[dict[str, Any]]) -> None:
    checks = film(PENDING, RUNNING, ([*after, *DONE[0][1:]], DONE[1]))
    assert "gpu.training-stays" in failed(checks)
    assert TRAINING in checks["gpu.training-stays"].detail[0]


def test_nothing_seen_fails_every_claim() -> None:
    """No data is not healthy."""
    checks = film(([], []))
    assert failed(checks) == set(checks)


def test_manifests_ask_for_one_gpu_each_and_protect_the_training_pod() -> None:
    manifests = gpu.manifests()
    assert [item["metadata"]["name"] for item in manifests] == list(NAMES)
    assert manifests[0]["metadata"]["annotations"] == {"karpenter.sh/do-not-disrupt": "true"}
    specs = [manifests[0]["spec"], *(item["spec"]["template"]["spec"] for item in manifests[1:])]
    assert [spec["containers"][0]["resources"]["limits"] for spec in specs] == [{"nvidia.com/gpu": "1"}] * 3
    assert specs[1]["containers"][0]["command"] == ["nvidia-smi"]


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("1m", 60), ("1h30m", 5400), ("Never", 0)])
def test_waiting_for_consolidation_follows_the_nodepools_own_patience(text: str, seconds: float) -> None:
    pool = {"spec": {"disruption": {"consolidateAfter": text}}}
    assert gpu_run.idle_seconds([{}, pool]) == seconds


def test_picture_shows_which_check_pod_ran_on_which_node() -> None:
    seen = Sightings()
    for pods, nodes in (PENDING, RUNNING, DONE):
        seen.look(pods, nodes)
    shown = {node.name: [pod.name for pod in node.pods] for node in seen.nodes_with_pods().values()}
    assert shown == {f"node-{name}": [name] for name in NAMES}
