"""The judges of the rehearsal's checks, each with a healthy case and twins that must fail.

This tier proves that a check can fail and says why. It cannot prove that the gatherers see the truth: the
rehearsal itself does. Requirements A1-A8, B1, B9.
"""

from __future__ import annotations

from typing import Any, cast

import httpx
import pytest

from ferry.rehearsal.checks import account, availability, discovery, fleet, irsa, lookups
from ferry.rehearsal.checks.context import CheckContext, Note
from ferry.rehearsal.checks.guarding import guarded
from ferry.rehearsal.checks.irsa import Attempt
from ferry.report.model import Check, Node, Pod
from sandbox.controlplane.client import ApiError
from sandbox.kubelet import Machine, Options
from tests.sandbox.kubelet.healthy import IMAGE, ROLE, healthy, named


def verdicts(checks: list[Check]) -> list[bool]:
    return [check.passed for check in checks]


# --- who may take a role ---------------------------------------------------------------------------------

GOOD = [Attempt("take the role", True, ""), Attempt("as another account", False, "AccessDenied")]


def test_role_that_serves_its_owner_and_refuses_others_holds() -> None:
    assert verdicts(irsa.judge(GOOD)) == [True, True]


def test_refused_owner_fails_with_the_reason() -> None:
    checks = irsa.judge([Attempt("take the role", True, "AccessDenied", "not authorized"), GOOD[1]])
    assert verdicts(checks) == [False, True]
    assert checks[0].detail == ["take the role: refused (AccessDenied not authorized)"]


def test_role_that_lets_a_stranger_in_fails() -> None:
    checks = irsa.judge([GOOD[0], Attempt("as another account", False, "")])
    assert verdicts(checks) == [True, False]
    assert checks[1].detail == ["as another account: allowed, and must not be"]


@pytest.mark.parametrize("code", ["NoSuchBucket", "InternalFailure", "404"])
def test_error_that_is_no_refusal_proves_nothing(code: str) -> None:
    assert verdicts(irsa.judge([GOOD[0], Attempt("read from another bucket", False, code)])) == [True, False]


def test_forged_token_keeps_claims_and_key_id_but_not_the_signature() -> None:
    jwt = pytest.importorskip("jwt")
    genuine = jwt.encode({"sub": "a", "exp": 1}, "k" * 32, algorithm="HS256", headers={"kid": "key-1"})
    fake = irsa.forged(genuine)
    assert jwt.get_unverified_header(fake)["kid"] == "key-1"
    assert jwt.decode(fake, options={"verify_signature": False})["sub"] == "a"
    assert fake.rpartition(".")[2] != genuine.rpartition(".")[2]


# --- everything wanted is there --------------------------------------------------------------------------


def deployment(wanted: int = 2, ready: int = 2, generation: int = 1, observed: int = 1) -> dict[str, Any]:
    item = named("apps/v1", "Deployment", "api", "web", spec={"replicas": wanted})
    item["metadata"]["generation"] = generation
    return {**item, "status": {"readyReplicas": ready, "observedGeneration": observed}}


def test_controller_with_all_its_replicas_is_ready() -> None:
    assert availability.shortfalls([deployment()]) == []


@pytest.mark.parametrize(
    ("controller", "text"),
    [
        (deployment(ready=1), "Deployment web/api: 1 of 2 ready"),
        (deployment(generation=2), "Deployment web/api: 0 of 2 ready"),
    ],
    ids=["a replica short", "newest version not yet looked at"],
)
def test_controller_that_lacks_replicas_is_named(controller: dict[str, Any], text: str) -> None:
    assert availability.shortfalls([controller]) == [text]


def test_controller_that_the_stack_made_and_the_cluster_lacks_is_named() -> None:
    inputs = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api", "namespace": "web"}}
    made = [{"urn": "u", "type": "kubernetes:apps/v1:Deployment", "inputs": inputs}]
    assert availability.absent(made, []) == ["Deployment web/api is not in the cluster"]
    assert availability.absent(made, [deployment()]) == []
    assert availability.absent([], []) == []


def test_pending_pod_is_named_with_the_schedulers_reason() -> None:
    conditions = [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}]
    pod = named("v1", "Pod", "p", "web", status={"phase": "Pending", "conditions": conditions})
    assert availability.pending([pod]) == ["Pod web/p: 0/3 nodes are available"]


def test_picture_keeps_nodes_that_came_and_went() -> None:
    labels = {"node.kubernetes.io/instance-type": "m5.large", "eks.amazonaws.com/capacityType": "ON_DEMAND"}
    node = named("v1", "Node", "n", status={"capacity": {"cpu": "2"}})
    node["metadata"]["labels"] = labels
    pod = named("v1", "Pod", "p", "web", spec={"nodeName": "n"}, status={"phase": "Running"})
    gone = Node(name="g", instance_type="g4dn.xlarge", capacity_type="spot", nodepool="gpu", gpus=1)
    tidied = Node(
        name="n", instance_type="m5.large", capacity_type="spot", pods=[Pod(namespace="d", name="job")]
    )
    cluster = availability.picture([deployment()], [node], [pod], {"g": gone, "n": tidied})
    assert [(item.name, item.capacity_type, item.gone) for item in cluster.nodes] == [
        ("n", "on-demand", False),
        ("g", "spot", True),
    ]
    assert [item.name for item in cluster.nodes[0].pods] == ["p", "job"]
    assert (cluster.deployments.ready, cluster.deployments.wanted, cluster.pending_pods) == (1, 1, 0)


