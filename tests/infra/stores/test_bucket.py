"""One store on its own (A5): what ages and what goes. Policies are judged in test_policies.py."""

from __future__ import annotations

import functools
from typing import Any

import pulumi

from infra.scope import Scope
from infra.specs.storage import Purpose, StorageSpec
from infra.stores.bucket import Store, StoreArgs
from tests.infra.engine import Made, run

SCOPE = Scope("ferry-dev", "123456789012", "us-east-1")
SPEC = StorageSpec(expire_noncurrent_days=7, archive_after_days=30)


@functools.cache
def made(purpose: Purpose) -> Made:
    def program() -> None:
        own = None if purpose is Purpose.ACCESS_LOGS else pulumi.Output.from_input("arn:key")
        Store("store", StoreArgs(SCOPE, SPEC, purpose, own))

    return run(program)


def rules(purpose: Purpose) -> dict[str, dict[str, Any]]:
    found = made(purpose).of("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")[0]
    return {rule["id"]: rule for rule in found.inputs["rules"]}


def test_models_move_to_cheaper_storage_and_never_expire() -> None:
    found = rules(Purpose.MODELS)
    assert found["archive"]["transitions"] == [{"days": 30, "storageClass": "STANDARD_IA"}]
    assert not [rule for rule in found.values() if "expiration" in rule]


def test_access_logs_expire_after_a_year_and_are_not_archived() -> None:
    found = rules(Purpose.ACCESS_LOGS)
    assert found["expire"]["expiration"] == {"days": 365}
    assert "archive" not in found


def test_old_versions_and_unfinished_uploads_go() -> None:
    tidy = rules(Purpose.MODELS)["tidy"]
    assert tidy["noncurrentVersionExpiration"] == {"noncurrentDays": 7}
    assert tidy["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}


def test_bucket_key_saves_calls_where_there_is_a_key() -> None:
    type_ = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    rule = made(Purpose.MODELS).of(type_)[0].inputs["rules"][0]
    assert rule["bucketKeyEnabled"] is True
    assert rule["applyServerSideEncryptionByDefault"] == {
        "sseAlgorithm": "aws:kms",
        "kmsMasterKeyId": "arn:key",
    }
