"""ElastiCache: replication groups in cluster mode, and the parameter and subnet groups that moto leaves out.

moto calls a group "cluster mode" only when the request says so; AWS decides by the parameter group and the
number of shards (ElastiCache user guide, replication groups).
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from moto.elasticache.models import elasticache_backends

from sandbox.aws.gaps.asking import Ask, Gap, ask_backend
from sandbox.aws.wire import RefusedError

_TOKEN = range(16, 129)
"""Length of an AUTH token (ElastiCache user guide, authenticating with AUTH)."""
_SLOTS = 16384
_SETTABLE = {
    "ReplicationGroupDescription": "description",
    "CacheNodeType": "cache_node_type",
    "Engine": "engine",
    "EngineVersion": "engine_version",
    "CacheParameterGroupName": "cache_parameter_group_name",
    "SecurityGroupIds": "security_group_ids",
    "SnapshotRetentionLimit": "snapshot_retention_limit",
    "SnapshotWindow": "snapshot_window",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
    "TransitEncryptionEnabled": "transit_encryption_enabled",
    "TransitEncryptionMode": "transit_encryption_mode",
}


def _backend(ask: Ask) -> Any:
    return elasticache_backends[ask.account][ask.region]


def _shelf(ask: Ask) -> dict[str, Any]:
    """Cache parameter groups by name; they live on moto's backend and end with it."""
    backend = _backend(ask)
    if not hasattr(backend, "parameter_groups"):
        backend.parameter_groups = {}
    found: dict[str, Any] = backend.parameter_groups
    return found


def _invalid(message: str) -> RefusedError:
    return RefusedError("InvalidParameterCombination", message)


def _missing(kind: str, message: str) -> RefusedError:
    return RefusedError(kind, message, HTTPStatus.NOT_FOUND)


# --- replication groups ------------------------------------------------------------------------------------


def create_group(ask: Ask) -> object:
    """CreateReplicationGroup: available at once."""
    params = ask.params
    clustered = _is_clustered(ask)
    _check_group(ask, clustered)
    group = ask_backend(
        _backend(ask).create_replication_group, params, cluster_mode="enabled" if clustered else "disabled"
    )
    if clustered:
        _settle(
            ask, group, int(params.get("NumNodeGroups") or 1), int(params.get("ReplicasPerNodeGroup") or 0)
        )
    return {"ReplicationGroup": group}


def _is_clustered(ask: Ask) -> bool:
    params, name = ask.params, str(ask.params.get("CacheParameterGroupName") or "")
    own = (_shelf(ask).get(name) or {}).get("values", {})
    return (
        params.get("ClusterMode") == "enabled"
        or name.endswith(".cluster.on")
        or own.get("cluster-enabled") == "yes"
        or int(params.get("NumNodeGroups") or 1) > 1
    )


def _check_group(ask: Ask, clustered: bool) -> None:
    params, backend = ask.params, _backend(ask)
    subnets, group = (
        params.get("CacheSubnetGroupName"),
        str(params.get("CacheParameterGroupName") or "default."),
    )
    if subnets and subnets not in backend.cache_subnet_groups:
        raise RefusedError("CacheSubnetGroupNotFoundFault", f"Cache subnet group {subnets} does not exist.")
    if not group.startswith("default.") and group not in _shelf(ask):
        raise _missing("CacheParameterGroupNotFound", f"CacheParameterGroup {group} not found.")
    token = params.get("AuthToken")
    if token is not None and not params.get("TransitEncryptionEnabled"):
        raise _invalid("The AUTH token is only supported when encryption-in-transit is enabled.")
    if token is not None and len(token) not in _TOKEN:
        raise RefusedError(
            "InvalidParameterValue",
            f"Invalid AuthToken provided. The token must be {_TOKEN.start} to {_TOKEN.stop - 1} characters.",
        )
    if clustered and not params.get("AutomaticFailoverEnabled"):
        raise _invalid("Redis with cluster mode enabled cannot be created with auto failover turned off.")
    if params.get("MultiAZEnabled") and not params.get("AutomaticFailoverEnabled"):
        raise _invalid("Must enable automatic failover to enable Multi-AZ.")