# --- what a kubelet looks up -----------------------------------------------------------------------------

KNOWN = Options(roles={ROLE}, digests={IMAGE})


def test_healthy_cluster_resolves_and_notices_every_twin() -> None:
    assert verdicts(lookups.judge(healthy(), KNOWN)) == [True, True]


def test_missing_secret_fails_the_live_check_by_name() -> None:
    objects = [item for item in healthy() if item["kind"] != "Secret"]
    checks = lookups.judge(objects, KNOWN)
    assert not checks[0].passed
    assert any("Secret web/db" in text for text in checks[0].detail)


def test_empty_cluster_is_no_success() -> None:
    assert verdicts(lookups.judge([], KNOWN)) == [False]


# --- what Karpenter found --------------------------------------------------------------------------------


def node_class(*subnets: str) -> dict[str, Any]:
    status = {"subnets": [{"id": item} for item in subnets]}
    return named("karpenter.k8s.aws/v1", "EC2NodeClass", "default", status=status)


def test_node_class_that_lists_the_tagged_subnets_holds() -> None:
    assert (
        discovery.differences(node_class("subnet-1", "subnet-2"), "subnets", {"subnet-1", "subnet-2"}) == []
    )


@pytest.mark.parametrize(
    ("found", "tagged", "text"),
    [
        (["subnet-1"], {"subnet-1", "subnet-2"}, "subnet-2 carries the tag and is not in status.subnets"),
        (["subnet-1", "subnet-9"], {"subnet-1"}, "subnet-9 is in status.subnets without the tag"),
        ([], set(), "nothing in the account carries the tags"),
    ],
)
def test_node_class_that_found_other_subnets_is_named(found: list[str], tagged: set[str], text: str) -> None:
    assert text in discovery.differences(node_class(*found), "subnets", tagged)[0]


def test_unready_nodepool_is_named_with_its_own_words() -> None:
    conditions = [{"type": "Ready", "status": "False", "message": "no subnets found"}]
    pool = named("karpenter.sh/v1", "NodePool", "gpu", status={"conditions": conditions})
    assert discovery.unready([pool]) == ["NodePool gpu: no subnets found"]
    assert "has no Ready condition" in discovery.unready([named("karpenter.sh/v1", "NodePool", "gpu")])[0]


def test_planted_misfit_pod_and_idle_pool_are_named() -> None:
    """The bad twins of the issue: a NodePool that no pod can use, a pod that no NodePool can hold."""
    taint = {"key": "team", "value": "nobody", "effect": "NoSchedule"}
    template = {"spec": {"taints": [taint], "requirements": []}}
    pool = named("karpenter.sh/v1", "NodePool", "lonely", spec={"template": template})
    pod = named("v1", "Pod", "stray", "web", spec={"containers": []})
    types = [Machine("m5.large", 2, 2**33)]
    assert "Pod web/stray fits nowhere" in discovery.misfits([pod], [pool], [], types)[0]
    assert "NodePool lonely: no pod can use it" in discovery.idle_pools([pod], [pool], types)[0]


def test_pool_for_pods_to_come_is_no_idle_pool_but_one_that_nobody_tolerates_is() -> None:
    """A fresh production cluster runs no pod of its own yet; its pools must still be of use to somebody."""
    types = [Machine("m5.large", 2, 2**33)]
    taint = {"key": "team", "value": "nobody", "effect": "NoSchedule"}

    def pool(**spec: Any) -> dict[str, Any]:
        return named("karpenter.sh/v1", "NodePool", "general", spec={"template": {"spec": spec}})

    assert discovery.idle_pools(discovery.prospects(), [pool()], types) == []
    assert len(discovery.idle_pools(discovery.prospects(), [pool(taints=[taint])], types)) == 1


def test_selector_terms_become_filters_of_ec2() -> None:
    term = {"tags": {"karpenter.sh/discovery": "ferry-dev", "tier": "*"}}
    assert discovery.filters(term) == [
        {"Name": "tag:karpenter.sh/discovery", "Values": ["ferry-dev"]},
        {"Name": "tag-key", "Values": ["tier"]},
    ]


def test_only_machines_of_the_named_families_are_considered() -> None:
    requirement = {"key": "karpenter.k8s.aws/instance-family", "operator": "In", "values": ["g4dn"]}
    pool = named(
        "karpenter.sh/v1", "NodePool", "gpu", spec={"template": {"spec": {"requirements": [requirement]}}}
    )
    anything = named("karpenter.sh/v1", "NodePool", "any", spec={"template": {"spec": {}}})
    assert fleet.patterns([pool]) == ["g4dn.*"]
    assert fleet.patterns([pool, anything]) == ["*"]


