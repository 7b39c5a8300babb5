"""S3's own judgement of bucket policies is put aside: it knows no conditions, and `authorize` does."""

from __future__ import annotations

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket


def _neutral(_bucket: FakeBucket, _action: str, _resource: str) -> PermissionResult:
    """Neither permitted nor denied: an unsigned request is left to the object's ACL."""
    return PermissionResult.NEUTRAL


def prepare() -> None:
    """Put this in the place of moto's."""
    setattr(FakeBucket, "get_permission", _neutral)  # noqa: B010 - a slot of moto's
