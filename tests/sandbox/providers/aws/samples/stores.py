"""Samples of buckets, images, queues, logs, events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.sandbox.providers.aws.bench import Bench, Made, allow
from tests.sandbox.providers.aws.makers import (
    bucket,
    key,
    log_bucket,
    queue,
    replica_inputs,
    repository,
    role,
    rule,
    versioned,
)
from tests.sandbox.providers.aws.sample import Sample


def _targets(bench: Bench, made: Made) -> Any:
    return bench.boto("events").list_targets_by_rule(Rule=made["rule"])["Targets"]


def _log_groups(bench: Bench, made: Made) -> Any:
    return bench.boto("logs").describe_log_groups(logGroupNamePrefix=made.id)["logGroups"]


def _objects_of(prefix: str) -> dict[str, Any]:
    fields = [
        {"field": "eventCategory", "equals": ["Data"]},
        {"field": "resources.type", "equals": ["AWS::S3::Object"]},
        {"field": "resources.ARN", "startsWiths": [prefix]},
    ]
    return {"name": "objects", "fieldSelectors": fields}


def _queue_policy(bench: Bench, made: Made) -> Any:
    found = bench.boto("sqs").get_queue_attributes(QueueUrl=made.id, AttributeNames=["Policy"])
    return found.get("Attributes", {}).get("Policy")


def _bucket_call(call: str) -> Callable[[Bench, Made], Any]:
    def found(bench: Bench, made: Made) -> Any:
        answer = getattr(bench.boto("s3"), call)(Bucket=made["bucket"])
        return {key: value for key, value in answer.items() if key != "ResponseMetadata"}

    return found


def _keep(count: int) -> str:
    return (
        '{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan",'
        f'"countNumber":{count}}},"action":{{"type":"expire"}}}}]}}'
    )


SAMPLES: dict[str, Sample] = {
    "aws:s3/bucket:Bucket": Sample(
        lambda _: {"forceDestroy": True, "tags": {"Name": "models"}},
        lambda b, m: b.boto("s3").head_bucket(Bucket=m.id),
        lambda _: {"tags": {"Name": "data"}},
        unreadable=frozenset({"forceDestroy"}),
    ),
    "aws:s3/bucketVersioning:BucketVersioning": Sample(
        lambda b: {"bucket": bucket(b).id, "versioningConfiguration": {"status": "Enabled"}},
        lambda b, m: b.boto("s3").get_bucket_versioning(Bucket=m.id).get("Status") == "Enabled",
        lambda _: {"versioningConfiguration": {"status": "Suspended"}},
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": Sample(
        lambda b: {
            "bucket": bucket(b).id,
            "rules": [
                {
                    "bucketKeyEnabled": True,
                    "applyServerSideEncryptionByDefault": {
                        "sseAlgorithm": "aws:kms",
                        "kmsMasterKeyId": key(b)["arn"],
                    },
                }
            ],
        },
        _bucket_call("get_bucket_encryption"),
        lambda _: {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Sample(
        lambda b: {"bucket": bucket(b).id, "blockPublicAcls": True, "restrictPublicBuckets": True},
        _bucket_call("get_public_access_block"),
        lambda _: {"blockPublicPolicy": True},
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": Sample(
        lambda b: {"bucket": bucket(b).id, "rule": {"objectOwnership": "BucketOwnerEnforced"}},
        _bucket_call("get_bucket_ownership_controls"),
        lambda _: {"rule": {"objectOwnership": "ObjectWriter"}},
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": Sample(
        lambda b: {
            "bucket": bucket(b).id,
            "rules": [
                {
                    "id": "old",
                    "status": "Enabled",
                    "noncurrentVersionExpiration": {"noncurrentDays": 30},
                    "transitions": [{"days": 90, "storageClass": "GLACIER_IR"}],
                    "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
                }
            ],
        },
        _bucket_call("get_bucket_lifecycle_configuration"),
        lambda _: {
            "rules": [
                {"id": "old", "status": "Enabled", "filter": {"prefix": "a/"}, "expiration": {"days": 9}}
            ]
        },
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Sample(
        lambda b: {"bucket": bucket(b).id, "policy": allow("s3:GetObject")},
        _bucket_call("get_bucket_policy"),
        lambda _: {"policy": allow("s3:ListBucket")},
    ),
    "aws:s3/bucketLogging:BucketLogging": Sample(
        lambda b: {"bucket": bucket(b).id, "targetBucket": log_bucket(b).id, "targetPrefix": "a/"},
        _bucket_call("get_bucket_logging"),
        lambda _: {"targetPrefix": "b/"},
    ),
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": Sample(
        replica_inputs,
        _bucket_call("get_bucket_replication"),
        lambda b: {"role": role(b, "s3.amazonaws.com")["arn"]},
    ),
    "aws:s3/bucketNotification:BucketNotification": Sample(
        lambda b: {
            "bucket": bucket(b).id,
            "queues": [{"id": "new", "queueArn": queue(b)["arn"], "events": ["s3:ObjectCreated:*"]}],
        },
        _bucket_call("get_bucket_notification_configuration"),
        lambda b: {"queues": [{"id": "gone", "queueArn": queue(b)["arn"], "events": ["s3:ObjectRemoved:*"]}]},
    ),
    "aws:s3/bucketObjectv2:BucketObjectv2": Sample(
        lambda b: {"bucket": versioned(b).id, "key": "a/b.txt", "content": "one"},
        lambda b, m: b.boto("s3").head_object(Bucket=m["bucket"], Key=m["key"]),
        lambda _: {"content": "two"},
        unreadable=frozenset({"content", "forceDestroy"}),
    ),
    "aws:sqs/queue:Queue": Sample(
        lambda _: {"messageRetentionSeconds": 300, "sqsManagedSseEnabled": True},
        lambda b, m: b.boto("sqs").get_queue_attributes(QueueUrl=m.id, AttributeNames=["All"]),
        lambda _: {"visibilityTimeoutSeconds": 60},
    ),
    "aws:sqs/queuePolicy:QueuePolicy": Sample(
        lambda b: {"queueUrl": queue(b).id, "policy": allow("sqs:SendMessage")},
        _queue_policy,
        lambda _: {"policy": allow("sqs:ReceiveMessage")},
    ),
    "aws:cloudtrail/trail:Trail": Sample(
        lambda b: {
            "s3BucketName": bucket(b).id,
            "enableLogFileValidation": True,
            "isMultiRegionTrail": True,
            "tags": {"Name": "audit"},
            "advancedEventSelectors": [_objects_of("arn:aws:s3:::models/")],
        },
        lambda b, m: b.boto("cloudtrail").get_trail_status(Name=m["name"])["IsLogging"],
        lambda _: {
            "advancedEventSelectors": [_objects_of("arn:aws:s3:::data/")],
            "includeGlobalServiceEvents": False,
        },
    ),
    "aws:cloudwatch/logGroup:LogGroup": Sample(
        lambda _: {"retentionInDays": 30},
        _log_groups,
        lambda _: {"retentionInDays": 90},
        unreadable=frozenset({"skipDestroy"}),
    ),
    "aws:cloudwatch/eventRule:EventRule": Sample(
        lambda _: {"eventPattern": '{"source": ["aws.ec2"]}', "description": "spot"},
        lambda b, m: b.boto("events").describe_rule(Name=m.id),
        lambda _: {"description": "spot warnings"},
        unreadable=frozenset({"forceDestroy"}),
    ),
    "aws:cloudwatch/eventTarget:EventTarget": Sample(
        lambda b: {"rule": rule(b).id, "arn": queue(b)["arn"]},
        _targets,
        lambda b: {"arn": queue(b)["arn"]},
        importable=False,
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Sample(
        lambda _: {
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 2,
            "metricName": "CPUUtilization",
            "namespace": "AWS/RDS",
            "period": 60,
            "statistic": "Average",
            "threshold": 80,
            "dimensions": {"DBInstanceIdentifier": "mlflow"},
        },
        lambda b, m: b.boto("cloudwatch").describe_alarms(AlarmNames=[m.id])["MetricAlarms"],
        lambda _: {"threshold": 90},
    ),
    "aws:ecr/repository:Repository": Sample(
        lambda _: {"imageTagMutability": "MUTABLE", "imageScanningConfiguration": {"scanOnPush": False}},
        lambda b, m: b.boto("ecr").describe_repositories(repositoryNames=[m.id]),
        lambda _: {"imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": True}},
        unreadable=frozenset({"forceDelete"}),
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": Sample(
        lambda b: {"repository": repository(b).id, "policy": _keep(10)},
        lambda b, m: b.boto("ecr").get_lifecycle_policy(repositoryName=m.id),
        lambda _: {"policy": _keep(20)},
    ),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": Sample(
        lambda b: {"repository": repository(b).id, "policy": allow("ecr:BatchGetImage")},
        lambda b, m: b.boto("ecr").get_repository_policy(repositoryName=m.id),
        lambda _: {"policy": allow("ecr:PutImage")},
    ),
    "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration": Sample(
        lambda _: {"scanType": "ENHANCED"},
        lambda b, _: b.boto("ecr").get_registry_scanning_configuration()["scanningConfiguration"],
        lambda _: {"scanType": "BASIC"},
        stays="a registry always has a scanning configuration",
    ),
}