def test_machine_is_read_from_the_answer_of_ec2() -> None:
    entry = {
        "InstanceType": "g4dn.xlarge",
        "VCpuInfo": {"DefaultVCpus": 4},
        "MemoryInfo": {"SizeInMiB": 16384},
        "ProcessorInfo": {"SupportedArchitectures": ["x86_64"]},
        "GpuInfo": {"Gpus": [{"Name": "T4", "Count": 1}]},
    }
    found = fleet.machine(entry, ["us-east-1b", "us-east-1a"])
    assert found == Machine("g4dn.xlarge", 4, 2**34, 1, "amd64", ("us-east-1a", "us-east-1b"), gpu_name="t4")


# --- what the account holds ------------------------------------------------------------------------------


def cluster(**changes: Any) -> dict[str, Any]:
    network = {"endpointPublicAccess": True, "publicAccessCidrs": ["203.0.113.0/24"]}
    logging = {"clusterLogging": [{"types": ["api", "audit"], "enabled": True}]}
    healthy_cluster = {
        "resourcesVpcConfig": network,
        "accessConfig": {"authenticationMode": "API"},
        "encryptionConfig": [{"resources": ["secrets"]}],
        "logging": logging,
    }
    return {**healthy_cluster, **changes}


def test_closed_cluster_has_no_fault() -> None:
    assert list(account.cluster_faults(cluster())) == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"resourcesVpcConfig": {"endpointPublicAccess": True, "publicAccessCidrs": ["0.0.0.0/0"]}},
            "0.0.0.0/0",
        ),
        ({"resourcesVpcConfig": {}}, "open to 0.0.0.0/0"),
        ({"accessConfig": {"authenticationMode": "CONFIG_MAP"}}, "authentication mode is not API"),
        ({"accessConfig": None}, "authentication mode is not API"),
        ({"encryptionConfig": []}, "not encrypted"),
        ({"logging": {"clusterLogging": [{"types": ["audit"], "enabled": False}]}}, "audit log is off"),
    ],
)
def test_open_or_silent_cluster_is_named(change: dict[str, Any], text: str) -> None:
    assert any(text in fault for fault in account.cluster_faults(cluster(**change)))


def test_exposed_database_is_named() -> None:
    entry = {"DBInstanceIdentifier": "mlflow", "PubliclyAccessible": True, "BackupRetentionPeriod": 0}
    assert len(list(account.database_faults(entry))) == 3
    safe = {**entry, "PubliclyAccessible": False, "BackupRetentionPeriod": 7, "StorageEncrypted": True}
    assert list(account.database_faults(safe)) == []


def test_only_the_store_of_access_logs_may_do_without_kms() -> None:
    assert [account.cipher(purpose) for purpose in ("models", "access-logs")] == ["aws:kms", "AES256"]


def test_resource_without_owner_is_named_and_one_without_tags_is_left_alone() -> None:
    tagged = {"urn": "a::vpc", "type": "aws:ec2/vpc:Vpc", "outputs": {"tagsAll": {"owner": "ml"}}}
    assert account.untagged(tagged, ["owner", "cost-center"]) == [
        "aws:ec2/vpc:Vpc vpc has no tag cost-center"
    ]
    assert account.untagged({"urn": "a::r", "type": "t", "outputs": {}}, ["owner"]) == []


def test_region_comes_from_the_resource_then_its_provider_then_home() -> None:
    provider = {"urn": "p", "type": "pulumi:providers:aws", "inputs": {"region": "us-west-2"}}
    item = {"urn": "b", "provider": "p::id", "inputs": {}}
    assert account.region_of(item, [provider], "us-east-1") == "us-west-2"
    assert (
        account.region_of({**item, "inputs": {"region": "eu-west-1"}}, [provider], "us-east-1") == "eu-west-1"
    )
    assert account.region_of({"urn": "b"}, [], "us-east-1") == "us-east-1"


# --- a check that breaks down ----------------------------------------------------------------------------


def test_check_that_is_refused_by_the_cluster_fails_and_quotes_it() -> None:
    def refused(_context: CheckContext, _note: Note) -> list[Check]:
        raise ApiError(403, "Forbidden", "no")

    checks = guarded("gpu", "A3", refused)(cast(CheckContext, None), lambda _: None)
    assert [(check.id, check.passed) for check in checks] == [("gpu.tried", False)]
    assert "403 Forbidden" in checks[0].detail[0]


def test_check_that_meets_a_busy_server_is_made_once_more() -> None:
    tries = []

    def busy(_context: CheckContext, _note: Note) -> list[Check]:
        tries.append(1)
        if len(tries) == 1:
            raise httpx.ReadTimeout("busy")
        return []

    assert guarded("gpu", "A3", busy)(cast(CheckContext, None), lambda _: None) == []
    assert len(tries) == 2


def test_bug_in_a_check_keeps_its_traceback() -> None:
    def broken(_context: CheckContext, _note: Note) -> list[Check]:
        raise KeyError("status")

    with pytest.raises(KeyError):
        guarded("gpu", "A3", broken)(cast(CheckContext, None), lambda _: None)
