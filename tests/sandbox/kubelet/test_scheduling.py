"""Who can hold whom: pods against nodes and NodePools, NodePools against pods.

This tier proves that a pod that no NodePool can hold and a NodePool that no pod can use are named with the
reason. It cannot prove that Karpenter agrees: the rehearsal's GPU check asks the real one. Requirement A3.
"""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.kubelet import Machine, unschedulable, unusable
from sandbox.kubelet.scheduling import quantity, requests, smallest
from tests.sandbox.kubelet.healthy import named

GIB = 2**30
ZONES = ("us-east-1a", "us-east-1b")
MACHINES = [
    Machine("m5.large", 2, 8 * GIB, zones=ZONES),
    Machine("m5.xlarge", 4, 16 * GIB, zones=ZONES),
    Machine("g4dn.xlarge", 4, 16 * GIB, gpus=1, zones=ZONES, gpu_name="t4"),
    Machine("g4dn.2xlarge", 8, 32 * GIB, gpus=1, zones=ZONES, gpu_name="t4"),
    Machine("g4dn.12xlarge", 48, 192 * GIB, gpus=4, zones=ZONES, gpu_name="t4"),
]
GPU_TAINT = {"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}
TOLERATION = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}


def pool(
    name: str, *requirements: Any, taints: Any = (), labels: Any = None, limits: Any = None
) -> dict[str, Any]:
    spec = {"requirements": list(requirements), "taints": list(taints)}
    template = {"metadata": {"labels": labels or {}}, "spec": spec}
    return named("karpenter.sh/v1", "NodePool", name, spec={"template": template, "limits": limits or {}})


def family(*values: str) -> dict[str, Any]:
    return {"key": "karpenter.k8s.aws/instance-family", "operator": "In", "values": list(values)}


def size(*values: str, operator: str = "In") -> dict[str, Any]:
    return {"key": "karpenter.k8s.aws/instance-size", "operator": operator, "values": list(values)}


def pod(resources: Any = None, name: str = "p", **spec: Any) -> dict[str, Any]:
    container = {"name": "c", "resources": {"requests": resources or {}}}
    return named("v1", "Pod", name, "web", spec={"containers": [container], **spec})


