"""The account holds what the engine believes it made, tagged and locked as required (A1-A8)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from ferry.bootstrap.policies import GITHUB
from ferry.rehearsal.checks.context import CheckContext, Note, Object
from ferry.rehearsal.checks.graph import plain, short
from ferry.report.model import Check, Claim
from sandbox.providers.aws import clients
from sandbox.providers.aws.handler import Scope
from sandbox.providers.aws.table import BACKED, handler_for

FOUND = Claim("aws.found", "A1", "boto3 finds every resource that the engine made of a backed type")
TAGGED = Claim("aws.tagged", "A1", "every resource that can carry tags carries its owner and its cost center")


@dataclass(frozen=True)
class Elsewhere(Scope):
    """A region of the emulated account, asked from this process."""

    endpoint: str = ""

    def client(self, service: str) -> Any:
        """The boto3 client at the emulation's own address."""
        return clients.client(service, self.region, self.endpoint)


def region_of(item: Object, resources: Iterable[Object], home: str) -> str:
    """Where a resource lives: as it says itself, as its provider says, or at home."""
    provider = str(item.get("provider", "")).rpartition("::")[0]
    configured = next((other for other in resources if other["urn"] == provider), {})
    for source in (item.get("inputs"), item.get("outputs"), configured.get("inputs")):
        region = plain(source or {}).get("region")
        if isinstance(region, str) and region:
            return region
    return home


def untagged(item: Object, required: Iterable[str]) -> list[str]:
    """Tags that a resource which can carry tags does not carry."""
    tags = plain(item.get("outputs") or {}).get("tagsAll")
    if not isinstance(tags, dict):
        return []
    return [f"{short(item)} has no tag {key}" for key in required if not tags.get(key)]


WORKERS = 8
REQUIRED_TAGS = ("owner", "cost-center")


def run(context: CheckContext, note: Note) -> list[Check]:
    """Look for every resource by its id, then ask the account a few pointed questions."""
    backed = [item for item in context.resources if item["type"] in BACKED]
    if not backed:
        return [FOUND.failed("the stack has no resource of a backed type")]
    missing: list[str] = []
    tags: list[str] = []
    note(f"looking for {len(backed)} resources")
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        found_live = list(pool.map(functools.partial(_live, context), backed))
    for item, live in zip(backed, found_live, strict=True):
        if live is None:
            missing.append(f"{short(item)} ({item.get('id')}) is not in the account")
        else:
            tags += untagged({**item, "outputs": {**(item.get("outputs") or {}), **live}}, REQUIRED_TAGS)
    found = len(backed) - len(missing)
    checks = [FOUND.equal(len(backed), found, "resources", missing), TAGGED.none_of(tags, "tags")]
    return checks + [question(context) for question in QUESTIONS]


def _live(context: CheckContext, item: Object) -> dict[str, Any] | None:
    region = region_of(item, context.resources, context.spec.region)
    scope = Elsewhere(region, context.spec.account, endpoint=context.spec.aws_endpoint)
    return handler_for(str(item["type"])).read(scope, str(item["id"]), plain(item.get("outputs") or {}))


# --- a few pointed questions, each asked of the account itself ---------------------------------------------


def buckets_are_locked(context: CheckContext) -> Check:
    """S3: versioned, encrypted with KMS, closed to the public."""
    claim = Claim(
        "aws.stores",
        "A5",
        "every artifact store is versioned, encrypted as it should be and closed to the public",
    )
    stores = context.outputs.get("stores") or {}
    if not stores:
        return claim.failed("the stack's outputs name no stores")
    s3 = context.aws("s3")
    faults = [fault for use, name in stores.items() for fault in _bucket_faults(s3, str(name), cipher(use))]
    return claim.none_of(faults)


def cipher(purpose: str) -> str:
    """The encryption that a store must have: S3 delivers access logs only to a bucket that uses its own
    keys.
    """
    return "AES256" if purpose == "access-logs" else "aws:kms"


def _bucket_faults(s3: Any, name: str, wanted_cipher: str) -> Iterator[str]:
    versioning = _asked(lambda: s3.get_bucket_versioning(Bucket=name)).get("Status")
    if versioning != "Enabled":
        yield f"{name}: versioning is {versioning or 'off'}"
    rules = _asked(lambda: s3.get_bucket_encryption(Bucket=name)).get("ServerSideEncryptionConfiguration", {})
    kinds = {rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] for rule in rules.get("Rules", [])}
    if kinds != {wanted_cipher}:
        yield f"{name}: encrypted by {', '.join(kinds) or 'nothing'}, not by {wanted_cipher}"
    block = _asked(lambda: s3.get_public_access_block(Bucket=name)).get("PublicAccessBlockConfiguration", {})
    wanted = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    if not all(block.get(key) for key in wanted):
        yield f"{name}: public access is not blocked in all four ways"


def _asked(call: Callable[[], Any]) -> dict[str, Any]:
    try:
        return dict(call())
    except ClientError:
        return {}


