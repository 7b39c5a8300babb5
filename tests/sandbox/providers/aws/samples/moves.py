"""Samples of DataSync, and of the policy that lets it write its log."""

from __future__ import annotations

from typing import Any

from sandbox.providers.base import Props
from tests.sandbox.providers.aws.bench import Bench, Made, allow
from tests.sandbox.providers.aws.makers import bucket, role
from tests.sandbox.providers.aws.sample import Sample

AGENT = "arn:aws:datasync:us-east-1:123456789012:agent/agent-0123456789abcdef0"


def _s3_inputs(bench: Bench) -> Props:
    return {
        "s3BucketArn": bucket(bench)["arn"],
        "subdirectory": "/migrated",
        "s3Config": {"bucketAccessRoleArn": role(bench, "datasync.amazonaws.com")["arn"]},
        "tags": {"Name": "one"},
    }


def _task_inputs(bench: Bench) -> Props:
    ends = [bench.make("aws:datasync/s3Location:S3Location", _s3_inputs(bench)).id for _ in range(2)]
    return {
        "name": "models",
        "sourceLocationArn": ends[0],
        "destinationLocationArn": ends[1],
        "options": {"verifyMode": "POINT_IN_TIME_CONSISTENT", "uid": "NONE", "gid": "NONE"},
    }


def _log_policy(bench: Bench, made: Made) -> Any:
    policies = bench.boto("logs").describe_resource_policies()["resourcePolicies"]
    return [item for item in policies if item["policyName"] == made.id]


SAMPLES: dict[str, Sample] = {
    "aws:datasync/s3Location:S3Location": Sample(
        _s3_inputs,
        lambda b, m: b.boto("datasync").describe_location_s3(LocationArn=m.id),
        lambda _: {"tags": {"Name": "two"}},
    ),
    "aws:datasync/nfsLocation:NfsLocation": Sample(
        lambda _: {
            "serverHostname": "nfs.example.com",
            "subdirectory": "/export/data",
            "onPremConfig": {"agentArns": [AGENT]},
            "mountOptions": {"version": "AUTOMATIC"},
        },
        lambda b, m: b.boto("datasync").describe_location_nfs(LocationArn=m.id),
        lambda _: {"tags": {"Name": "two"}},
    ),
    "aws:datasync/task:Task": Sample(
        _task_inputs,
        lambda b, m: b.boto("datasync").describe_task(TaskArn=m.id),
        lambda _: {"schedule": {"scheduleExpression": "cron(0 2 * * ? *)"}},
    ),
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": Sample(
        lambda _: {"policyName": "data-migration", "policyDocument": allow("logs:PutLogEvents")},
        _log_policy,
        lambda _: {"policyDocument": allow("logs:CreateLogStream")},
    ),
}
