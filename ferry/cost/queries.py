"""Where AWS's Pricing API lists each price of the table. Pure.

Service codes, product families and usage types as AWS's own offer files have them; a usage type begins with a
region's short name (``USE1-``), which the patterns leave open. What answers to a pattern with more than one
price, or with none, is refused by :mod:`ferry.cost.refreshing`: nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from policy.cost.prices import Prices

SIZES = ("instance_hour", "database_hour", "cache_hour")
"""Keys of the table that hold a price for each size."""

Place = tuple[str, ...]
"""Where a price stands in a region's part of the table: ``("instance_hour", "m5.large")``."""


@dataclass(frozen=True)
class Query:
    """What to ask for one price.

    Attributes:
        service: AWS's code of the service.
        filters: attributes that have to be equal.
        usage: pattern of the whole usage type.
        times: what one unit of AWS's is multiplied by, to be one of the table's.
    """

    service: str
    filters: Mapping[str, str] = field(default_factory=dict)
    usage: str = r".*"
    times: float = 1.0

    def suits(self, usage: str) -> bool:
        """Whether a product's usage type is meant."""
        return re.fullmatch(self.usage, usage) is not None


def queries(prices: Prices) -> Iterator[tuple[Place, Query]]:
    """Every price that a region's part of the table holds, and where it is listed."""
    for size in prices.instance_hour:
        yield ("instance_hour", size), _instance(size)
    for size in prices.database_hour:
        yield ("database_hour", size), _database(size)
    for size in prices.cache_hour:
        yield ("cache_hour", size), _cache(size)
    for key, query in _PIECES.items():
        yield (key,), query


def _instance(size: str) -> Query:
    """Linux, shared, on demand; capacity that stands reserved and software on top are other products."""
    filters = {
        "instanceType": size,
        "operatingSystem": "Linux",
        "tenancy": "Shared",
        "preInstalledSw": "NA",
        "capacitystatus": "Used",
        "licenseModel": "No License required",
    }
    return Query("AmazonEC2", filters, r"(\w+-)?BoxUsage(:.*)?")


def _database(size: str) -> Query:
    """PostgreSQL in one zone; the estimate doubles it for a standby."""
    filters = {"instanceType": size, "databaseEngine": "PostgreSQL", "deploymentOption": "Single-AZ"}
    return Query("AmazonRDS", filters, r"(\w+-)?InstanceUsage:.*")


def _cache(size: str) -> Query:
    filters = {"instanceType": size, "cacheEngine": "Redis", "productFamily": "Cache Instance"}
    return Query("AmazonElastiCache", filters, r"(\w+-)?NodeUsage:.*")


def _family(name: str) -> dict[str, str]:
    return {"productFamily": name}


_PIECES: Mapping[str, Query] = {
    "cluster_hour": Query("AmazonEKS", usage=r"\w+-AmazonEKS-Hours:perCluster"),
    "nat_hour": Query("AmazonEC2", _family("NAT Gateway"), r"(\w+-)?NatGateway-Hours"),
    "nat_gb": Query("AmazonEC2", _family("NAT Gateway"), r"(\w+-)?NatGateway-Bytes"),
    "endpoint_hour": Query("AmazonVPC", _family("VpcEndpoint"), r"(\w+-)?VpcEndpoint-Hours"),
    "public_address_hour": Query("AmazonVPC", usage=r"(\w+-)?PublicIPv4:InUseAddress"),
    "balancer_hour": Query("AWSELB", _family("Load Balancer-Network"), r"(\w+-)?LoadBalancerUsage"),
    "balancer_unit_hour": Query("AWSELB", _family("Load Balancer-Network"), r"(\w+-)?LCUUsage"),
    "vpn_hour": Query("AmazonVPC", _family("Cloud Connectivity"), r"(\w+-)?VPN-Usage-Hours:ipsec\.1"),
    "disk_gb": Query("AmazonEC2", {"volumeApiName": "gp3"}, r"(\w+-)?EBS:VolumeUsage\.gp3"),
    "database_disk_gb": Query(
        "AmazonRDS", {"deploymentOption": "Single-AZ", "databaseEngine": "Any"}, r"(\w+-)?RDS:GP3-Storage"
    ),
    "object_gb": Query("AmazonS3", {"volumeType": "Standard"}, r"(\w+-)?TimedStorage-ByteHrs"),
    "image_gb": Query("AmazonECR", _family("EC2 Container Registry"), r"(\w+-)?TimedStorage-ByteHrs"),
    "log_gb": Query("AmazonCloudWatch", _family("Data Payload"), r"(\w+-)?DataProcessing-Bytes"),
    "log_kept_gb": Query("AmazonCloudWatch", _family("Storage Snapshot"), r"(\w+-)?TimedStorage-ByteHrs"),
    "backup_gb": Query("AmazonEC2", _family("Storage Snapshot"), r"(\w+-)?EBS:SnapshotUsage"),
    "key": Query("awskms", _family("Encryption Key"), r"[\w-]+-KMS-Keys"),
    "secret": Query("AWSSecretsManager", _family("Secret"), r"(\w+-)?AWSSecretsManager-Secrets"),
    "data_event_100k": Query(
        "AWSCloudTrail",
        _family("Management Tools - AWS CloudTrail Data Events Recorded"),
        times=100_000,
    ),
}
"""Key of the table → where it is listed."""

KEPT = frozenset({"sync_gb", "figure_1000"})
"""Not read: their usage types are in no public offer file that we have seen. They stay, and are named."""
