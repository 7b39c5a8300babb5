"""Database instances with their subnet and parameter groups."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from sandbox.providers.aws.handler import (
    Change,
    Made,
    Scope,
    capital,
    given,
    key_values,
    tag_map,
)
from sandbox.providers.aws.naming import AutoName
from sandbox.providers.aws.services.ec2 import first
from sandbox.providers.aws.services.listed_tags import ListedTags
from sandbox.providers.base import CheckFailure, Props, ProviderError

MANAGED = "Managed by Pulumi"
"""pulumi-aws's default description."""


class RdsHandler(ListedTags):
    """An RDS resource, tagged by its ARN."""

    service = "rds"


class SubnetGroup(RdsHandler):
    """``aws:rds/subnetGroup:SubnetGroup``; its id is its name."""

    title = "RDS DB Subnet Group"
    cfn = "AWS::RDS::DBSubnetGroup"
    names = {"name": "DBSubnetGroupName", "description": "DBSubnetGroupDescription"}
    autoname = AutoName("name", 255)
    defaults = {"description": MANAGED}
    replace_on = frozenset({"namePrefix"})

    def create(self, aws: Scope, inputs: Props) -> Made:
        made = aws.client("rds").create_db_subnet_group(
            DBSubnetGroupName=inputs["name"],
            DBSubnetGroupDescription=inputs["description"],
            SubnetIds=inputs["subnetIds"],
            Tags=key_values(inputs.get("tagsAll")),
        )["DBSubnetGroup"]
        return Made(inputs["name"], _subnet_group(made))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = first(aws.client("rds").describe_db_subnet_groups(DBSubnetGroupName=id_)["DBSubnetGroups"])
        if found is None:
            return None
        return _subnet_group(found) | {"tagsAll": self.tags(aws, found["DBSubnetGroupArn"])}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        aws.client("rds").modify_db_subnet_group(
            DBSubnetGroupName=id_,
            DBSubnetGroupDescription=change.new["description"],
            SubnetIds=change.new["subnetIds"],
        )

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("rds").delete_db_subnet_group(DBSubnetGroupName=id_)


def _subnet_group(group: dict[str, Any]) -> Props:
    return {
        "arn": group["DBSubnetGroupArn"],
        "name": group["DBSubnetGroupName"],
        "description": group["DBSubnetGroupDescription"],
        "subnetIds": [subnet["SubnetIdentifier"] for subnet in group["Subnets"]],
        "supportedNetworkTypes": group.get("SupportedNetworkTypes") or ["IPV4"],
        "vpcId": group.get("VpcId", ""),
    }


class ParameterGroup(RdsHandler):
    """``aws:rds/parameterGroup:ParameterGroup``; its id is its name."""

    title = "RDS DB Parameter Group"
    cfn = "AWS::RDS::DBParameterGroup"
    names = {"name": "DBParameterGroupName", "parameters": ""}
    autoname = AutoName("name", 255)
    defaults = {"description": MANAGED, "skipDestroy": False}
    replace_on = frozenset({"namePrefix"})

    def fill(self, inputs: Props) -> Props:
        """A parameter applies at once unless it says otherwise."""
        if not isinstance(inputs.get("parameters"), list):
            return inputs
        filled = [
            {"applyMethod": "immediate", **item} if isinstance(item, dict) else item
            for item in inputs["parameters"]
        ]
        return {**inputs, "parameters": filled}

    def create(self, aws: Scope, inputs: Props) -> Made:
        rds, name = aws.client("rds"), inputs["name"]
        made = rds.create_db_parameter_group(
            DBParameterGroupName=name,
            DBParameterGroupFamily=inputs["family"],
            Description=inputs["description"],
            Tags=key_values(inputs.get("tagsAll")),
        )["DBParameterGroup"]
        if inputs.get("parameters"):
            rds.modify_db_parameter_group(
                DBParameterGroupName=name, Parameters=_parameters(inputs["parameters"])
            )
        return Made(name, {"arn": made["DBParameterGroupArn"]})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        rds = aws.client("rds")
        found = first(rds.describe_db_parameter_groups(DBParameterGroupName=id_)["DBParameterGroups"])
        if found is None:
            return None
        pages = rds.get_paginator("describe_db_parameters").paginate(DBParameterGroupName=id_, Source="user")
        parameters = [
            {
                "name": item["ParameterName"],
                "value": item["ParameterValue"],
                "applyMethod": item["ApplyMethod"],
            }
            for page in pages
            for item in page["Parameters"]
            if "ParameterValue" in item
        ]
        return {
            "arn": found["DBParameterGroupArn"],
            "name": id_,
            "family": found["DBParameterGroupFamily"],
            "description": found["Description"],
            "parameters": parameters,
            "tagsAll": self.tags(aws, found["DBParameterGroupArn"]),
        }

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        aws.client("rds").modify_db_parameter_group(
            DBParameterGroupName=id_, Parameters=_parameters(change.new.get("parameters") or [])
        )

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        if not state.get("skipDestroy"):
            aws.client("rds").delete_db_parameter_group(DBParameterGroupName=id_)


