"""Who may write the trail, and what the trail writes down; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from infra.iam import Statement
from infra.scope import Scope
from infra.stores.policy import bucket_arn

TRAIL = "cloudtrail.amazonaws.com"
CONFIG = "config.amazonaws.com"


@dataclass(frozen=True)
class Selector:
    """One advanced event selector: a name for people, and what every field must equal or begin with."""

    name: str
    equals: tuple[tuple[str, tuple[str, ...]], ...]
    starts_with: tuple[tuple[str, tuple[str, ...]], ...] = ()


def selectors(stores: Sequence[str], *, management: bool) -> list[Selector]:
    """What the trail writes down: every read and write of an object of these buckets, and the management
    events of the account if asked for.

    Args:
        stores: names of buckets.
        management: whether this trail has the management events.
    """
    prefixes = tuple(sorted(f"{bucket_arn(name)}/" for name in stores))
    data = Selector(
        "Objects of the artifact stores",
        (("eventCategory", ("Data",)), ("resources.type", ("AWS::S3::Object",))),
        (("resources.ARN", prefixes),),
    )
    changes = Selector("Changes in the account", (("eventCategory", ("Management",)),))
    return [changes, data] if management else [data]


def trail_arn(scope: Scope, name: str) -> str:
    """ARN of a trail, known before it is made: its bucket and its key name it."""
    return scope.arn("cloudtrail", f"trail/{name}")


def only_the_trail_writes(bucket: str, scope: Scope, trail: str, *, config: bool) -> list[Statement]:
    """The trail may write under its own prefix, and nobody else anywhere.

    Args:
        bucket: name of the trail's bucket.
        scope: environment.
        trail: the trail's name.
        config: whether AWS Config delivers here too.
    """
    arn = bucket_arn(bucket)
    writers = [TRAIL, CONFIG] if config else [TRAIL]
    found = _deliveries("Trail", TRAIL, arn, scope, {"aws:SourceArn": trail_arn(scope, trail)})
    if config:
        found += _deliveries("Config", CONFIG, arn, scope, {"aws:SourceAccount": scope.account})
    nobody_else = Statement(
        sid="NobodyElseWrites",
        effect="Deny",
        principals="*",
        actions=["s3:PutObject"],
        resources=[f"{arn}/*"],
        conditions={"StringNotEquals": {"aws:PrincipalServiceName": writers}},
    )
    return [*found, nobody_else]


def _deliveries(who: str, service: str, arn: str, scope: Scope, source: dict[str, str]) -> list[Statement]:
    return [
        Statement(
            sid=f"{who}Looks",
            principals={"Service": service},
            actions=["s3:GetBucketAcl", "s3:ListBucket"] if service == CONFIG else ["s3:GetBucketAcl"],
            resources=[arn],
            conditions={"StringEquals": source},
        ),
        Statement(
            sid=f"{who}Writes",
            principals={"Service": service},
            actions=["s3:PutObject"],
            resources=[f"{arn}/AWSLogs/{scope.account}/*"],
            conditions={"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", **source}},
        ),
    ]


def writers_may_encrypt(scope: Scope, trail: str, *, config: bool) -> list[Statement]:
    """CloudTrail may use the key for this one trail, and AWS Config for this account if it delivers here; who
    reads the files is left to the account's IAM.
    """
    arn = trail_arn(scope, trail)
    reason = "in a key's policy the resource is the key itself; the conditions name the trail"
    delivery = Statement(
        sid="ConfigEncrypts",
        principals={"Service": CONFIG},
        actions=["kms:GenerateDataKey", "kms:Decrypt"],
        resources=["*"],
        conditions={"StringEquals": {"aws:SourceAccount": scope.account}},
        reason=reason,
    )
    return [
        Statement(
            sid="TrailEncrypts",
            principals={"Service": TRAIL},
            actions=["kms:GenerateDataKey"],
            resources=["*"],
            conditions={
                "StringEquals": {"aws:SourceArn": arn, "kms:EncryptionContext:aws:cloudtrail:arn": arn}
            },
            reason=reason,
        ),
        Statement(
            sid="TrailLooks",
            principals={"Service": TRAIL},
            actions=["kms:DescribeKey"],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceArn": arn}},
            reason=reason,
        ),
        *([delivery] if config else []),
    ]


def write_events(group_arn: str) -> Statement:
    """CloudTrail writes to the streams of one log group."""
    group = group_arn.removesuffix(":*")
    return Statement(
        sid="WriteEvents",
        actions=["logs:CreateLogStream", "logs:PutLogEvents"],
        resources=[f"{group}:log-stream:*"],
        reason="streams of the one log group are named by the service, one per account and region",
    )