def cluster_is_closed(context: CheckContext) -> Check:
    """EKS: API mode, secrets encrypted, control-plane logs, no endpoint for the whole world."""
    claim = Claim(
        "aws.cluster",
        "A2",
        "the cluster uses access entries, encrypts secrets, logs, and is not open to the world",
    )
    found = context.aws("eks").describe_cluster(name=context.spec.cluster_name)["cluster"]
    return claim.none_of(list(cluster_faults(found)))


def cluster_faults(cluster: Object) -> Iterator[str]:
    """What DescribeCluster's answer lacks."""
    network = cluster.get("resourcesVpcConfig") or {}
    if network.get("endpointPublicAccess", True) and "0.0.0.0/0" in (
        network.get("publicAccessCidrs") or ["0.0.0.0/0"]
    ):
        yield "its API endpoint is open to 0.0.0.0/0"
    if (cluster.get("accessConfig") or {}).get("authenticationMode") != "API":
        yield "its authentication mode is not API"
    encrypted = {
        name for entry in cluster.get("encryptionConfig") or [] for name in entry.get("resources") or []
    }
    if "secrets" not in encrypted:
        yield "its secrets are not encrypted with KMS"
    enabled = [
        entry for entry in (cluster.get("logging") or {}).get("clusterLogging") or [] if entry.get("enabled")
    ]
    if not any("audit" in entry["types"] for entry in enabled):
        yield "its audit log is off"


def issuer_is_known(context: CheckContext) -> Check:
    """IAM trusts the issuer of the API server's tokens, beside bootstrap's GitHub, and nobody else's."""
    claim = Claim(
        "aws.issuer", "A2", "IAM's OIDC provider is the cluster's own issuer, for the audience of STS"
    )
    iam = context.aws("iam")
    arns = [entry["Arn"] for entry in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
    ours = [arn for arn in arns if not arn.endswith(f"/{GITHUB}")]
    known = [iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn) for arn in ours]
    pairs = sorted(
        f"{entry['Url'].removeprefix('https://')} for {','.join(entry['ClientIDList'])}" for entry in known
    )
    return claim.equal(
        f"{context.spec.issuer.removeprefix('https://')} for sts.amazonaws.com", "; ".join(pairs)
    )


def images_are_kept_safe(context: CheckContext) -> Check:
    """ECR: immutable tags, scanned on push."""
    claim = Claim("aws.registry", "A8", "every image repository has immutable tags and scans on push")
    found = context.aws("ecr").describe_repositories()["repositories"]
    if not found:
        return claim.failed("the account has no image repository")
    loose = [entry for entry in found if entry.get("imageTagMutability") != "IMMUTABLE"]
    unscanned = [entry for entry in found if not entry["imageScanningConfiguration"]["scanOnPush"]]
    faults = [f"{entry['repositoryName']}: tags can be moved" for entry in loose]
    return claim.none_of(faults + [f"{entry['repositoryName']}: no scan on push" for entry in unscanned])


def database_is_private(context: CheckContext) -> Check:
    """RDS: encrypted, private, backed up, its password only in Secrets Manager."""
    claim = Claim(
        "aws.postgres",
        "A7",
        "Postgres is encrypted, private, backed up, its password only in Secrets Manager",
    )
    found = context.aws("rds").describe_db_instances()["DBInstances"]
    if not found:
        return claim.failed("the account has no database")
    return claim.none_of([fault for entry in found for fault in database_faults(entry)])


def database_faults(entry: Object) -> Iterator[str]:
    """What an entry of DescribeDBInstances lacks."""
    name = entry["DBInstanceIdentifier"]
    if not entry.get("StorageEncrypted"):
        yield f"{name}: storage is not encrypted"
    if entry.get("PubliclyAccessible"):
        yield f"{name}: reachable from the internet"
    if not entry.get("BackupRetentionPeriod"):
        yield f"{name}: no backups"


def flows_are_logged(context: CheckContext) -> Check:
    """VPC: flow logs on, and subnets in three zones."""
    claim = Claim("aws.network", "A1", "the network spans three zones and logs its flows")
    ec2 = context.aws("ec2")
    vpc = str(context.outputs.get("vpc_id", ""))
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    zones = {entry["AvailabilityZone"] for entry in subnets}
    logs = [entry for entry in ec2.describe_flow_logs()["FlowLogs"] if entry["ResourceId"] == vpc]
    faults = (
        []
        if len(zones) >= len(context.settings.network.zones)
        else [f"{vpc} has subnets in {len(zones)} zones"]
    )
    return claim.none_of(faults + ([] if logs else [f"{vpc} has no flow log"]))


QUESTIONS: tuple[Callable[[CheckContext], Check], ...] = (
    flows_are_logged,
    cluster_is_closed,
    issuer_is_known,
    buckets_are_locked,
    database_is_private,
    images_are_kept_safe,
)
