"""Who and where: account, region, partition, zones."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.handler import Scope
from sandbox.providers.base import Props, ProviderError

_PLACES = {
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)",
    "eu-west-1": "Europe (Ireland)",
    "eu-central-1": "Europe (Frankfurt)",
}
"""Regions in words, from the AWS General Reference."""


def caller_identity(aws: Scope, args: Props) -> Props:
    """``aws:index/getCallerIdentity:getCallerIdentity``."""
    found = aws.client("sts").get_caller_identity()
    return {
        "accountId": found["Account"],
        "arn": found["Arn"],
        "userId": found["UserId"],
        "id": found["Account"],
    }


def region(aws: Scope, args: Props) -> Props:
    """``aws:index/getRegion:getRegion``: the provider's region, or the one asked for."""
    name = args.get("name") or aws.region
    endpoint = f"ec2.{name}.amazonaws.com"
    place = _PLACES.get(name, name)
    return {"name": name, "region": name, "id": name, "endpoint": endpoint, "description": place}


def partition(aws: Scope, args: Props) -> Props:
    """``aws:index/getPartition:getPartition``."""
    return {
        "partition": aws.partition,
        "id": aws.partition,
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    }


def availability_zones(aws: Scope, args: Props) -> Props:
    """``aws:index/getAvailabilityZones:getAvailabilityZones``."""
    filters = [{"Name": item["name"], "Values": item["values"]} for item in args.get("filters") or ()]
    zones = aws.client("ec2").describe_availability_zones(Filters=filters)["AvailabilityZones"]
    chosen = sorted((zone for zone in zones if _wanted(zone, args)), key=lambda zone: str(zone["ZoneName"]))
    return {
        "id": aws.region,
        "region": aws.region,
        "names": [zone["ZoneName"] for zone in chosen],
        "zoneIds": [zone["ZoneId"] for zone in chosen],
        "groupNames": sorted({zone.get("GroupName") or aws.region for zone in chosen}),
        **{key: args[key] for key in ("state", "excludeNames", "filters") if args.get(key) is not None},
    }


def _wanted(zone: dict[str, Any], args: Props) -> bool:
    excluded = {*(args.get("excludeNames") or ()), *(args.get("excludeZoneIds") or ())}
    state = args.get("state")
    return not excluded & {zone["ZoneName"], zone["ZoneId"]} and state in (None, zone["State"])


def service_principal(aws: Scope, args: Props) -> Props:
    """``aws:index/getServicePrincipal:getServicePrincipal``."""
    service = args["serviceName"]
    name = f"{service}.amazonaws.com"
    reverse = f"com.amazonaws.{aws.region}.{service}"
    return {
        "name": name,
        "serviceName": service,
        "id": reverse,
        "region": aws.region,
        "suffix": "amazonaws.com",
    }


def parse_arn(aws: Scope, args: Props) -> Props:
    """``aws:index/getArn:getArn`` and ``aws:index/arnParse:arnParse``."""
    parts = str(args["arn"]).split(":", 5)
    fields = 6
    if len(parts) != fields or parts[0] != "arn":
        raise ProviderError(
            f"{args['arn']} is no ARN: it has not the form arn:<partition>:<service>:<region>:<account>:"
            "<resource>. Check the value."
        )
    keys = ("partition", "service", "region", "account", "resource")
    return {"arn": args["arn"], "id": args["arn"], **dict(zip(keys, parts[1:], strict=True))}
