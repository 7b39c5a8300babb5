"""Samples of Kubernetes clusters, databases, caches."""

from __future__ import annotations

from typing import Any

from sandbox.providers.base import Props
from tests.sandbox.providers.aws.bench import Bench, Made
from tests.sandbox.providers.aws.makers import (
    cluster,
    instance_inputs,
    node_group_inputs,
    replication_group_inputs,
    role,
    subnets,
)
from tests.sandbox.providers.aws.sample import Sample


def _addon(bench: Bench, made: Made) -> Any:
    return bench.boto("eks").describe_addon(clusterName=made["clusterName"], addonName=made["addonName"])


def _entry(bench: Bench, made: Made) -> Any:
    where = {"clusterName": made["clusterName"], "principalArn": made["principalArn"]}
    return bench.boto("eks").describe_access_entry(**where)


def _entry_inputs(bench: Bench) -> Props:
    return {"clusterName": cluster(bench).id, "principalArn": role(bench)["arn"]}


def _association_inputs(bench: Bench) -> Props:
    entry = bench.make("aws:eks/accessEntry:AccessEntry", _entry_inputs(bench))
    return {
        "clusterName": entry["clusterName"],
        "principalArn": entry["principalArn"],
        "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
        "accessScope": {"type": "cluster"},
    }


def _associated(bench: Bench, made: Made) -> Any:
    where = {"clusterName": made["clusterName"], "principalArn": made["principalArn"]}
    return bench.boto("eks").list_associated_access_policies(**where)["associatedAccessPolicies"]


def _pod_identity_inputs(bench: Bench) -> Props:
    where = {"clusterName": cluster(bench).id, "namespace": "kube-system", "serviceAccount": "ebs"}
    return {**where, "roleArn": role(bench, "pods.eks.amazonaws.com")["arn"]}


def _pod_identity(bench: Bench, made: Made) -> Any:
    return bench.boto("eks").describe_pod_identity_association(
        clusterName=made["clusterName"], associationId=made.id
    )


def _replication_group(bench: Bench, made: Made) -> Any:
    answer = bench.boto("elasticache").describe_replication_groups(ReplicationGroupId=made.id)
    return [group for group in answer["ReplicationGroups"] if group["Status"] != "deleting"]


SAMPLES: dict[str, Sample] = {
    "aws:eks/cluster:Cluster": Sample(
        lambda b: {
            "roleArn": role(b, "eks.amazonaws.com")["arn"],
            "vpcConfig": {"subnetIds": subnets(b)[1], "endpointPrivateAccess": True},
            "version": "1.35",
        },
        lambda b, m: b.boto("eks").describe_cluster(name=m.id),
        lambda _: {"enabledClusterLogTypes": ["api", "audit"]},
        unreadable=frozenset({"bootstrapSelfManagedAddons", "accessConfig", "enabledClusterLogTypes"}),
    ),
    "aws:eks/nodeGroup:NodeGroup": Sample(
        node_group_inputs,
        lambda b, m: b.boto("eks").describe_nodegroup(
            clusterName=m["clusterName"], nodegroupName=m["nodeGroupName"]
        ),
        lambda _: {"scalingConfig": {"minSize": 2, "maxSize": 4, "desiredSize": 2}},
    ),
    "aws:eks/addon:Addon": Sample(
        lambda b: {"clusterName": cluster(b).id, "addonName": "vpc-cni"},
        _addon,
        lambda _: {"configurationValues": '{"env": {"ENABLE_PREFIX_DELEGATION": "true"}}'},
    ),
    "aws:eks/accessEntry:AccessEntry": Sample(_entry_inputs, _entry, lambda _: {"kubernetesGroups": ["ml"]}),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": Sample(_association_inputs, _associated),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": Sample(
        _pod_identity_inputs,
        _pod_identity,
        lambda b: {"roleArn": role(b, "pods.eks.amazonaws.com")["arn"]},
        importable=False,
    ),
    "aws:rds/subnetGroup:SubnetGroup": Sample(
        lambda b: {"subnetIds": subnets(b)[1]},
        lambda b, m: b.boto("rds").describe_db_subnet_groups(DBSubnetGroupName=m.id),
        lambda _: {"description": "databases"},
    ),
    "aws:rds/parameterGroup:ParameterGroup": Sample(
        lambda _: {"family": "postgres16", "parameters": [{"name": "rds.force_ssl", "value": "1"}]},
        lambda b, m: b.boto("rds").describe_db_parameter_groups(DBParameterGroupName=m.id)[
            "DBParameterGroups"
        ],
        lambda _: {"parameters": [{"name": "rds.force_ssl", "value": "0"}]},
        unreadable=frozenset({"skipDestroy", "parameters"}),
    ),
    "aws:rds/instance:Instance": Sample(
        instance_inputs,
        lambda b, m: b.boto("rds").describe_db_instances(DBInstanceIdentifier=m["identifier"]),
        lambda _: {"instanceClass": "db.t4g.large", "backupRetentionPeriod": 14},
        importable=False,
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": Sample(
        lambda b: {"subnetIds": subnets(b)[1]},
        lambda b, m: b.boto("elasticache").describe_cache_subnet_groups(CacheSubnetGroupName=m.id),
        lambda _: {"description": "features"},
    ),
    "aws:elasticache/parameterGroup:ParameterGroup": Sample(
        lambda _: {"family": "redis7", "parameters": [{"name": "maxmemory-policy", "value": "allkeys-lru"}]},
        lambda b, m: b.boto("elasticache").describe_cache_parameter_groups(CacheParameterGroupName=m.id),
        lambda _: {"parameters": [{"name": "maxmemory-policy", "value": "volatile-lru"}]},
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": Sample(
        replication_group_inputs,
        _replication_group,
        lambda _: {"description": "features, online", "snapshotRetentionLimit": 5},
        importable=False,
    ),
}
