"""What a task's role may do at both ends, and who may write the log; pure."""

from __future__ import annotations

from infra.iam import Statement
from infra.stores.policy import bucket_arn

SERVICE = "datasync.amazonaws.com"


def read_source(bucket: str, path: str, key_arn: str | None, region: str) -> list[Statement]:
    """List a bucket and read its objects below ``path``; never write. The key only by way of S3."""
    found = [
        _look("LookAtSource", bucket),
        Statement(
            sid="ReadSource",
            actions=["s3:GetObject", "s3:GetObjectTagging", "s3:ListMultipartUploadParts"],
            resources=[_objects(bucket, path)],
        ),
    ]
    return [*found, _key("ReadItsKey", ["kms:Decrypt"], key_arn, region)] if key_arn else found


def write_store(bucket: str, prefix: str, key_arn: str, region: str) -> list[Statement]:
    """Write below one prefix of one store; DataSync reads there too, to verify what it wrote."""
    return [
        _look("LookAtStore", bucket),
        Statement(
            sid="WriteStore",
            actions=[
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:GetObjectTagging",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
                "s3:PutObjectTagging",
            ],
            resources=[_objects(bucket, prefix)],
        ),
        _key("UseItsKey", ["kms:Decrypt", "kms:GenerateDataKey"], key_arn, region),
    ]


def log_policy(group_arn: str, account: str) -> Statement:
    """DataSync of this account writes to the streams of one log group."""
    return Statement(
        sid="DataSyncLogs",
        principals={"Service": SERVICE},
        actions=["logs:CreateLogStream", "logs:PutLogEvents"],
        resources=[f"{group_arn.removesuffix(':*')}:*"],
        conditions={"StringEquals": {"aws:SourceAccount": account}},
        reason="streams of the one log group are named by the service, one per run",
    )


def _look(sid: str, bucket: str) -> Statement:
    return Statement(
        sid=sid,
        actions=["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
        resources=[bucket_arn(bucket)],
    )


def _objects(bucket: str, path: str) -> str:
    return f"{bucket_arn(bucket)}{path.rstrip('/')}/*"


def _key(sid: str, actions: list[str], key_arn: str, region: str) -> Statement:
    via = {"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}}
    return Statement(sid=sid, actions=actions, resources=[key_arn], conditions=via)
