"""The order of a first `up`, judged on the dependencies that the engine recorded.

This tier proves that each ordering rule is alive: in a small stack that keeps them all nothing is found,
and every single ordering that is taken away is named. It cannot prove that the list of rules is complete,
nor how long AWS takes; the rehearsal applies the same judge to the whole stack. Requirements E1, A2, A3,
A4; issue part 5.
"""

from __future__ import annotations

from typing import Any

import pytest

from ferry.rehearsal.checks.first_order import sentence, unseen_cuts, violations
from ferry.rehearsal.checks.graph import SECRET_KEY, Graph, plain
from ferry.rehearsal.checks.order_rules import Need, needs
from tests.ferry.rehearsal.small_stack import SPACE, kubernetes, resource, stack

GRAPH = Graph.of(stack())
NEEDS = sorted(needs(GRAPH), key=repr)  # workers that share the tests must see them in one order


def label(need: Need) -> str:
    return f"{need.who.rpartition('::')[2]}<-{need.what.rpartition('::')[2]}"


def test_stack_that_waits_for_everything_has_no_violation() -> None:
    assert violations(stack()) == []
    assert unseen_cuts(stack()) == []


@pytest.mark.parametrize(
    ("who", "what"),
    [
        ("ServiceAccount::runner", "Namespace::kubeflow"),
        ("NodePool::gpu", "EC2NodeClass::default"),
        ("NodePool::gpu", "Release::karpenter-crd"),
        ("NodePool::gpu", "Release::karpenter"),
        ("NodePool::gpu", "AccessEntry::node"),
        ("EC2NodeClass::default", "Release::karpenter-crd"),
        ("Release::karpenter", "NodeGroup::system"),
        ("Release::karpenter", "RolePolicyAttachment::karpenter"),
        ("Release::karpenter", "OpenIdConnectProvider::issuer"),
        ("Addon::coredns", "NodeGroup::system"),
        ("Deployment::api", "NodeGroup::system"),
        ("Deployment::api", "ServiceAccount::runner"),
        ("Deployment::api", "Secret::db"),
        ("Deployment::api", "RolePolicyAttachment::runner"),
        ("Cluster::cluster", "RolePolicyAttachment::cluster"),
        ("NodeGroup::system", "RolePolicyAttachment::node"),
        ("NodeGroup::system", "Route::out"),
        ("NodeGroup::system", "RouteTableAssociation::private"),
        ("NatGateway::nat", "InternetGateway::igw"),
        ("Subnet::private", "Vpc::vpc"),
        ("BucketReplicationConfig::copy", "BucketVersioning::here"),
        ("BucketReplicationConfig::copy", "BucketVersioning::there"),
    ],
)
def test_ordering_that_aws_or_kubernetes_asks_for_is_known(who: str, what: str) -> None:
    """Written by hand: a rule that is lost makes this fail."""
    assert any(need.who.endswith(who) and need.what.endswith(what) for need in NEEDS)


@pytest.mark.parametrize("need", NEEDS, ids=label)
def test_ordering_that_is_taken_away_is_named(need: Need) -> None:
    found = violations(GRAPH.cut(need.who, need.what).resources.values())
    assert sentence(GRAPH, need) in found
    assert label(need).partition("<-")[0] in sentence(GRAPH, need)


def test_namespace_that_nobody_makes_is_named() -> None:
    found = violations([kubernetes("v1", "Secret", "db", "nowhere")])
    assert found == ["kubernetes:v1:Secret db needs its namespace nowhere, which nobody makes"]


def test_custom_resource_without_a_definition_is_named() -> None:
    found = violations([kubernetes("karpenter.sh/v1", "NodePool", "gpu")])
    assert any("the CRDs of karpenter.sh, which nobody makes" in text for text in found)


def test_definition_as_an_object_of_the_stack_counts() -> None:
    spec = {"group": "a.example", "names": {"kind": "Thing"}}
    crd = kubernetes("apiextensions.k8s.io/v1", "CustomResourceDefinition", "c", spec=spec)
    assert violations([crd, kubernetes("a.example/v1", "Thing", "t", after=[crd["urn"]])]) == []
    assert len(violations([crd, kubernetes("a.example/v1", "Thing", "t")])) == 1
    other = violations([crd, kubernetes("a.example/v1", "Another", "t", after=[crd["urn"]])])
    assert other == ["kubernetes:a.example/v1:Another t needs the CRDs of a.example, which nobody makes"]


def test_order_is_inherited_from_a_parent() -> None:
    """A child registers after its parent's URN is known, and that waits for the parent's own dependencies."""
    component = resource("ferry:index:Thing", "thing", after=[SPACE], custom=False)
    child = {**kubernetes("v1", "Secret", "db", "kubeflow"), "parent": component["urn"]}
    space = kubernetes("v1", "Namespace", "kubeflow")
    assert violations([space, component, child]) == []
    component["dependencies"] = []
    assert len(violations([space, component, child])) == 1


def test_sibling_under_the_same_parent_is_not_waited_for() -> None:
    component = resource("ferry:index:Thing", "thing", custom=False)
    space = {**kubernetes("v1", "Namespace", "kubeflow"), "parent": component["urn"]}
    child = {**kubernetes("v1", "Secret", "db", "kubeflow"), "parent": component["urn"]}
    assert len(violations([component, space, child])) == 1


def test_component_named_as_a_dependency_is_complete_with_its_children() -> None:
    component = resource("eks:index:Cluster", "cluster", custom=False)
    space = {**kubernetes("v1", "Namespace", "kubeflow"), "parent": component["urn"]}
    child = kubernetes("v1", "Secret", "db", "kubeflow", [component["urn"]])
    assert violations([component, space, child]) == []


def test_order_through_the_provider_counts() -> None:
    space = kubernetes("v1", "Namespace", "kubeflow")
    provider = resource("pulumi:providers:kubernetes", "k8s", after=[space["urn"]])
    child = {**kubernetes("v1", "Secret", "db", "kubeflow"), "provider": f"{provider['urn']}::some-id"}
    assert violations([space, provider, child]) == []


def test_own_namespaces_of_a_cluster_need_no_maker() -> None:
    assert violations([kubernetes("v1", "Secret", "db", "kube-system")]) == []


def test_hand_written_arn_of_another_resource_is_no_substitute_for_waiting() -> None:
    arn = "arn:aws:sqs:us-east-1:123456789012:queue"
    queue = resource("aws:sqs/queue:Queue", "queue", outputs={"arn": arn})
    target = resource("aws:cloudwatch/eventTarget:EventTarget", "target", {"arn": arn})
    found = violations([queue, target])
    assert found == [
        "aws:cloudwatch/eventTarget:EventTarget target does not wait for aws:sqs/queue:Queue queue, "
        f"but needs {arn}, which aws:sqs/queue:Queue queue makes"
    ]


def test_secret_envelopes_are_opened_before_judging() -> None:
    value: Any = {SECRET_KEY: "1b47061264138c4ac30d75fd1eb44270", "value": "x"}
    assert plain({"a": [value]}) == {"a": ["x"]}
