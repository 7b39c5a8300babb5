"""Access logs between buckets: moto reads a bucket policy without knowing that a principal may be ``*``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.s3.models import FakeBucket

from sandbox.aws.policy import statements

_SERVICE = "logging.s3.amazonaws.com"


def may_deliver(policy: Mapping[str, Any], bucket: str, prefix: str) -> bool:
    """Whether the policy lets S3's log delivery write under the prefix.

    Its conditions name the source bucket, which moto does not tell here, so they are not judged.
    """
    wanted = {f"arn:aws:s3:::{bucket}/{prefix}*", f"arn:aws:s3:::{bucket}/*"}
    return any(
        statement["Effect"] == "Allow"
        and isinstance(principal := statement.get("Principal"), Mapping)
        and _SERVICE in _listed(principal.get("Service"))
        and "s3:PutObject" in _listed(statement.get("Action"))
        and wanted & set(_listed(statement.get("Resource")))
        for statement in statements(policy)
    )


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(item) for item in value or ()]


def _enabled(target_bucket: FakeBucket, target_prefix: str | None) -> bool:
    text = target_bucket.policy
    return bool(text) and may_deliver(json.loads(text or b"{}"), target_bucket.name, target_prefix or "")


def prepare() -> None:
    """Put this judgement in the place of moto's."""
    FakeBucket._log_permissions_enabled_policy = staticmethod(_enabled)  # type: ignore[method-assign] # a slot of moto's
