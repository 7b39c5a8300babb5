"""The audit trail: it runs, its files are signed and encrypted, and it has every store's objects in view.

The emulated account delivers no events, so what is judged is the trail as the account keeps it, and that
nobody but the trail may write where its files are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from ferry.rehearsal.checks.context import CheckContext, Note
from ferry.report.model import Check, Claim

RUNS = Claim("audit.trail", "A10", "a running, validated, encrypted trail has every store's objects in view")
WRITERS = Claim("audit.writers", "A10", "nobody but the trail writes where the trail's files are")
CLUSTER = Claim("audit.cluster", "A10", "the control plane's audit log is on")

FORGED = "forged.json.gz"

Trail = Mapping[str, Any]


def run(context: CheckContext, note: Note) -> list[Check]:
    """Ask the account, where the settings want a trail."""
    note("the trail and who may write its files")
    logging = context.aws("eks").describe_cluster(name=context.settings.cluster_name)["cluster"]["logging"]
    cluster = CLUSTER.none_of([] if "audit" in enabled_logs(logging) else ["EKS writes no audit log"])
    if "audit" not in context.settings.enabled:
        return [cluster]
    made = context.outputs["audit"]
    trails = context.aws("cloudtrail")
    trail = trails.describe_trails(trailNameList=[made["trail_arn"]])["trailList"][0]
    logging_now = trails.get_trail_status(Name=trail["Name"])["IsLogging"]
    selectors = trails.get_event_selectors(TrailName=trail["Name"]).get("AdvancedEventSelectors") or []
    stores = [name for purpose, name in context.outputs["stores"].items() if purpose != "access-logs"]
    found = [*faults(trail, logging=logging_now), *unseen(selectors, stores)]
    return [cluster, RUNS.none_of(found), WRITERS.none_of(_other_writers(context.aws("s3"), made["bucket"]))]


def enabled_logs(logging: Mapping[str, Any]) -> set[str]:
    """Kinds of control-plane logs that are on."""
    return {kind for item in logging["clusterLogging"] if item["enabled"] for kind in item["types"]}


def faults(trail: Trail, *, logging: bool) -> list[str]:
    """What a trail lacks, one phrase each."""
    wanted = {
        "it does not run": logging,
        "its files are not signed": trail.get("LogFileValidationEnabled"),
        "its files are not encrypted with a key of ours": trail.get("KmsKeyId"),
        "it does not see other regions": trail.get("IsMultiRegionTrail"),
        "its events cannot be searched in CloudWatch": trail.get("CloudWatchLogsLogGroupArn"),
    }
    return [phrase for phrase, held in wanted.items() if not held]


def unseen(selectors: Sequence[Mapping[str, Any]], stores: Sequence[str]) -> list[str]:
    """Stores whose objects no selector covers with both reads and writes."""
    prefixes = set(_prefixes(selectors))
    return [
        f"objects of {name} are read and changed unseen"
        for name in stores
        if f"arn:aws:s3:::{name}/" not in prefixes
    ]


def _prefixes(selectors: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for selector in selectors:
        fields = {item["Field"]: item for item in selector["FieldSelectors"]}
        objects = fields.get("resources.type", {}).get("Equals") == ["AWS::S3::Object"]
        if objects and "readOnly" not in fields:
            yield from fields.get("resources.ARN", {}).get("StartsWith") or ()


def _other_writers(s3: Any, bucket: str) -> list[str]:
    """Even the account's own keys must be refused, by the bucket itself."""
    try:
        s3.put_object(Bucket=bucket, Key=f"AWSLogs/{FORGED}", Body=b"{}")
    except ClientError as error:
        code = str(error.response["Error"]["Code"])
        return [] if code == "AccessDenied" else [f"a forged file was refused for another reason: {code}"]
    return ["an administrator of the account may write among the trail's files"]
