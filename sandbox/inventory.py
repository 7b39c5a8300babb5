"""What exists in the emulated account and in the cluster: taken before and after, the difference is a leak.

Pure listing by public APIs (boto3, the Kubernetes API); nothing here knows what the program meant to make, so
it also finds what the engine's state has lost sight of.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import boto3
from botocore.config import Config

Client = Callable[[str], Any]
"""Service name → boto3 client. boto3 builds its clients at run time, so they have no static type."""

Things = frozenset[str]
"""Names of the form ``service/kind/id``."""


@dataclass(frozen=True)
class Leftovers:
    """What stands after a destroy that did not stand before. ``kept``: deliberately, name → reason."""

    kept: dict[str, str]
    leaks: list[str]


@functools.cache
def aws_clients(endpoint: str, region: str) -> Client:
    """Clients for one region of the emulated account, each made once."""
    name = "rehearsal"  # the emulation gives every unknown key the account's own rights
    session = boto3.Session(aws_access_key_id=name, aws_secret_access_key=name, region_name=region)
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            made[service] = session.client(
                service, endpoint_url=endpoint, config=Config(retries={"total_max_attempts": 1})
            )
        return made[service]

    return client


def aws_inventory(endpoint: str, regions: Iterable[str]) -> Things:
    """Everything that a foundation may make, in every region it may make it."""
    found: set[str] = set()
    for region in regions:
        client = aws_clients(endpoint, region)
        for service in {service for service, _ in LISTINGS}:
            client(service)  # boto3 client creation is not thread-safe
        with ThreadPoolExecutor(max_workers=4) as pool:
            for names in pool.map(partial(_list, client), LISTINGS.keys(), LISTINGS.values()):
                found |= {f"{region}/{name}" for name in names}
    return frozenset(found)


def _list(client: Client, key: tuple[str, str], path: tuple[str, str, str]) -> list[str]:
    service, kind = key
    operation, collection, identifier = path
    answer = getattr(client(service), operation)()
    names = []
    for item in _walk(answer, collection.split(".")):
        name = item if isinstance(item, str) else item[identifier]
        state = "" if isinstance(item, str) else _state(item)
        if state not in {"terminated", "deleted", "shutting-down"}:
            names.append(f"{service}/{kind}/{name}")
    return names


def _walk(answer: Any, keys: list[str]) -> Iterator[Any]:
    if not keys:
        if isinstance(answer, list):
            yield from answer
        else:
            yield answer
        return
    for item in answer if isinstance(answer, list) else [answer]:
        yield from _walk(item.get(keys[0], []), keys[1:])


def _state(item: Mapping[str, Any]) -> str:
    state = item.get("State", "")
    return str(state.get("Name", "")) if isinstance(state, Mapping) else str(state)


LISTINGS: dict[tuple[str, str], tuple[str, str, str]] = {
    # (service, kind): (boto3 operation, path of the collection, key of the identifier)
    ("ec2", "vpc"): ("describe_vpcs", "Vpcs", "VpcId"),
    ("ec2", "subnet"): ("describe_subnets", "Subnets", "SubnetId"),
    ("ec2", "security-group"): ("describe_security_groups", "SecurityGroups", "GroupId"),
    ("ec2", "internet-gateway"): ("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    ("ec2", "nat-gateway"): ("describe_nat_gateways", "NatGateways", "NatGatewayId"),
    ("ec2", "address"): ("describe_addresses", "Addresses", "AllocationId"),
    ("ec2", "route-table"): ("describe_route_tables", "RouteTables", "RouteTableId"),
    ("ec2", "vpc-endpoint"): ("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    ("ec2", "flow-log"): ("describe_flow_logs", "FlowLogs", "FlowLogId"),
    ("ec2", "network-interface"): ("describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    ("ec2", "instance"): ("describe_instances", "Reservations.Instances", "InstanceId"),
    ("ec2", "launch-template"): ("describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
    ("ec2", "volume"): ("describe_volumes", "Volumes", "VolumeId"),
    ("iam", "role"): ("list_roles", "Roles", "RoleName"),
    ("iam", "instance-profile"): ("list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
    ("iam", "oidc-provider"): ("list_open_id_connect_providers", "OpenIDConnectProviderList", "Arn"),
    ("eks", "cluster"): ("list_clusters", "clusters", ""),
    ("s3", "bucket"): ("list_buckets", "Buckets", "Name"),
    ("sqs", "queue"): ("list_queues", "QueueUrls", ""),
    ("events", "rule"): ("list_rules", "Rules", "Name"),
    ("kms", "alias"): ("list_aliases", "Aliases", "AliasName"),
    ("kms", "key"): ("list_keys", "Keys", "KeyId"),
    ("logs", "log-group"): ("describe_log_groups", "logGroups", "logGroupName"),
    ("backup", "vault"): ("list_backup_vaults", "BackupVaultList", "BackupVaultName"),
    ("backup", "plan"): ("list_backup_plans", "BackupPlansList", "BackupPlanId"),
    ("datasync", "location"): ("list_locations", "Locations", "LocationArn"),
    ("datasync", "task"): ("list_tasks", "Tasks", "TaskArn"),
    ("cloudtrail", "trail"): ("describe_trails", "trailList", "TrailARN"),
    ("secretsmanager", "secret"): ("list_secrets", "SecretList", "Name"),
    ("rds", "instance"): ("describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    ("rds", "subnet-group"): ("describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    ("rds", "snapshot"): ("describe_db_snapshots", "DBSnapshots", "DBSnapshotIdentifier"),
    ("elasticache", "replication-group"): (
        "describe_replication_groups",
        "ReplicationGroups",
        "ReplicationGroupId",
    ),
    ("elasticache", "subnet-group"): (
        "describe_cache_subnet_groups",
        "CacheSubnetGroups",
        "CacheSubnetGroupName",
    ),
    ("ecr", "repository"): ("describe_repositories", "repositories", "repositoryName"),
}


def leftovers(before: Things, after: Things, kept: Callable[[str], str | None]) -> Leftovers:
    """Splits what is new into what is kept on purpose (``kept`` gives the reason) and what leaked."""
    new = sorted(after - before)
    reasons = {name: reason for name in new if (reason := kept(name))}
    return Leftovers(reasons, [name for name in new if name not in reasons])


def why_a_key_stays(endpoint: str) -> Callable[[str], str | None]:
    """Keys that nobody can delete: one that is scheduled waits 7 to 30 days, AWS's own stay for ever."""

    def reason(name: str) -> str | None:
        region, service, kind, identifier = name.split("/", 3)
        if (service, kind) != ("kms", "key"):
            return None
        kms = aws_clients(endpoint, region)("kms")
        if kms.describe_key(KeyId=identifier)["KeyMetadata"]["KeyState"] == "PendingDeletion":
            return "scheduled for deletion; AWS waits 7 to 30 days by design"
        aliases = [item["AliasName"] for item in kms.list_aliases(KeyId=identifier)["Aliases"]]
        own = [alias for alias in aliases if alias.startswith("alias/aws/")]
        return f"AWS's own {own[0]}, made at its first use; nobody can delete it" if own else None

    return reason
