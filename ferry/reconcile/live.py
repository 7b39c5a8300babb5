"""Which live object a resource of the program is: by the tag that it carries, or by its exact name."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import boto3

from ferry.reconcile.state import Wanted
from stacks.marking import TAG, mark

Inputs = Mapping[str, Any]


def _route(given: Inputs) -> str:
    """A route's id as the provider makes it: the table, and the CRC-32 of the destination."""
    keys = ("destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId")
    destination = next(str(given[key]) for key in keys if given.get(key))
    return f"r-{given['routeTableId']}{zlib.crc32(destination.encode())}"


BY_INPUTS: Mapping[str, Callable[[Inputs], str]] = {
    "aws:cloudwatch/eventRule:EventRule": lambda given: given["name"],
    "aws:cloudwatch/logGroup:LogGroup": lambda given: given["name"],
    "aws:cloudwatch/metricAlarm:MetricAlarm": lambda given: given["name"],
    "aws:backup/vault:Vault": lambda given: given["name"],
    "aws:ec2/route:Route": _route,
    "aws:ecr/repository:Repository": lambda given: given["name"],
    "aws:eks/accessEntry:AccessEntry": lambda given: f"{given['clusterName']}:{given['principalArn']}",
    "aws:eks/addon:Addon": lambda given: f"{given['clusterName']}:{given['addonName']}",
    "aws:eks/cluster:Cluster": lambda given: given["name"],
    "aws:eks/nodeGroup:NodeGroup": lambda given: f"{given['clusterName']}:{given['nodeGroupName']}",
    "aws:elasticache/parameterGroup:ParameterGroup": lambda given: given["name"],
    "aws:elasticache/replicationGroup:ReplicationGroup": lambda given: given["replicationGroupId"],
    "aws:elasticache/subnetGroup:SubnetGroup": lambda given: given["name"].lower(),
    "aws:iam/instanceProfile:InstanceProfile": lambda given: given["name"],
    "aws:iam/role:Role": lambda given: given["name"],
    "aws:iam/rolePolicy:RolePolicy": lambda given: f"{given['role']}:{given['name']}",
    "aws:kms/alias:Alias": lambda given: given["name"],
    "aws:rds/parameterGroup:ParameterGroup": lambda given: given["name"],
    "aws:rds/subnetGroup:SubnetGroup": lambda given: given["name"],
    "aws:s3/bucket:Bucket": lambda given: given["bucket"],
}
"""Type → its id as the provider has it, where the inputs decide it."""

_WHOLE = {"secretsmanager", "iam", "cloudtrail", "datasync", "acm", "sns"}
"""Services whose resources have their ARN as id."""


class Account:
    """The live objects of one account in some regions that bear our mark."""

    def __init__(self, regions: Iterable[str]) -> None:
        self._regions = tuple(regions)
        self._arns: dict[str, list[str]] = {}
        for region in self._regions:
            for arn, tags in _tagged(region):
                self._arns.setdefault(tags[TAG], []).append(arn)

    def id_of(self, wanted: Wanted) -> str:
        """The id that the provider would have given it, or empty where there is no trace of it.

        Raises:
            LookupError: more than one object bears its mark; which of them it is has to be said by a person.
        """
        arns = [arn for arn in self._arns.get(mark(wanted.urn), []) if _fits(wanted.type, arn)]
        if len(arns) > 1:
            raise LookupError(f"{wanted.urn}: {len(arns)} objects bear its mark: {', '.join(arns)}")
        if arns:
            return id_from(arns[0])
        named = BY_INPUTS.get(wanted.type)
        try:
            return named(wanted.inputs) if named else ""
        except (KeyError, StopIteration):
            return ""


def _tagged(region: str) -> Iterable[tuple[str, dict[str, str]]]:
    client = boto3.client("resourcegroupstaggingapi", region_name=region)
    for page in client.get_paginator("get_resources").paginate(TagFilters=[{"Key": TAG}]):
        for found in page["ResourceTagMappingList"]:
            yield found["ResourceARN"], {tag["Key"]: tag["Value"] for tag in found["Tags"]}


def _fits(type_: str, arn: str) -> bool:
    """Whether an ARN can be of this type: what a service makes for another bears the other's tags."""
    service = arn.split(":")[2]
    package = type_.split(":")[1].split("/", maxsplit=1)[0]
    return {"cloudwatch": "logs", "vpc": "ec2"}.get(package, package) in {
        service,
        _ALIASES.get(service, service),
    }


_ALIASES = {"cloudwatch": "logs", "events": "logs"}


def id_from(arn: str) -> str:
    """The provider's id of what an ARN names."""
    _, _, service, region, _, *rest = arn.split(":", 6)
    kind, tail = rest[0], rest[-1]
    if service in _WHOLE:
        return arn
    if service == "sqs":
        url: str = boto3.client("sqs", region_name=region).get_queue_url(QueueName=tail)["QueueUrl"]
        return url
    if service == "logs":
        return tail.removesuffix(":*")
    if service == "rds" and kind == "db":
        found = boto3.client("rds", region_name=region).describe_db_instances(DBInstanceIdentifier=tail)
        return str(found["DBInstances"][0]["DbiResourceId"])
    if service == "eks" and tail.startswith("nodegroup/"):
        return ":".join(tail.split("/")[1:3])
    return tail.rsplit("/", 1)[-1]
