"""Objects in buckets."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sandbox.providers.aws.handler import Change, Handler, Made, Scope, Tags, given, key_values, tag_map
from sandbox.providers.aws.naming import AutoName
from sandbox.providers.base import CheckFailure, Props


class BucketObjectv2(Handler):
    """``aws:s3/bucketObjectv2:BucketObjectv2``; its id is ``<bucket>/<key>``. A new body is a new version."""

    title = "S3 Object"
    autoname = AutoName("key", 1024, digits=0)
    defaults = {"forceDestroy": False}
    replace_on = frozenset({"bucket", "key"})
    moves_on_update = frozenset({"etag", "versionId"})

    def validate(self, inputs: Props) -> list[CheckFailure]:
        bodies = [key for key in ("source", "content", "contentBase64") if inputs.get(key) is not None]
        if len(bodies) > 1:
            return [CheckFailure(bodies[1], f"an object has one body, got {' and '.join(bodies)}. Keep one.")]
        return []

    def create(self, aws: Scope, inputs: Props) -> Made:
        return Made(f"{inputs['bucket']}/{inputs['key']}", self._put(aws, inputs))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        bucket, _, key = id_.removeprefix("s3://").partition("/")
        s3 = aws.client("s3")
        head = s3.head_object(Bucket=bucket, Key=key)
        return {
            "tagsAll": tag_map(s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]),
            **_address(aws, bucket, key),
            "etag": head["ETag"].strip('"'),
            "versionId": head.get("VersionId", ""),
            "contentType": head["ContentType"],
            "storageClass": head.get("StorageClass", "STANDARD"),
            **given(serverSideEncryption=head.get("ServerSideEncryption"), kmsKeyId=head.get("SSEKMSKeyId")),
        }

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        self._put(aws, change.new)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        s3, bucket, key = aws.client("s3"), state["bucket"], state["key"]
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
        found = [
            item for page in pages for item in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        ]
        doomed = [{"Key": key, "VersionId": item["VersionId"]} for item in found if item["Key"] == key]
        if doomed:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": doomed, "Quiet": True})

    def retag(self, aws: Scope, id_: str, state: Props, put: Tags, drop: Sequence[str]) -> None:
        s3, where = aws.client("s3"), {"Bucket": state["bucket"], "Key": state["key"]}
        old = {
            tag["Key"]: tag["Value"]
            for tag in s3.get_object_tagging(**where)["TagSet"]
            if tag["Key"] not in drop
        }
        s3.put_object_tagging(**where, Tagging={"TagSet": key_values({**old, **put})})

    def _put(self, aws: Scope, inputs: Props) -> Props:
        bucket, key = inputs["bucket"], inputs["key"]
        made = aws.client("s3").put_object(
            Bucket=bucket,
            Key=key,
            Body=_body(inputs),
            **given(
                ContentType=inputs.get("contentType"),
                CacheControl=inputs.get("cacheControl"),
                ContentEncoding=inputs.get("contentEncoding"),
                Metadata=inputs.get("metadata"),
                StorageClass=inputs.get("storageClass"),
                ServerSideEncryption="aws:kms"
                if inputs.get("kmsKeyId")
                else inputs.get("serverSideEncryption"),
                SSEKMSKeyId=inputs.get("kmsKeyId"),
                Tagging="&".join(f"{k}={v}" for k, v in (inputs.get("tagsAll") or {}).items()) or None,
            ),
        )
        return {
            **_address(aws, bucket, key),
            "etag": made["ETag"].strip('"'),
            "versionId": made.get("VersionId", ""),
            "contentType": inputs.get("contentType") or "binary/octet-stream",
            "storageClass": inputs.get("storageClass") or "STANDARD",
        }


def _address(aws: Scope, bucket: str, key: str) -> Props:
    return {"bucket": bucket, "key": key, "arn": f"arn:{aws.partition}:s3:::{bucket}/{key}"}


def _body(inputs: Props) -> bytes:
    """The object's bytes, from text, base64 or a file asset."""
    if inputs.get("content") is not None:
        return str(inputs["content"]).encode()
    if inputs.get("contentBase64") is not None:
        return base64.b64decode(inputs["contentBase64"])
    asset: Any = inputs.get("source") or {}
    if "text" in asset:
        return str(asset["text"]).encode()
    return Path(asset["path"]).read_bytes() if asset.get("path") else b""
