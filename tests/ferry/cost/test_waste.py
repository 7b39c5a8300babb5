"""What GPU nodes were paid for and what they were used for (E4): from looks at a cluster to a sentence.

Pure; that a real Karpenter's nodes are looked at so is proved where they come (`make rehearse`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ferry.cost.waste import waste
from ferry.rehearsal.checks.gpu import Sightings
from ferry.report.model import Cluster, Deployments, Node
from sandbox.kubelet.scheduling import GPU
from tests.ferry.report.sample import good

BEGAN = datetime(2026, 11, 1, tzinfo=UTC).timestamp()


def at(seconds: float) -> str:
    """A time as Kubernetes writes it."""
    return datetime.fromtimestamp(BEGAN + seconds, UTC).isoformat().replace("+00:00", "Z")


def node(name: str, made: float) -> dict[str, Any]:
    """A node with one GPU."""
    labels = {"node.kubernetes.io/instance-type": "g4dn.xlarge", "karpenter.sh/capacity-type": "on-demand"}
    meta = {"name": name, "labels": labels, "creationTimestamp": at(made)}
    return {"metadata": meta, "status": {"capacity": {GPU: "1"}}}


def pod(began: float, ended: float | None = None) -> dict[str, Any]:
    """A pod that holds the GPU of node ``a``."""
    state = {"terminated": {"finishedAt": at(ended)}} if ended is not None else {"running": {}}
    return {
        "metadata": {"name": "job", "uid": "1", "labels": {}},
        "spec": {"nodeName": "a", "containers": [{"resources": {"limits": {GPU: "1"}}}]},
        "status": {
            "phase": "Succeeded" if ended is not None else "Running",
            "startTime": at(began),
            "containerStatuses": [{"state": state}],
        },
    }


def seen() -> Node:
    """A node that was made at 10, worked from 20 to 30, and was seen for the last time at 85."""
    found = Sightings()
    found.look([pod(20)], [node("a", 10)], BEGAN + 25)
    found.look([pod(20, 30)], [node("a", 10)], BEGAN + 60)
    found.look([pod(20, 30)], [], BEGAN + 90)
    found.look([], [], BEGAN + 500)
    return found.nodes_with_pods()["a"]


def test_node_is_paid_from_its_making_until_it_is_gone_and_used_while_a_pod_holds_its_gpu() -> None:
    """E4: looks that come later make it no longer."""
    assert (seen().paid_s, seen().used_s) == (80, 10)


def test_waste_is_what_was_paid_and_not_used_at_the_nodes_own_price() -> None:
    """E4: a g4dn.xlarge on demand, 80 s for 10 s of work."""
    nodes = [seen(), seen().model_copy(update={"name": "b", "capacity_type": "spot"})]
    cluster = Cluster(deployments=Deployments(ready=0, wanted=0), pending_pods=0, nodes=nodes)
    found = waste(good().model_copy(update={"cluster": cluster}), "us-east-1")
    assert found is not None
    assert found.share == pytest.approx(0.875)
    assert found.paid_hours == pytest.approx(160 / 3600)
    assert found.paid_usd == pytest.approx(80 / 3600 * 0.526 * 1.3)  # spot at 30%
    assert found.idle_s == pytest.approx(70)
    assert "88% wasted" in found.sentence()


def test_report_without_times_says_nothing() -> None:
    """E4: no data is not zero."""
    nodes = [Node(name="a", instance_type="g4dn.xlarge", capacity_type="spot", gpus=1)]
    cluster = Cluster(deployments=Deployments(ready=0, wanted=0), pending_pods=0, nodes=nodes)
    assert waste(good().model_copy(update={"cluster": cluster}), "us-east-1") is None
