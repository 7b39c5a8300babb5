"""The audit trail (A10): what it sees, and who may write where its files are.

Proves what is asked for and what the policies refuse, by the rehearsal's evaluator. That CloudTrail delivers
is AWS's to prove: the emulated account writes no events.
"""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest

from infra.audit import policy
from infra.iam import document
from infra.specs.audit import AuditSpec
from sandbox.aws.policy import Request, evaluate
from stacks.foundation import scope_of
from stacks.settings.services import ServicesSpec
from tests.infra.engine import Made
from tests.infra.environments import build, made, settings

BUCKET = "ferry-prod-audit-123456789012-us-east-1"
FILE = f"arn:aws:s3:::{BUCKET}/AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/21/x.json.gz"
TRAIL_ARN = "arn:aws:cloudtrail:us-east-1:123456789012:trail/ferry-prod-audit"
ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@functools.cache
def with_audit(**spec: Any) -> Made:
    services = ServicesSpec(audit=AuditSpec(**spec))
    return build(settings("prod").model_copy(update={"services": services}), "prod")


def trail(found: Made) -> dict[str, Any]:
    return found.of("aws:cloudtrail/trail:Trail")[0].inputs


def bucket_policy(found: Made) -> dict[str, Any]:
    one = found.one("aws:s3/bucketPolicy:BucketPolicy", "audit-files-policy")
    loaded: dict[str, Any] = json.loads(one.inputs["policy"])
    return loaded


def may_write(found: Made, who: str, resource: str = FILE, **context: str) -> bool:
    known = {key.replace("__", ":"): [value] for key, value in context.items()}
    request = Request(who, "s3:PutObject", resource, known)
    identity = [ANYTHING] if who.startswith("arn:") else []
    return evaluate(request, identity, bucket_policy(found)).allowed


def service(name: str, arn: str = TRAIL_ARN) -> dict[str, str]:
    acl = {"s3__x-amz-acl": "bucket-owner-full-control", "aws__SecureTransport": "true"}
    return {"aws__PrincipalServiceName": name, "aws__SourceArn": arn, **acl}


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_the_trail_is_signed_encrypted_and_sees_every_region(environment: str) -> None:
    """A10."""
    found = trail(made(environment))
    assert found["enableLogFileValidation"] is True
    assert found["enableLogging"] is True
    assert found["isMultiRegionTrail"] is True
    assert found["kmsKeyId"]
    assert found["cloudWatchLogsGroupArn"].endswith(":*")


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_every_stores_objects_are_watched_for_reads_and_writes(environment: str) -> None:
    """A10: data events for the artifact stores."""
    selectors = trail(made(environment))["advancedEventSelectors"]
    (objects,) = [item for item in selectors if item["name"] == "Objects of the artifact stores"]
    fields = {item["field"]: item for item in objects["fieldSelectors"]}
    assert fields["resources.type"]["equals"] == ["AWS::S3::Object"]
    assert "readOnly" not in fields
    exported = made(environment).exports["stores"].items()
    stores = {name for purpose, name in exported if purpose != "access-logs"}
    assert len(stores) == 5
    assert set(fields["resources.ARN"]["startsWiths"]) == {f"arn:aws:s3:::{name}/" for name in stores}


def test_management_events_are_left_to_another_trail_when_the_settings_say_so() -> None:
    """A10."""
    names = [item["name"] for item in trail(with_audit(management_events=False))["advancedEventSelectors"]]
    assert names == ["Objects of the artifact stores"]


def test_only_the_trail_itself_writes_among_its_files() -> None:
    """A10: an administrator, another trail and another service are refused."""
    found = made("prod")
    assert may_write(found, policy.TRAIL, **service(policy.TRAIL))
    assert not may_write(found, policy.TRAIL, **service(policy.TRAIL, TRAIL_ARN.replace("prod", "dev")))
    assert not may_write(found, policy.CONFIG, **service(policy.CONFIG))
    assert not may_write(found, "arn:aws:iam::123456789012:role/admin", aws__SecureTransport="true")
    assert not may_write(found, policy.TRAIL, f"arn:aws:s3:::{BUCKET}/elsewhere", **service(policy.TRAIL))


def test_the_key_serves_the_one_trail() -> None:
    """A10."""
    statements = policy.writers_may_encrypt(scope_of(settings("prod")), "ferry-prod-audit", config=False)
    key = json.loads(document(statements))

    def may(arn: str) -> bool:
        context = {"aws:SourceArn": [arn], "kms:EncryptionContext:aws:cloudtrail:arn": [arn]}
        return evaluate(Request(policy.TRAIL, "kms:GenerateDataKey", "*", context), [], key).allowed

    assert may(TRAIL_ARN)
    assert not may(TRAIL_ARN.replace("prod", "dev"))


def test_the_trail_waits_for_the_right_to_write() -> None:
    """A10, E1: CloudTrail tries its bucket when it is made."""
    found = made("prod")
    waits = found.of("aws:cloudtrail/trail:Trail")[0].depends_on
    assert found.one("aws:s3/bucketPolicy:BucketPolicy", "audit-files-policy").urn in waits
    assert found.one("aws:iam/rolePolicy:RolePolicy", "audit-audit-policy").urn in waits


def test_the_trails_files_are_kept_for_as_long_as_the_settings_say() -> None:
    """A10."""
    rules = with_audit(retention_days=400).one(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "audit-files-lifecycle"
    )
    assert {"days": 400} in [rule.get("expiration") for rule in rules.inputs["rules"]]


def test_config_and_security_hub_are_there_when_asked_for_and_in_order() -> None:
    """A10: ready, and off by default: an account has one of each per region."""
    asked = with_audit(config_recorder=True, security_hub=True)
    on = asked.of("aws:cfg/recorderStatus:RecorderStatus")[0]
    channel = asked.of("aws:cfg/deliveryChannel:DeliveryChannel")[0]
    assert channel.urn in on.depends_on
    assert on.urn in asked.of("aws:securityhub/account:Account")[0].depends_on
    assert may_write(asked, policy.CONFIG, FILE, aws__SourceAccount="123456789012", **service(policy.CONFIG))
    plain = {item.type.split("/")[0] for item in made("prod").resources}
    assert not {"aws:cfg", "aws:securityhub"} & plain


def test_audit_that_is_off_leaves_nothing_behind() -> None:
    """A10, E5."""
    capabilities = {**settings("prod").capabilities, "audit": False}
    off = build(settings("prod").model_copy(update={"capabilities": capabilities}), "prod")
    assert not [item.name for item in off.resources if "audit" in item.name]
    assert "audit" not in off.exports