def node_class(name: str, disk: str) -> dict[str, Any]:
    """An EC2NodeClass whose nodes have a root volume of this size."""
    spec = {"blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"volumeSize": disk}}]}
    return named("karpenter.k8s.aws/v1", "EC2NodeClass", name, spec=spec)


GENERAL = pool("general", family("m5"), labels={"ferry/kind": "general"})
GPUS = pool(
    "gpu", family("g4dn"), size("xlarge", "2xlarge"), taints=[GPU_TAINT], limits={"nvidia.com/gpu": "4"}
)
GPU_POD = pod({"nvidia.com/gpu": "1", "cpu": "1"}, tolerations=[TOLERATION])


@pytest.mark.parametrize(
    "fitting",
    [
        pod({"cpu": "500m"}),
        pod({"cpu": "3", "memory": "8Gi"}),
        pod(nodeSelector={"ferry/kind": "general"}),
        pod(nodeSelector={"topology.kubernetes.io/zone": "us-east-1b"}),
        pod(nodeSelector={"karpenter.sh/nodepool": "general", "kubernetes.io/arch": "amd64"}),
        GPU_POD,
    ],
)
def test_pod_that_a_nodepool_can_hold_is_not_named(fitting: dict[str, Any]) -> None:
    assert unschedulable(fitting, [GENERAL, GPUS], [], MACHINES) == ""


@pytest.mark.parametrize(
    ("asked", "disk", "held"),
    [("16Mi", None, True), ("19Gi", None, False), ("19Gi", "100Gi", True), ("95Gi", "100Gi", False)],
)
def test_disk_of_nodes_to_come_is_what_their_class_says(asked: str, disk: str | None, held: bool) -> None:
    """A pending pod that asks for scratch space fits: a node to come has 20 GiB where none are said."""
    classes = [node_class("default", disk)] if disk else []
    chosen = pool("general", family("m5"))
    chosen["spec"]["template"]["spec"]["nodeClassRef"] = {"name": "default"}
    asking = pod({"ephemeral-storage": asked})
    assert (unschedulable(asking, [chosen], [], MACHINES, classes) == "") is held
    assert (unusable(chosen, [asking], MACHINES, classes) == "") is held


@pytest.mark.parametrize(
    ("misfit", "reason"),
    [
        (pod({"nvidia.com/gpu": "1"}), "its taint nvidia.com/gpu=true:NoSchedule is not tolerated"),
        (pod({"nvidia.com/gpu": "2"}, tolerations=[TOLERATION]), "it has 1 nvidia.com/gpu of 2 asked"),
        (pod({"nvidia.com/gpu": "8"}, tolerations=[TOLERATION]), "its limit of 4 nvidia.com/gpu is under"),
        (pod({"cpu": "64"}), "cpu of 64 asked"),
        (pod({"memory": "16Gi"}), "memory of 17179869184 asked"),
        (pod(nodeSelector={"ferry/kind": "special"}), "it has no ferry/kind In special"),
        (pod(nodeSelector={"team": "fraud"}), "it has no team In fraud"),
        (pod(nodeSelector={"kubernetes.io/arch": "arm64"}), "it has no kubernetes.io/arch In arm64"),
        (pod(nodeSelector={"topology.kubernetes.io/zone": "us-east-1f"}), "zone In us-east-1f"),
    ],
)
def test_pod_that_no_nodepool_can_hold_is_named(misfit: dict[str, Any], reason: str) -> None:
    text = unschedulable(misfit, [GENERAL, GPUS], [], MACHINES)
    assert text.startswith("Pod web/p fits nowhere")
    assert "NodePool general" in text
    assert reason in text


def test_one_of_several_affinity_terms_is_enough() -> None:
    def term(value: str) -> dict[str, Any]:
        return {"matchExpressions": [{"key": "ferry/kind", "operator": "In", "values": [value]}]}

    def affine(*values: str) -> dict[str, Any]:
        required = {"nodeSelectorTerms": [term(value) for value in values]}
        return pod(affinity={"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}})

    assert unschedulable(affine("special", "general"), [GENERAL], [], MACHINES) == ""
    assert "fits nowhere" in unschedulable(affine("special"), [GENERAL], [], MACHINES)


def test_standing_node_can_hold_a_pod_without_any_nodepool() -> None:
    allocatable = {"cpu": "2", "memory": "7Gi"}
    node = named("v1", "Node", "n", status={"allocatable": allocatable})
    tainted = named("v1", "Node", "t", spec={"taints": [GPU_TAINT]}, status={"allocatable": allocatable})
    assert unschedulable(pod({"cpu": "1"}), [], [node]) == ""
    assert "node n: it has 2 cpu of 3 asked" in unschedulable(pod({"cpu": "3"}), [], [node])
    assert "is not tolerated" in unschedulable(pod(), [], [tainted])


def test_preferring_taint_keeps_nobody_out() -> None:
    soft = pool("soft", taints=[{"key": "a", "value": "b", "effect": "PreferNoSchedule"}])
    assert unschedulable(pod(), [soft], []) == ""


def test_nothing_to_run_on_is_named() -> None:
    assert "there is no node and no NodePool" in unschedulable(pod(), [], [])


def test_nodepool_with_a_user_is_not_named() -> None:
    assert unusable(GPUS, [pod(), GPU_POD], MACHINES) == ""


def test_nodepool_whose_taint_nobody_tolerates_is_named() -> None:
    text = unusable(GPUS, [pod(name="web")], MACHINES)
    assert text.startswith("NodePool gpu: no pod can use it")
    assert "Pod web/web: its taint nvidia.com/gpu" in text


def test_nodepool_without_any_instance_type_is_named() -> None:
    """A size outside the family: Karpenter would wait for ever without a word."""
    text = unusable(pool("odd", family("g4dn"), size("large")), [GPU_POD], MACHINES)
    assert "NodePool odd: no instance type meets its requirements" in text
    assert "instance-family In g4dn" in text


def test_daemon_sets_do_not_make_a_nodepool_useful() -> None:
    agent = named("apps/v1", "DaemonSet", "agent", "kube-system", spec={"template": GPU_POD})
    assert "there are no pods" in unusable(GPUS, [agent], MACHINES)


def test_smallest_fitting_size_has_the_fewest_gpus() -> None:
    """The trap of findings: with every size allowed Karpenter may answer with a g4dn.12xlarge (requirement
    A3).
    """
    everything = pool("gpu", family("g4dn"), taints=[GPU_TAINT])
    assert smallest([everything], GPU_POD, MACHINES) == {"g4dn.xlarge"}
    hungry = pod({"nvidia.com/gpu": "1", "cpu": "6"}, tolerations=[TOLERATION])
    assert smallest([everything], hungry, MACHINES) == {"g4dn.2xlarge"}


@pytest.mark.parametrize(
    ("operator", "values", "usable"),
    [
        ("In", ["4"], True),
        ("NotIn", ["2", "4"], False),
        ("Gt", ["3"], True),
        ("Lt", ["2"], False),
        ("Exists", [], True),
    ],
)
def test_requirement_operators_mean_what_karpenter_means(
    operator: str, values: list[str], usable: bool
) -> None:
    cpus = {"key": "karpenter.k8s.aws/instance-cpu", "operator": operator, "values": values}
    assert (unusable(pool("p", family("m5"), cpus), [pod()], MACHINES) == "") is usable


def test_unknown_operator_is_an_error_not_a_match() -> None:
    with pytest.raises(ValueError, match="does not exist"):
        unusable(pool("p", family("m5"), size("large", operator="Like")), [pod()], MACHINES)


@pytest.mark.parametrize(
    ("text", "value"), [("500m", "0.5"), ("2Gi", str(2 * GIB)), ("3", "3"), ("1k", "1000")]
)
def test_quantities_are_read_as_kubernetes_writes_them(text: str, value: str) -> None:
    assert str(quantity(text).normalize()) == str(quantity(value).normalize())


def test_requests_add_up_and_a_limit_stands_in_for_a_request() -> None:
    containers = [
        {"resources": {"requests": {"cpu": "1"}}},
        {"resources": {"requests": {"cpu": "500m"}, "limits": {"nvidia.com/gpu": "1"}}},
    ]
    init = [{"resources": {"requests": {"cpu": "4"}}}]
    asked = requests({"containers": containers, "initContainers": init})
    assert asked == {"cpu": quantity("4"), "nvidia.com/gpu": quantity("1")}
