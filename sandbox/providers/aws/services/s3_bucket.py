"""S3 buckets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.providers.aws.handler import Change, Handler, Made, Scope, Tags, key_values, tag_map
from sandbox.providers.aws.naming import AutoName
from sandbox.providers.aws.refusals import code_of
from sandbox.providers.base import Props, ProviderError

DEFAULT_REGION = "us-east-1"
"""The one region that takes no LocationConstraint, and answers 200 to a bucket one already has."""


class Bucket(Handler):
    """``aws:s3/bucket:Bucket``: the bucket alone; versioning and the like are types of their own."""

    title = "S3 Bucket"
    cfn = "AWS::S3::Bucket"
    names = {"bucket": "BucketName"}
    autoname = AutoName("bucket", 63, lower=True)
    defaults = {"forceDestroy": False}

    def determined(self, aws: Scope, inputs: Props) -> Props:
        return {} if not isinstance(inputs.get("bucket"), str) else _addresses(aws, inputs["bucket"])

    def create(self, aws: Scope, inputs: Props) -> Made:
        name = inputs["bucket"]
        s3 = aws.client("s3")
        where: dict[str, Any] = {}
        if aws.region != DEFAULT_REGION:
            where["CreateBucketConfiguration"] = {"LocationConstraint": aws.region}
        else:
            _refuse_taken(s3, name)
        s3.create_bucket(
            Bucket=name, ObjectLockEnabledForBucket=bool(inputs.get("objectLockEnabled")), **where
        )
        if inputs.get("tagsAll"):
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": key_values(inputs["tagsAll"])})
        return Made(name, _addresses(aws, name))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        s3 = aws.client("s3")
        s3.head_bucket(Bucket=id_)
        return _addresses(aws, id_) | {"tagsAll": _tags(s3, id_)}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        """Only ``forceDestroy`` changes in place, and it lives in the state alone."""

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        s3 = aws.client("s3")
        if state.get("forceDestroy"):
            _empty(s3, id_)
        s3.delete_bucket(Bucket=id_)

    def retag(self, aws: Scope, id_: str, state: Props, put: Tags, drop: Sequence[str]) -> None:
        s3 = aws.client("s3")
        tags = {key: value for key, value in _tags(s3, id_).items() if key not in drop} | dict(put)
        s3.put_bucket_tagging(Bucket=id_, Tagging={"TagSet": key_values(tags)})


def _refuse_taken(s3: Any, name: str) -> None:
    """us-east-1 would silently adopt a bucket of one's own, so the provider looks first."""
    try:
        s3.head_bucket(Bucket=name)
    except Exception as error:
        if code_of(error) in ("404", "NoSuchBucket", "NotFound"):
            return
        raise
    raise ProviderError(
        f"creating S3 Bucket ({name}): BucketAlreadyExists: bucket names are unique in all of AWS and this "
        "one is taken. Choose another name, or import the bucket if it is yours."
    )


def _addresses(aws: Scope, name: str) -> Props:
    return {
        "bucket": name,
        "arn": f"arn:{aws.partition}:s3:::{name}",
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{name}.s3.{aws.region}.amazonaws.com",
        "bucketRegion": aws.region,
        "hostedZoneId": _ZONES.get(aws.region, ""),
    }


_ZONES = {
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-1": "Z2F56UZL2M1ACD",
    "us-west-2": "Z3BJ6K6RIION7M",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "eu-central-1": "Z21DNDUVLTQW6Q",
}
"""Hosted zones of the S3 website endpoints, from the AWS General Reference."""


def _tags(s3: Any, name: str) -> dict[str, str]:
    try:
        return tag_map(s3.get_bucket_tagging(Bucket=name)["TagSet"])
    except Exception as error:
        if code_of(error) == "NoSuchTagSet":
            return {}
        raise


def _empty(s3: Any, name: str) -> None:
    """Every version and every delete marker, a thousand at a time: what forceDestroy means."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        doomed = [
            {"Key": item["Key"], "VersionId": item["VersionId"]}
            for item in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        ]
        if doomed:
            s3.delete_objects(Bucket=name, Delete={"Objects": doomed, "Quiet": True})
