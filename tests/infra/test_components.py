"""Small components on their own, and the rules that all components keep."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
import pytest

from infra.access import policy_arn
from infra.cluster import kubeconfig, without_creator
from infra.namespaces import Space, labels
from infra.registry import lifecycle
from infra.scope import Component, Scope
from infra.specs.cluster import AccessSpec
from infra.specs.storage import Purpose, StorageSpec
from infra.stores import ArtifactStores, ArtifactStoresArgs
from infra.stores.bucket import bucket_name
from tests.infra.engine import run

SCOPE = Scope("ferry-prod", "123456789012", "us-east-1", protect=True)


class Outer(Component):
    """A component within whose child waits for nothing of its own."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Outer", name, opts)
        Inner(self.part("inner"), self.child())
        self.register_outputs({})


class Inner(Component):
    """One child."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Inner", name, opts)
        aws.sqs.Queue(self.part("queue"), opts=self.child())
        self.register_outputs({})


def test_grandchild_waits_for_what_its_component_waits_for() -> None:
    def program() -> None:
        first = aws.sqs.Queue("first")
        Outer("outer", pulumi.ResourceOptions(depends_on=[first]))

    found = run(program)
    first = found.one("aws:sqs/queue:Queue", "first")
    assert first.urn in found.one("aws:sqs/queue:Queue", "outer-inner-queue").depends_on


def test_childs_parent_is_its_component_not_the_callers() -> None:
    def program() -> None:
        Outer("outer", pulumi.ResourceOptions(parent=Outer("caller")))

    found = run(program)
    queue = next(item for item in found.of("aws:sqs/queue:Queue") if item.name == "outer-inner-queue")
    assert queue.parent.endswith("ferry:infra:Inner::outer-inner")


@pytest.mark.parametrize(
    ("protect", "teardown", "protected"),
    [(True, False, True), (True, True, False), (False, False, False)],
)
def test_teardown_lifts_protection(protect: bool, teardown: bool, protected: bool) -> None:
    assert Scope("a", "1", "r", protect=protect, teardown=teardown).protected is protected


def test_cluster_gives_its_creator_no_rights_that_stand_in_no_file() -> None:
    given = pulumi.ResourceTransformArgs(
        custom=True,
        type_="aws:eks/cluster:Cluster",
        name="c",
        props={"accessConfig": {"bootstrapClusterCreatorAdminPermissions": True}, "name": "c"},
        opts=pulumi.ResourceOptions(),
    )
    result = without_creator(given)
    assert result is not None
    assert result.props == {
        "name": "c",
        "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
    }


def test_other_children_of_the_cluster_are_left_alone() -> None:
    given = pulumi.ResourceTransformArgs(
        custom=True,
        type_="aws:ec2/securityGroup:SecurityGroup",
        name="g",
        props={},
        opts=pulumi.ResourceOptions(),
    )
    assert without_creator(given) is None


@pytest.mark.parametrize(
    ("policy", "namespaces", "expected"),
    [
        ("admin", [], "AmazonEKSClusterAdminPolicy"),
        ("admin", ["kubeflow"], "AmazonEKSAdminPolicy"),
        ("edit", ["kubeflow"], "AmazonEKSEditPolicy"),
        ("view", [], "AmazonEKSViewPolicy"),
    ],
)
def test_administrator_of_a_namespace_is_not_one_of_the_cluster(
    policy: str, namespaces: list[str], expected: str
) -> None:
    arn = "arn:aws:iam::123456789012:role/people"
    entry = AccessSpec.model_validate({"principal_arn": arn, "policy": policy, "namespaces": namespaces})
    assert policy_arn(entry).endswith(f"/{expected}")


def test_kubeconfig_asks_aws_for_a_token_and_holds_none() -> None:
    found = kubeconfig("ferry-dev", "us-east-1", "https://api", "Q0E=")
    assert list(found["users"][0]["user"]) == ["exec"]
    assert found["users"][0]["user"]["exec"]["args"][-4:] == [
        "--cluster-name",
        "ferry-dev",
        "--output",
        "json",
    ]


def test_namespace_enforces_its_level_and_warns_of_the_highest() -> None:
    found = labels(Space("baseline", {"own": "label"}))
    assert found["own"] == "label"
    assert found["pod-security.kubernetes.io/enforce"] == "baseline"
    assert found["pod-security.kubernetes.io/warn"] == "restricted"


def test_registry_keeps_the_newest_images_and_drops_untagged_ones_first() -> None:
    rules = lifecycle(10)["rules"]
    assert [rule["selection"]["tagStatus"] for rule in rules] == ["untagged", "any"]
    assert rules[1]["selection"]["countNumber"] == 10


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize("name", ["ferry-dev", "ferry-staging"])
def test_bucket_names_are_unique_in_the_world_and_short_enough(name: str, purpose: Purpose) -> None:
    scope = Scope(name, "123456789012", "ap-southeast-1")
    found = bucket_name(scope, purpose)
    assert found == f"{name}-{purpose}-123456789012-ap-southeast-1"
    assert len(found) <= 63


def test_copies_without_a_provider_of_their_region_are_refused() -> None:
    spec = StorageSpec(expire_noncurrent_days=7, archive_after_days=30, replica_region="us-west-2")

    def program() -> None:
        key = pulumi.Output.from_input("arn:key")
        with pytest.raises(ValueError, match="us-west-2"):
            ArtifactStores("stores", ArtifactStoresArgs(SCOPE, spec, key))

    run(program)
