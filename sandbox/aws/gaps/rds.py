"""Subnet and parameter groups of RDS: refusals that moto does not make, and a change that it loses."""

from __future__ import annotations

from typing import Any

from moto.ec2.models import ec2_backends
from moto.rds.models import rds_backends

from sandbox.aws.gaps.asking import PASS, Ask, Gap
from sandbox.aws.wire import RefusedError


def _instances(ask: Ask) -> list[Any]:
    return list(rds_backends[ask.account][ask.region].databases.values())


def check_zones(ask: Ask) -> object:
    """CreateDBSubnetGroup: two zones at least."""
    wanted = set(ask.params.get("SubnetIds") or [])
    ec2 = ec2_backends[ask.account][ask.region]
    zones = {zone for zone, subnets in ec2.subnets.items() if wanted & set(subnets)}
    if len(zones) == 1:
        raise RefusedError(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. "
            f"Current AZ coverage: {zones.pop()}. Add subnets to cover at least 2 AZs.",
        )
    return PASS


def modify_subnet_group(ask: Ask) -> object:
    """ModifyDBSubnetGroup; moto forgets a group that it modifies."""
    check_zones(ask)
    groups = rds_backends[ask.account][ask.region].subnet_groups
    group: Any = groups.get(str(ask.params["DBSubnetGroupName"]).lower())
    if group is None:
        return PASS
    ec2 = ec2_backends[ask.account][ask.region]
    group.subnets = [ec2.get_subnet(subnet) for subnet in ask.params["SubnetIds"]]
    group.description = ask.params.get("DBSubnetGroupDescription") or group.description
    return {
        "DBSubnetGroup": {
            "DBSubnetGroupName": group.name,
            "DBSubnetGroupDescription": group.description,
            "VpcId": group.vpc_id,
            "SubnetGroupStatus": "Complete",
            "Subnets": group.subnets,
        }
    }


def delete_subnet_group(ask: Ask) -> object:
    """DeleteDBSubnetGroup; refused while an instance is in it."""
    name = str(ask.params["DBSubnetGroupName"]).lower()
    for instance in _instances(ask):
        group = getattr(instance, "db_subnet_group", None)
        if group is not None and group.name.lower() == name:
            raise RefusedError(
                "InvalidDBSubnetGroupStateFault",
                f"Cannot delete the subnet group '{name}' because at least one database instance: "
                f"{instance.db_instance_identifier} is still using it.",
            )
    return PASS


def delete_parameter_group(ask: Ask) -> object:
    """DeleteDBParameterGroup; refused while an instance uses it."""
    name = str(ask.params["DBParameterGroupName"])
    for instance in _instances(ask):
        if name == getattr(instance, "db_parameter_group_name", None):
            raise RefusedError(
                "InvalidDBParameterGroupState",
                f"One or more database instances are still members of this parameter group {name}, "
                "so the group cannot be deleted",
            )
    return PASS


GAP = Gap(
    "rds",
    {
        "CreateDBSubnetGroup": check_zones,
        "ModifyDBSubnetGroup": modify_subnet_group,
        "DeleteDBSubnetGroup": delete_subnet_group,
        "DeleteDBParameterGroup": delete_parameter_group,
    },
)