def _parameters(parameters: Sequence[Props]) -> list[dict[str, Any]]:
    return [
        {"ParameterName": item["name"], "ParameterValue": item["value"], "ApplyMethod": item["applyMethod"]}
        for item in parameters
    ]


_SETTINGS: Final = {
    "instanceClass": "DBInstanceClass",
    "dbName": "DBName",
    "dbSubnetGroupName": "DBSubnetGroupName",
    "parameterGroupName": "DBParameterGroupName",
    "multiAz": "MultiAZ",
    "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
    "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
    "username": "MasterUsername",
    "password": "MasterUserPassword",
    "passwordWo": "MasterUserPassword",
    "backupWindow": "PreferredBackupWindow",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "caCertIdentifier": "CACertificateIdentifier",
    "performanceInsightsEnabled": "EnablePerformanceInsights",
    "performanceInsightsKmsKeyId": "PerformanceInsightsKMSKeyId",
    **{
        key: capital(key)
        for key in [
            "allocatedStorage",
            "autoMinorVersionUpgrade",
            "availabilityZone",
            "backupRetentionPeriod",
            "copyTagsToSnapshot",
            "deletionProtection",
            "engine",
            "engineVersion",
            "iops",
            "kmsKeyId",
            "licenseModel",
            "manageMasterUserPassword",
            "masterUserSecretKmsKeyId",
            "maxAllocatedStorage",
            "monitoringInterval",
            "monitoringRoleArn",
            "optionGroupName",
            "performanceInsightsRetentionPeriod",
            "port",
            "publiclyAccessible",
            "storageEncrypted",
            "storageThroughput",
            "storageType",
            "vpcSecurityGroupIds",
        ]
    },
}
"""Inputs → the arguments of CreateDBInstance."""

_FIXED: Final = frozenset(
    {"Engine", "DBName", "MasterUsername", "StorageEncrypted", "KmsKeyId", "AvailabilityZone"}
)
"""Arguments that ModifyDBInstance does not take."""