def _settle(ask: Ask, group: Any, shards: int, replicas: int) -> None:
    """Shards and members as AWS names them: ``<group>-0001-001``, over the region's first three zones."""
    bounds = [index * _SLOTS // shards for index in range(shards + 1)]
    group.node_groups = [
        {
            "node_group_id": f"{shard + 1:04}",
            "status": "available",
            "slots": f"{bounds[shard]}-{bounds[shard + 1] - 1}",
            "node_group_members": [
                {
                    "cache_cluster_id": f"{group.replication_group_id}-{shard + 1:04}-{node + 1:03}",
                    "cache_node_id": "0001",
                    "preferred_availability_zone": f"{ask.region}{'abc'[(shard + node) % 3]}",
                }
                for node in range(replicas + 1)
            ],
        }
        for shard in range(shards)
    ]
    members = [member for node in group.node_groups for member in node["node_group_members"]]
    group.member_clusters = [member["cache_cluster_id"] for member in members]


def _group(ask: Ask) -> Any:
    name = str(ask.params["ReplicationGroupId"])
    found = _backend(ask).replication_groups.get(name)
    if found is None:
        raise _missing("ReplicationGroupNotFoundFault", f"ReplicationGroup {name} not found.")
    return found


def modify_group(ask: Ask) -> object:
    """ModifyReplicationGroup, applied at once."""
    group, params = _group(ask), ask.params
    for name, attribute in _SETTABLE.items():
        if name in params:
            setattr(group, attribute, params[name])
    for name, attribute in (
        ("AutomaticFailoverEnabled", "automatic_failover"),
        ("MultiAZEnabled", "multi_az"),
    ):
        if name in params:
            setattr(group, attribute, "enabled" if params[name] else "disabled")
    if "AuthToken" in params:
        _check_token(group)
        group.auth_token_enabled = params.get("AuthTokenUpdateStrategy") != "DELETE"
    return {"ReplicationGroup": group}


def _check_token(group: Any) -> None:
    if not group.transit_encryption_enabled:
        raise _invalid("The AUTH token is only supported when encryption-in-transit is enabled.")


def _shape(group: Any) -> tuple[int, int]:
    return len(group.node_groups), len(group.node_groups[0]["node_group_members"]) - 1


def reshard(ask: Ask) -> object:
    """ModifyReplicationGroupShardConfiguration."""
    group = _group(ask)
    if not group.cluster_enabled:
        raise _invalid("Only replication groups with cluster mode enabled can be resharded.")
    _settle(ask, group, int(ask.params["NodeGroupCount"]), _shape(group)[1])
    return {"ReplicationGroup": group}


def scale(ask: Ask) -> object:
    """IncreaseReplicaCount and DecreaseReplicaCount."""
    group = _group(ask)
    _settle(ask, group, _shape(group)[0], int(ask.params["NewReplicaCount"]))
    return {"ReplicationGroup": group}


def delete_group(ask: Ask) -> object:
    """DeleteReplicationGroup: gone at once, where moto keeps it ``deleting`` for ever."""
    group, backend = _group(ask), _backend(ask)
    if name := ask.params.get("FinalSnapshotIdentifier"):
        backend.create_snapshot(
            snapshot_name=name,
            replication_group_id=group.replication_group_id,
            cache_cluster_id=None,
            kms_key_id=None,
            tags=None,
        )
    del backend.replication_groups[group.replication_group_id]
    group.status = "deleting"
    return {"ReplicationGroup": group}


# --- subnet groups -----------------------------------------------------------------------------------------


def _subnets(ask: Ask) -> Any:
    name = str(ask.params["CacheSubnetGroupName"])
    found = _backend(ask).cache_subnet_groups.get(name)
    if found is None:
        raise RefusedError("CacheSubnetGroupNotFoundFault", f"CacheSubnetGroup {name} not found.")
    return found


def modify_subnets(ask: Ask) -> object:
    """ModifyCacheSubnetGroup."""
    before, params = _subnets(ask), ask.params
    backend = _backend(ask)
    name = before.cache_subnet_group_name
    del backend.cache_subnet_groups[name]
    made = backend.create_cache_subnet_group(
        cache_subnet_group_name=name,
        cache_subnet_group_description=params.get(
            "CacheSubnetGroupDescription", before.cache_subnet_group_description
        ),
        subnet_ids=params.get("SubnetIds") or before.subnet_ids,
        tags=before.tags,
    )
    return {"CacheSubnetGroup": made}


def delete_subnets(ask: Ask) -> object:
    """DeleteCacheSubnetGroup; refused while a group uses it."""
    group, backend = _subnets(ask), _backend(ask)
    name = group.cache_subnet_group_name
    users = [*backend.replication_groups.values(), *backend.cache_clusters.values()]
    if any(user.cache_subnet_group_name == name for user in users):
        raise RefusedError("CacheSubnetGroupInUse", f"Cache subnet group {name} is currently in use.")
    del backend.cache_subnet_groups[name]
    return {}


# --- parameter groups --------------------------------------------------------------------------------------


def create_parameters(ask: Ask) -> object:
    """CreateCacheParameterGroup."""
    params, name = ask.params, str(ask.params["CacheParameterGroupName"]).lower()
    if name in _shelf(ask):
        raise RefusedError("CacheParameterGroupAlreadyExists", f"CacheParameterGroup {name} already exists.")
    _shelf(ask)[name] = group = {
        "CacheParameterGroupName": name,
        "CacheParameterGroupFamily": params["CacheParameterGroupFamily"],
        "Description": params["Description"],
        "ARN": f"arn:aws:elasticache:{ask.region}:{ask.account}:parametergroup:{name}",
        "IsGlobal": False,
        "values": {},
        "tags": list(params.get("Tags") or []),
    }
    return {"CacheParameterGroup": group}


def _parameters(ask: Ask) -> dict[str, Any]:
    name = str(ask.params["CacheParameterGroupName"]).lower()
    found: dict[str, Any] | None = _shelf(ask).get(name)
    if found is None:
        raise _missing("CacheParameterGroupNotFound", f"CacheParameterGroup {name} not found.")
    return found


def describe_parameter_groups(ask: Ask) -> object:
    """DescribeCacheParameterGroups."""
    if ask.params.get("CacheParameterGroupName"):
        return {"CacheParameterGroups": [_parameters(ask)]}
    return {"CacheParameterGroups": list(_shelf(ask).values())}


def describe_parameters(ask: Ask) -> object:
    """DescribeCacheParameters: those that were set; AWS's defaults are not listed."""
    values: Mapping[str, str] = _parameters(ask)["values"]
    return {
        "Parameters": [
            {"ParameterName": name, "ParameterValue": value, "Source": "user", "IsModifiable": True}
            for name, value in values.items()
        ]
    }


def modify_parameters(ask: Ask) -> object:
    """ModifyCacheParameterGroup."""
    group = _parameters(ask)
    for one in ask.params["ParameterNameValues"]:
        group["values"][one["ParameterName"]] = one["ParameterValue"]
    return {"CacheParameterGroupName": group["CacheParameterGroupName"]}


def reset_parameters(ask: Ask) -> object:
    """ResetCacheParameterGroup."""
    group = _parameters(ask)
    named = [one["ParameterName"] for one in ask.params.get("ParameterNameValues") or []]
    for name in list(group["values"]) if ask.params.get("ResetAllParameters") else named:
        group["values"].pop(name, None)
    return {"CacheParameterGroupName": group["CacheParameterGroupName"]}


def delete_parameters(ask: Ask) -> object:
    """DeleteCacheParameterGroup; refused while a replication group uses it."""
    name = _parameters(ask)["CacheParameterGroupName"]
    groups = _backend(ask).replication_groups.values()
    if any(group.cache_parameter_group_name == name for group in groups):
        raise RefusedError(
            "InvalidCacheParameterGroupState",
            f"One or more cache clusters are still members of this parameter group {name}, "
            "so the group cannot be deleted.",
        )
    del _shelf(ask)[name]
    return {}


# --- tags --------------------------------------------------------------------------------------------------


def _tags(ask: Ask) -> list[dict[str, str]]:
    """Tags of whatever the ARN names: moto forgets some kinds."""
    arn, backend = str(ask.params["ResourceName"]), _backend(ask)
    things = [
        *backend.replication_groups.values(),
        *backend.cache_subnet_groups.values(),
        *backend.cache_clusters.values(),
        *backend.users.values(),
        *backend.snapshots.values(),
    ]
    for thing in things:
        if thing.arn == arn:
            thing.tags = list(thing.tags or [])
            found: list[dict[str, str]] = thing.tags
            return found
    for group in _shelf(ask).values():
        if group["ARN"] == arn:
            own: list[dict[str, str]] = group["tags"]
            return own
    raise _missing("CacheClusterNotFound", f"{arn} is either not present or not available.")


def list_tags(ask: Ask) -> object:
    """ListTagsForResource."""
    return {"TagList": _tags(ask)}


def add_tags(ask: Ask) -> object:
    """AddTagsToResource."""
    tags, new = _tags(ask), list(ask.params["Tags"])
    keys = {tag["Key"] for tag in new}
    tags[:] = [tag for tag in tags if tag["Key"] not in keys] + new
    return {"TagList": tags}


def remove_tags(ask: Ask) -> object:
    """RemoveTagsFromResource."""
    tags = _tags(ask)
    tags[:] = [tag for tag in tags if tag["Key"] not in ask.params["TagKeys"]]
    return {"TagList": tags}


GAP = Gap(
    "elasticache",
    {
        "CreateReplicationGroup": create_group,
        "ModifyReplicationGroup": modify_group,
        "ModifyReplicationGroupShardConfiguration": reshard,
        "IncreaseReplicaCount": scale,
        "DecreaseReplicaCount": scale,
        "DeleteReplicationGroup": delete_group,
        "ModifyCacheSubnetGroup": modify_subnets,
        "DeleteCacheSubnetGroup": delete_subnets,
        "CreateCacheParameterGroup": create_parameters,
        "DescribeCacheParameterGroups": describe_parameter_groups,
        "DescribeCacheParameters": describe_parameters,
        "ModifyCacheParameterGroup": modify_parameters,
        "ResetCacheParameterGroup": reset_parameters,
        "DeleteCacheParameterGroup": delete_parameters,
        "ListTagsForResource": list_tags,
        "AddTagsToResource": add_tags,
        "RemoveTagsFromResource": remove_tags,
    },
)
