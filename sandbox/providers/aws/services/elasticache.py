"""Replication groups (Redis and Valkey) with their subnet and parameter groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from sandbox.providers.aws.handler import (
    Change,
    Made,
    Scope,
    capital,
    given,
    key_values,
)
from sandbox.providers.aws.naming import AutoName
from sandbox.providers.aws.services.ec2 import first
from sandbox.providers.aws.services.listed_tags import ListedTags
from sandbox.providers.aws.services.rds import MANAGED
from sandbox.providers.base import CheckFailure, Props


class ElastiCacheHandler(ListedTags):
    """An ElastiCache resource, tagged by its ARN."""

    service = "elasticache"


class SubnetGroup(ElastiCacheHandler):
    """``aws:elasticache/subnetGroup:SubnetGroup``; its id is its name, which AWS keeps in lower case."""

    title = "ElastiCache Subnet Group"
    cfn = "AWS::ElastiCache::SubnetGroup"
    names = {"name": "CacheSubnetGroupName"}
    autoname = AutoName("name", 255)
    defaults = {"description": MANAGED}

    def create(self, aws: Scope, inputs: Props) -> Made:
        made = aws.client("elasticache").create_cache_subnet_group(
            CacheSubnetGroupName=inputs["name"],
            CacheSubnetGroupDescription=inputs["description"],
            SubnetIds=inputs["subnetIds"],
            Tags=key_values(inputs.get("tagsAll")),
        )["CacheSubnetGroup"]
        return Made(inputs["name"].lower(), _subnet_group(aws, made))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        groups = aws.client("elasticache").describe_cache_subnet_groups(CacheSubnetGroupName=id_)
        found = first(groups["CacheSubnetGroups"])
        if found is None:
            return None
        live = _subnet_group(aws, found)
        return live | {"tagsAll": self.tags(aws, live["arn"])}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        aws.client("elasticache").modify_cache_subnet_group(
            CacheSubnetGroupName=id_,
            CacheSubnetGroupDescription=change.new["description"],
            SubnetIds=change.new["subnetIds"],
        )

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("elasticache").delete_cache_subnet_group(CacheSubnetGroupName=id_)


def _subnet_group(aws: Scope, group: dict[str, Any]) -> Props:
    name = group["CacheSubnetGroupName"]
    return {
        "arn": group.get("ARN") or aws.arn("elasticache", f"subnetgroup:{name}"),
        "name": name,
        "description": group["CacheSubnetGroupDescription"],
        "subnetIds": [subnet["SubnetIdentifier"] for subnet in group.get("Subnets") or ()],
        "vpcId": group.get("VpcId") or "",
    }


class ParameterGroup(ElastiCacheHandler):
    """``aws:elasticache/parameterGroup:ParameterGroup``; its id is its name."""

    title = "ElastiCache Parameter Group"
    cfn = "AWS::ElastiCache::ParameterGroup"
    names = {"family": "CacheParameterGroupFamily", "name": "CacheParameterGroupName", "parameters": ""}
    autoname = AutoName("name", 255)
    defaults = {"description": MANAGED}
    replace_on = frozenset({"description", "name", "family"})

    def create(self, aws: Scope, inputs: Props) -> Made:
        cache, name = aws.client("elasticache"), inputs["name"]
        made = cache.create_cache_parameter_group(
            CacheParameterGroupName=name,
            CacheParameterGroupFamily=inputs["family"],
            Description=inputs["description"],
            Tags=key_values(inputs.get("tagsAll")),
        )["CacheParameterGroup"]
        if inputs.get("parameters"):
            cache.modify_cache_parameter_group(
                CacheParameterGroupName=name, ParameterNameValues=_parameters(inputs["parameters"])
            )
        return Made(name, {"arn": made.get("ARN") or aws.arn("elasticache", f"parametergroup:{name}")})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        cache = aws.client("elasticache")
        groups = cache.describe_cache_parameter_groups(CacheParameterGroupName=id_)
        found = first(groups["CacheParameterGroups"])
        if found is None:
            return None
        arn = found.get("ARN") or aws.arn("elasticache", f"parametergroup:{id_}")
        parameters = cache.describe_cache_parameters(CacheParameterGroupName=id_, Source="user")["Parameters"]
        return {
            "arn": arn,
            "name": id_,
            "family": found["CacheParameterGroupFamily"],
            "description": found["Description"],
            "parameters": [
                {"name": item["ParameterName"], "value": item["ParameterValue"]} for item in parameters
            ],
            "tagsAll": self.tags(aws, arn),
        }

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        aws.client("elasticache").modify_cache_parameter_group(
            CacheParameterGroupName=id_, ParameterNameValues=_parameters(change.new.get("parameters") or [])
        )

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("elasticache").delete_cache_parameter_group(CacheParameterGroupName=id_)


def _parameters(parameters: Sequence[Props]) -> list[dict[str, str]]:
    return [{"ParameterName": item["name"], "ParameterValue": item["value"]} for item in parameters]


_SETTINGS: Final = {
    "nodeType": "CacheNodeType",
    "parameterGroupName": "CacheParameterGroupName",
    "subnetGroupName": "CacheSubnetGroupName",
    "description": "ReplicationGroupDescription",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "multiAzEnabled": "MultiAZEnabled",
    "preferredCacheClusterAzs": "PreferredCacheClusterAZs",
    **{
        key: capital(key)
        for key in [
            "atRestEncryptionEnabled",
            "authToken",
            "autoMinorVersionUpgrade",
            "automaticFailoverEnabled",
            "clusterMode",
            "dataTieringEnabled",
            "engine",
            "engineVersion",
            "ipDiscovery",
            "kmsKeyId",
            "networkType",
            "numCacheClusters",
            "numNodeGroups",
            "port",
            "replicasPerNodeGroup",
            "securityGroupIds",
            "snapshotRetentionLimit",
            "snapshotWindow",
            "transitEncryptionEnabled",
            "transitEncryptionMode",
            "userGroupIds",
        ]
    },
}
"""Inputs → the arguments of CreateReplicationGroup."""

_MODIFIABLE: Final = frozenset(
    [
        "description",
        "maintenanceWindow",
        "multiAzEnabled",
        "autoMinorVersionUpgrade",
        "automaticFailoverEnabled",
        "clusterMode",
        "engine",
        "engineVersion",
        "nodeType",
        "parameterGroupName",
        "securityGroupIds",
        "snapshotRetentionLimit",
        "snapshotWindow",
        "transitEncryptionEnabled",
        "transitEncryptionMode",
        "ipDiscovery",
    ]
)


class ReplicationGroup(ElastiCacheHandler):
    """``aws:elasticache/replicationGroup:ReplicationGroup``; its id is the group's."""

    title = "ElastiCache Replication Group"
    cfn = "AWS::ElastiCache::ReplicationGroup"
    names = {
        **_SETTINGS,
        "authTokenWo": "",
        "nodeGroupConfigurations": "",
        "logDeliveryConfigurations": "",
        "authTokenUpdateStrategy": "",
    }
    autoname = AutoName("replicationGroupId", 40, lower=True)
    defaults: ClassVar[Props] = {
        "automaticFailoverEnabled": False,
        "engine": "redis",
        "multiAzEnabled": False,
    }
    replace_on = frozenset(
        [
            "atRestEncryptionEnabled",
            "dataTieringEnabled",
            "globalReplicationGroupId",
            "kmsKeyId",
            "networkType",
            "port",
            "preferredCacheClusterAzs",
            "replicationGroupId",
            "securityGroupNames",
            "snapshotArns",
            "snapshotName",
            "subnetGroupName",
        ]
    )
    in_place = frozenset({"engine", "transitEncryptionEnabled", "transitEncryptionMode"})
    write_only = frozenset({"authTokenWo"})

    def validate(self, inputs: Props) -> list[CheckFailure]:
        found = []
        tokens = [key for key in ("authToken", "authTokenWo") if inputs.get(key) is not None]
        if len(tokens) > 1:
            found.append(CheckFailure("authToken", '"authToken" conflicts with "authTokenWo". Keep one.'))
        if tokens and inputs.get("transitEncryptionEnabled") is not True:
            reason = "AUTH needs TLS: AWS refuses a token without it. Set transitEncryptionEnabled to true."
            found.append(CheckFailure("transitEncryptionEnabled", reason))
        if "authTokenWo" in tokens and inputs.get("authTokenWoVersion") is None:
            reason = (
                "authTokenWo is never stored, so AWS could not tell when it changes. Set this number too."
            )
            found.append(CheckFailure("authTokenWoVersion", reason))
        if inputs.get("multiAzEnabled") is True and inputs.get("automaticFailoverEnabled") is not True:
            reason = "automatic_failover_enabled must be true if multi_az_enabled is true. Set it."
            found.append(CheckFailure("automaticFailoverEnabled", reason))
        return found

    def create(self, aws: Scope, inputs: Props) -> Made:
        wanted = {name: inputs[key] for key, name in _SETTINGS.items() if inputs.get(key) is not None}
        made = aws.client("elasticache").create_replication_group(
            ReplicationGroupId=inputs["replicationGroupId"],
            Tags=key_values(inputs.get("tagsAll")),
            **wanted,
            **given(
                AuthToken=inputs.get("authToken") or inputs.get("authTokenWo"),
                LogDeliveryConfigurations=_logs(inputs.get("logDeliveryConfigurations")),
            ),
        )["ReplicationGroup"]
        return Made(inputs["replicationGroupId"], _group(made, inputs))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        groups = aws.client("elasticache").describe_replication_groups(ReplicationGroupId=id_)
        found = first(groups["ReplicationGroups"])
        if found is None or found["Status"] == "deleting":
            return None
        return _group(found, state) | {"tagsAll": self.tags(aws, found["ARN"])}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        cache, new = aws.client("elasticache"), change.new
        wanted = {_SETTINGS[key]: new[key] for key in change.keys & _MODIFIABLE if new.get(key) is not None}
        if change.any("authTokenWoVersion", "authToken"):
            wanted["AuthToken"] = new.get("authToken") or new.get("authTokenWo")
            wanted["AuthTokenUpdateStrategy"] = new.get("authTokenUpdateStrategy") or "ROTATE"
        if wanted:
            cache.modify_replication_group(
                ReplicationGroupId=id_, ApplyImmediately=bool(new.get("applyImmediately")), **wanted
            )
        if "logDeliveryConfigurations" in change:
            logs = _logs(new.get("logDeliveryConfigurations")) or _logs_off(change.old)
            cache.modify_replication_group(ReplicationGroupId=id_, LogDeliveryConfigurations=logs)
        if "numNodeGroups" in change:
            cache.modify_replication_group_shard_configuration(
                ReplicationGroupId=id_, NodeGroupCount=new["numNodeGroups"], ApplyImmediately=True
            )
        if "replicasPerNodeGroup" in change:
            _scale(cache, id_, change)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("elasticache").delete_replication_group(
            ReplicationGroupId=id_, **given(FinalSnapshotIdentifier=state.get("finalSnapshotIdentifier"))
        )