class Instance(RdsHandler):
    """``aws:rds/instance:Instance``; its id is the resource id ``db-…``, as of pulumi-aws 6."""

    title = "RDS DB Instance"
    cfn = "AWS::RDS::DBInstance"
    names = {
        **_SETTINGS,
        "identifier": "DBInstanceIdentifier",
        "vpcSecurityGroupIds": "VPCSecurityGroups",
        "passwordWo": "",
        "allocatedStorage": "",
        "port": "",
    }
    autoname = AutoName("identifier", 63, separator="", lower=False)
    defaults: ClassVar[Props] = {
        "applyImmediately": False,
        "autoMinorVersionUpgrade": True,
        "copyTagsToSnapshot": False,
        "dedicatedLogVolume": False,
        "deleteAutomatedBackups": True,
        "monitoringInterval": 0,
        "performanceInsightsEnabled": False,
        "publiclyAccessible": False,
        "skipFinalSnapshot": False,
    }
    replace_on = frozenset(
        {"dbName", "engine", "kmsKeyId", "storageEncrypted", "username", "snapshotIdentifier", "timezone"}
        | {"availabilityZone", "characterSetName", "identifierPrefix"}
    )
    in_place = frozenset({"identifier", "dbSubnetGroupName"})
    write_only = frozenset({"passwordWo"})
    secrets = frozenset({"password"})
    moves_on_update = frozenset({"engineVersionActual", "status"})

    def validate(self, inputs: Props) -> list[CheckFailure]:
        found = []
        if inputs.get("manageMasterUserPassword") is True and inputs.get("password") is not None:
            reason = (
                '"password" conflicts with "manageMasterUserPassword": AWS makes the password. Remove it.'
            )
            found.append(CheckFailure("password", reason))
        name = inputs.get("identifier")
        if isinstance(name, str) and not re.fullmatch(r"[a-z](?:-?[a-z0-9])*", name):
            reason = (
                f'"{name}" is no identifier: only lowercase letters, digits, single hyphens, first a letter, '
                'last no hyphen, such as "mlflow-db".'
            )
            found.append(CheckFailure("identifier", reason))
        return found

    def create(self, aws: Scope, inputs: Props) -> Made:
        made = aws.client("rds").create_db_instance(
            DBInstanceIdentifier=inputs["identifier"],
            Tags=key_values(inputs.get("tagsAll")),
            **{name: inputs[key] for key, name in _SETTINGS.items() if inputs.get(key) is not None},
        )["DBInstance"]
        return Made(made["DbiResourceId"], _instance(made))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        rds = aws.client("rds")
        name = state.get("identifier") or id_
        found = first(rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"])
        if found is None or found["DBInstanceStatus"] == "deleting":
            return None
        return _instance(found) | {"tagsAll": tag_map(found.get("TagList"))}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        wanted = {name: change.new.get(key) for key, name in _SETTINGS.items() if key in change}
        if "passwordWoVersion" in change:
            wanted["MasterUserPassword"] = change.new.get("passwordWo")
        if "EnableCloudwatchLogsExports" in wanted:
            wanted.pop("EnableCloudwatchLogsExports")
            wanted["CloudwatchLogsExportConfiguration"] = _exports(change)
        arguments = {key: value for key, value in wanted.items() if key not in _FIXED and value is not None}
        if "identifier" in change:
            arguments["NewDBInstanceIdentifier"] = change.new["identifier"]
        if not arguments:
            return
        aws.client("rds").modify_db_instance(
            DBInstanceIdentifier=change.old["identifier"],
            ApplyImmediately=bool(change.new.get("applyImmediately")),
            **({"AllowMajorVersionUpgrade": True} if change.new.get("allowMajorVersionUpgrade") else {}),
            **arguments,
        )

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        final = state.get("finalSnapshotIdentifier")
        if not state.get("skipFinalSnapshot") and not final and not state.get("deletionProtection"):
            raise ProviderError(
                f"deleting RDS DB Instance ({id_}): final_snapshot_identifier is required when "
                "skip_final_snapshot is false, so nothing was deleted. Set finalSnapshotIdentifier, or "
                "skipFinalSnapshot, and apply that."
            )
        keep = {"SkipFinalSnapshot": True} if state.get("skipFinalSnapshot") else {"SkipFinalSnapshot": False}
        aws.client("rds").delete_db_instance(
            DBInstanceIdentifier=state["identifier"],
            **keep,
            **given(FinalDBSnapshotIdentifier=None if keep["SkipFinalSnapshot"] else final),
        )


def _exports(change: Change) -> dict[str, list[str]]:
    old = set(change.old.get("enabledCloudwatchLogsExports") or ())
    new = set(change.new.get("enabledCloudwatchLogsExports") or ())
    return {"EnableLogTypes": sorted(new - old), "DisableLogTypes": sorted(old - new)}


def _instance(instance: dict[str, Any]) -> Props:
    endpoint = instance.get("Endpoint") or {}
    address, port = endpoint.get("Address", ""), endpoint.get("Port", 0)
    secret = instance.get("MasterUserSecret")
    groups = instance.get("DBParameterGroups") or [{}]
    return {
        "address": address,
        "endpoint": f"{address}:{port}",
        "port": port,
        "arn": instance["DBInstanceArn"],
        "identifier": instance["DBInstanceIdentifier"],
        "resourceId": instance["DbiResourceId"],
        "status": instance["DBInstanceStatus"],
        "engineVersionActual": instance.get("EngineVersion", ""),
        "hostedZoneId": endpoint.get("HostedZoneId") or "",
        "masterUserSecrets": [_secret(secret)] if secret else [],
        "parameterGroupName": groups[0].get("DBParameterGroupName", ""),
        "dbSubnetGroupName": (instance.get("DBSubnetGroup") or {}).get("DBSubnetGroupName", ""),
        "vpcSecurityGroupIds": [
            group["VpcSecurityGroupId"] for group in instance.get("VpcSecurityGroups") or ()
        ],
        "replicas": instance.get("ReadReplicaDBInstanceIdentifiers") or [],
        "backupWindow": instance.get("PreferredBackupWindow", ""),
        "maintenanceWindow": instance.get("PreferredMaintenanceWindow", ""),
        "caCertIdentifier": instance.get("CACertificateIdentifier") or "rds-ca-rsa2048-g1",
        "networkType": instance.get("NetworkType") or "IPV4",
        **_plain(instance),
    }


def _plain(instance: dict[str, Any]) -> Props:
    keys = [
        "allocatedStorage",
        "autoMinorVersionUpgrade",
        "availabilityZone",
        "backupRetentionPeriod",
        "copyTagsToSnapshot",
        "deletionProtection",
        "engine",
        "engineVersion",
        "iops",
        "kmsKeyId",
        "licenseModel",
        "multiAz",
        "publiclyAccessible",
        "storageEncrypted",
        "storageThroughput",
        "storageType",
        "instanceClass",
        "dbName",
        "username",
        "maxAllocatedStorage",
    ]
    return {key: instance[_SETTINGS[key]] for key in keys if instance.get(_SETTINGS[key]) is not None}


def _secret(secret: dict[str, Any]) -> Props:
    return {
        "kmsKeyId": secret.get("KmsKeyId", ""),
        "secretArn": secret.get("SecretArn", ""),
        "secretStatus": "active",  # the provider waits until it is; moto says "creating" once
    }
