"""ElastiCache in cluster mode (A6): endpoints, shards, AUTH, and each refusal beside its permitted twin."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.aws.conftest import Clients
from tests.sandbox.aws.gaps.test_refusals import refused
from tests.sandbox.aws.making import network

GROUP: dict[str, Any] = {
    "ReplicationGroupId": "features",
    "ReplicationGroupDescription": "features",
    "CacheNodeType": "cache.t3.medium",
    "NumNodeGroups": 3,
    "ReplicasPerNodeGroup": 1,
    "AutomaticFailoverEnabled": True,
    "MultiAZEnabled": True,
    "TransitEncryptionEnabled": True,
    "AuthToken": "t" * 32,
}


@pytest.fixture
def cache(aws: Clients) -> Any:
    """An empty ElastiCache."""
    return aws("elasticache")


def _described(cache: Any) -> dict[str, Any]:
    return dict(cache.describe_replication_groups(ReplicationGroupId="features")["ReplicationGroups"][0])


def test_cluster_mode_has_one_configuration_endpoint_and_every_shard(cache: Any) -> None:
    cache.create_replication_group(**GROUP)
    told = _described(cache)
    assert (told["ClusterEnabled"], told["AuthTokenEnabled"], told["MultiAZ"]) == (True, True, "enabled")
    assert told["ConfigurationEndpoint"]["Address"].startswith("clustercfg.features.")
    assert len(told["MemberClusters"]) == 6
    assert [shard["Slots"] for shard in told["NodeGroups"]] == ["0-5460", "5461-10921", "10922-16383"]


def test_one_shard_without_cluster_mode_has_a_primary_endpoint(cache: Any) -> None:
    cache.create_replication_group(**{**GROUP, "NumNodeGroups": 1})
    told = _described(cache)
    assert not told["ClusterEnabled"]
    assert "ConfigurationEndpoint" not in told
    assert told["NodeGroups"][0]["PrimaryEndpoint"]["Address"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"TransitEncryptionEnabled": False}, "InvalidParameterCombination"),
        ({"AuthToken": "short"}, "InvalidParameterValue"),
        ({"AutomaticFailoverEnabled": False}, "InvalidParameterCombination"),
        ({"CacheSubnetGroupName": "nowhere"}, "CacheSubnetGroupNotFoundFault"),
        ({"CacheParameterGroupName": "nothing"}, "CacheParameterGroupNotFound"),
    ],
)
def test_replication_group_refuses_what_aws_refuses(cache: Any, wrong: dict[str, Any], code: str) -> None:
    assert refused(cache.create_replication_group, **{**GROUP, **wrong}) == code
    cache.create_replication_group(**GROUP)


def test_shards_and_replicas_change_in_place(cache: Any) -> None:
    cache.create_replication_group(**GROUP)
    same = {"ReplicationGroupId": "features", "ApplyImmediately": True}
    cache.modify_replication_group_shard_configuration(NodeGroupCount=2, **same)
    cache.increase_replica_count(NewReplicaCount=2, **same)
    cache.modify_replication_group(AuthToken="n" * 32, AuthTokenUpdateStrategy="ROTATE", **same)
    assert len(_described(cache)["MemberClusters"]) == 6
    assert len(_described(cache)["NodeGroups"]) == 2


def test_deleted_group_is_gone_and_frees_what_it_used(aws: Clients, cache: Any) -> None:
    subnets = network(aws)[1]
    cache.create_cache_subnet_group(
        CacheSubnetGroupName="own", CacheSubnetGroupDescription="own", SubnetIds=subnets
    )
    family = {"CacheParameterGroupName": "tuned", "CacheParameterGroupFamily": "redis7", "Description": "d"}
    cache.create_cache_parameter_group(**family)
    cache.modify_cache_parameter_group(
        CacheParameterGroupName="tuned",
        ParameterNameValues=[{"ParameterName": "cluster-enabled", "ParameterValue": "yes"}],
    )
    cache.create_replication_group(
        **{**GROUP, "CacheSubnetGroupName": "own", "CacheParameterGroupName": "tuned", "NumNodeGroups": 1}
    )
    assert _described(cache)["ClusterEnabled"]
    assert refused(cache.delete_cache_subnet_group, CacheSubnetGroupName="own") == "CacheSubnetGroupInUse"
    assert refused(cache.delete_cache_parameter_group, CacheParameterGroupName="tuned") == (
        "InvalidCacheParameterGroupState"
    )
    assert refused(aws("ec2").delete_subnet, SubnetId=subnets[0]) == "DependencyViolation"
    cache.delete_replication_group(ReplicationGroupId="features", FinalSnapshotIdentifier="last")
    assert cache.describe_replication_groups()["ReplicationGroups"] == []
    assert [one["SnapshotName"] for one in cache.describe_snapshots()["Snapshots"]] == ["last"]
    cache.delete_cache_subnet_group(CacheSubnetGroupName="own")
    cache.delete_cache_parameter_group(CacheParameterGroupName="tuned")


def test_tags_stay_with_every_kind(cache: Any) -> None:
    arn = cache.create_replication_group(**GROUP)["ReplicationGroup"]["ARN"]
    cache.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "a", "Value": "b"}])
    cache.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "a", "Value": "c"}])
    assert cache.list_tags_for_resource(ResourceName=arn)["TagList"] == [{"Key": "a", "Value": "c"}]
    cache.remove_tags_from_resource(ResourceName=arn, TagKeys=["a"])
    assert cache.list_tags_for_resource(ResourceName=arn)["TagList"] == []