def _logs(configurations: Sequence[Props] | None) -> list[dict[str, Any]] | None:
    """Where slow and engine logs go, as ElastiCache takes it."""
    details = {"cloudwatch-logs": ("CloudWatchLogsDetails", "LogGroup")}
    kinesis = ("KinesisFirehoseDetails", "DeliveryStream")
    made = []
    for item in configurations or ():
        outer, inner = details.get(item["destinationType"], kinesis)
        made.append(
            {
                "LogType": item["logType"],
                "LogFormat": item["logFormat"],
                "DestinationType": item["destinationType"],
                "DestinationDetails": {outer: {inner: item["destination"]}},
            }
        )
    return made or None


def _logs_off(old: Props) -> list[dict[str, Any]]:
    return [
        {"LogType": item["logType"], "Enabled": False} for item in old.get("logDeliveryConfigurations") or ()
    ]


def _scale(cache: Any, id_: str, change: Change) -> None:
    count = change.new["replicasPerNodeGroup"]
    grows = count > (change.old.get("replicasPerNodeGroup") or 0)
    call = cache.increase_replica_count if grows else cache.decrease_replica_count
    call(ReplicationGroupId=id_, NewReplicaCount=count, ApplyImmediately=True)


def _group(group: dict[str, Any], state: Props) -> Props:
    nodes = group.get("NodeGroups") or [{}]
    cluster = bool(group.get("ClusterEnabled"))
    return {
        "arn": group["ARN"],
        "replicationGroupId": group["ReplicationGroupId"],
        "description": group["Description"],
        "clusterEnabled": cluster,
        "configurationEndpointAddress": (group.get("ConfigurationEndpoint") or {}).get("Address", ""),
        "primaryEndpointAddress": (nodes[0].get("PrimaryEndpoint") or {}).get("Address", ""),
        "readerEndpointAddress": (nodes[0].get("ReaderEndpoint") or {}).get("Address", ""),
        "memberClusters": group.get("MemberClusters") or [],
        "engineVersionActual": state.get("engineVersion") or "",
        "numCacheClusters": len(group.get("MemberClusters") or ()),
        "autoMinorVersionUpgrade": group.get("AutoMinorVersionUpgrade", True) is not False,
        "atRestEncryptionEnabled": bool(group.get("AtRestEncryptionEnabled")),
        "transitEncryptionEnabled": bool(group.get("TransitEncryptionEnabled")),
        **given(
            nodeType=group.get("CacheNodeType"),
            engine=group.get("Engine"),
            clusterMode=group.get("ClusterMode"),
            snapshotRetentionLimit=group.get("SnapshotRetentionLimit"),
            snapshotWindow=group.get("SnapshotWindow"),
            numNodeGroups=len(group["NodeGroups"]) if group.get("NodeGroups") else None,
            kmsKeyId=group.get("KmsKeyId") or None,
        ),
    }
