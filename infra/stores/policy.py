"""Policies of buckets and of the role that copies them; pure."""

from __future__ import annotations

from dataclasses import dataclass

from infra.iam import Conditions, Statement


def bucket_arn(name: str) -> str:
    """ARN of a bucket."""
    return f"arn:aws:s3:::{name}"


def tls_only(bucket: str) -> Statement:
    """Nobody reads or writes over an unencrypted connection."""
    arn = bucket_arn(bucket)
    return Statement(
        sid="TlsOnly",
        effect="Deny",
        principals="*",
        actions=["s3:*"],
        resources=[arn, f"{arn}/*"],
        conditions={"Bool": {"aws:SecureTransport": "false"}},
    )


def own_key_only(bucket: str, key_arn: str) -> list[Statement]:
    """Nobody writes with other encryption than the bucket's own; who asks for none gets it by default."""
    objects = [f"{bucket_arn(bucket)}/*"]
    return [
        Statement(
            sid="KmsOnly",
            effect="Deny",
            principals="*",
            actions=["s3:PutObject"],
            resources=objects,
            conditions=_named_and_not("s3:x-amz-server-side-encryption", "aws:kms"),
        ),
        Statement(
            sid="OwnKeyOnly",
            effect="Deny",
            principals="*",
            actions=["s3:PutObject"],
            resources=objects,
            conditions=_named_and_not("s3:x-amz-server-side-encryption-aws-kms-key-id", key_arn),
        ),
    ]


def _named_and_not(header: str, value: str) -> Conditions:
    """The request names another value; without the Null, naming none would be refused too."""
    return {"StringNotEquals": {header: value}, "Null": {header: "false"}}


def logs_may_come(bucket: str, account: str, sources: str) -> Statement:
    """S3's log delivery may write what it says about this account's stores.

    Args:
        bucket: the store of access logs.
        account: whose buckets may log here.
        sources: prefix of their names.
    """
    return Statement(
        sid="AccessLogsOfOwnStores",
        principals={"Service": "logging.s3.amazonaws.com"},
        actions=["s3:PutObject"],
        resources=[f"{bucket_arn(bucket)}/*"],
        conditions={
            "StringEquals": {"aws:SourceAccount": account},
            "ArnLike": {"aws:SourceArn": bucket_arn(f"{sources}*")},
        },
    )


@dataclass(frozen=True)
class Copy:
    """One store and its copy: names of both buckets, ARNs of both keys, region of the copy."""

    source: str
    target: str
    source_key: str
    target_key: str
    region: str
    target_region: str


def copying(pairs: list[Copy]) -> list[Statement]:
    """Read the stores, write their copies, and nothing else; keys only by way of S3."""
    sources = [bucket_arn(pair.source) for pair in pairs]
    first = pairs[0]
    return [
        Statement(
            sid="ReadStores",
            actions=["s3:GetReplicationConfiguration", "s3:ListBucket"],
            resources=sources,
        ),
        Statement(
            sid="ReadVersions",
            actions=[
                "s3:GetObjectVersionForReplication",
                "s3:GetObjectVersionAcl",
                "s3:GetObjectVersionTagging",
            ],
            resources=[f"{arn}/*" for arn in sources],
        ),
        Statement(
            sid="WriteCopies",
            actions=["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"],
            resources=[f"{bucket_arn(pair.target)}/*" for pair in pairs],
        ),
        _key("ReadEncrypted", ["kms:Decrypt"], first.source_key, first.region),
        _key("WriteEncrypted", ["kms:Encrypt", "kms:GenerateDataKey"], first.target_key, first.target_region),
    ]


def _key(sid: str, actions: list[str], key_arn: str, region: str) -> Statement:
    via = {"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}}
    return Statement(sid=sid, actions=actions, resources=[key_arn], conditions=via)


def use_bucket(bucket: str, key_arn: str, region: str) -> list[Statement]:
    """Read, write and delete in one store, and use its key by way of S3."""
    return [
        Statement(
            sid="ListOwnStore",
            actions=["s3:ListBucket", "s3:GetBucketLocation"],
            resources=[bucket_arn(bucket)],
        ),
        Statement(
            sid="UseOwnStore",
            actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
            resources=[f"{bucket_arn(bucket)}/*"],
        ),
        _key("UseItsKey", ["kms:Decrypt", "kms:GenerateDataKey"], key_arn, region),
    ]
