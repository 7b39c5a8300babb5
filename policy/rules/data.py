"""Data: encrypted, closed to strangers, protected against a slip of the hand."""

from __future__ import annotations

from collections.abc import Sequence

from policy.model import Catalogue, Resource, Rule, Severity
from policy.reading import allows, at, conditions, everybody, label, many, maps, statements, true
from policy.rules.making import (
    Facts,
    at_least,
    must_be_given,
    must_be_off,
    must_be_on,
    must_not_be_given,
)

INSTANCE = "aws:rds/instance:Instance"
TLS_BY = {"postgres": "rds.force_ssl", "mysql": "require_secure_transport"}
"""Engine to the parameter that refuses connections without TLS."""
CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"
BUCKET = "aws:s3/bucket:Bucket"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
BUCKET_KEY = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
REPOSITORY = "aws:ecr/repository:Repository"
QUEUE = "aws:sqs/queue:Queue"
KEY = "aws:kms/key:Key"
LOGS = "aws:cloudwatch/logGroup:LogGroup"
LEAST_BACKUP_DAYS = 7
"""RDS.11 asks for a week."""

_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def _block_is_whole(resource: Resource) -> list[str]:
    missing = [name for name in _BLOCKS if not true(resource.props.get(name))]
    return [f"public access is not blocked: {', '.join(missing)}"] if missing else []


def _refuses_plain_http(resource: Resource) -> list[str]:
    for statement in statements(resource.props.get("policy")):
        found = {(key, str(values[0]).lower()) for _, key, values in conditions(statement) if values}
        everything = "s3:*" in many(statement.get("Action"))
        if statement.get("Effect") == "Deny" and everything and ("aws:SecureTransport", "false") in found:
            return []
    return ["requests without TLS are not refused"]


def _open_policy(key: str) -> Facts:
    def facts(resource: Resource) -> list[str]:
        return [
            f"{label(statement)} lets everybody in without a condition"
            for statement in allows(resource.props.get(key))
            if everybody(statement.get("Principal")) and not statement.get("Condition")
        ]

    return facts


def _public_acl(resource: Resource) -> list[str]:
    acl = str(resource.props.get("acl") or "private")
    return (
        [] if acl in {"private", "log-delivery-write", "bucket-owner-full-control"} else [f"its ACL is {acl}"]
    )


def _queue_encrypted(resource: Resource) -> list[str]:
    props = resource.props
    safe = props.get("kmsMasterKeyId") or true(props.get("sqsManagedSseEnabled"))
    return [] if safe else ["messages are not encrypted"]


def _tls_forced(resource: Resource) -> list[str]:
    family = str(resource.props.get("family") or "")
    wanted = next((name for engine, name in TLS_BY.items() if family.startswith(engine)), None)
    given = {item.get("name"): str(item.get("value")) for item in maps(resource.props.get("parameters"))}
    on = wanted is None or given.get(wanted) == "1"
    return [] if on else [f"connections without TLS are taken ({wanted})"]


def _versions_kept(resource: Resource) -> list[str]:
    status = at(resource.props, "versioningConfiguration.status")
    return [] if status == "Enabled" else [f"versioning is {status or 'not configured'}"]


def _rotates(resource: Resource) -> list[str]:
    """KMS does not rotate keys that sign: whoever verifies holds the public half."""
    signs = resource.props.get("keyUsage") in {"SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"}
    return [] if signs or true(resource.props.get("enableKeyRotation")) else ["rotation is not on"]


def _tags_immutable(resource: Resource) -> list[str]:
    found = resource.props.get("imageTagMutability")
    return [] if found == "IMMUTABLE" else [f"tags are {found or 'MUTABLE'}"]


_F, _OWN = Catalogue.FSBP, Catalogue.FERRY
_CRITICAL, _HIGH, _MEDIUM = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM

# fmt: off
RULES: Sequence[Rule] = (
    Rule(
        "RDS.3", _F, _HIGH, [INSTANCE],
        "Whoever gets at the disk or a snapshot reads it",
        "Write storage_encrypted=True with a key of the environment's own",
        must_be_on("storageEncrypted", "encryption at rest"),
    ),
    Rule(
        "RDS.2", _F, _CRITICAL, [INSTANCE],
        "The database answers on the internet",
        "Write publicly_accessible=False and subnets without a way out",
        must_be_off("publiclyAccessible", "a public address"),
    ),
    Rule(
        "RDS.8", _F, _HIGH, [INSTANCE],
        "One wrong command deletes the database",
        "Write deletion_protection=True; a reviewed teardown lifts it",
        must_be_on("deletionProtection", "deletion protection"), kept_only=True,
    ),
    Rule(
        "RDS.11", _F, _HIGH, [INSTANCE],
        "There is no way back to yesterday",
        f"Keep at least {LEAST_BACKUP_DAYS} days of backups",
        at_least("backupRetentionPeriod", LEAST_BACKUP_DAYS, "backup retention in days"), kept_only=True,
    ),
    Rule(
        "RDS.5", _F, _HIGH, [INSTANCE],
        "The loss of one zone takes the database with it",
        "Write multi_az=True",
        must_be_on("multiAz", "a standby in another zone"), kept_only=True,
    ),
    Rule(
        "FERRY.SECRET.1", _OWN, _CRITICAL, [INSTANCE],
        "The password stands in the state and in every backup of it",
        "Write manage_master_user_password=True: AWS makes and rotates it",
        must_not_be_given("password", "a master password"),
    ),
    Rule(
        "RDS.38", _F, _HIGH, ["aws:rds/parameterGroup:ParameterGroup"],
        "Passwords and rows cross the network in the clear",
        'Set the parameter rds.force_ssl (Postgres) or require_secure_transport (MySQL) to "1"',
        _tls_forced,
    ),
    Rule(
        "ElastiCache.4", _F, _HIGH, [CACHE],
        "Whoever gets at a node's disk or a snapshot reads the features",
        "Write at_rest_encryption_enabled=True",
        must_be_on("atRestEncryptionEnabled", "encryption at rest"),
    ),
    Rule(
        "ElastiCache.5", _F, _HIGH, [CACHE],
        "Features and the password cross the network in the clear",
        "Write transit_encryption_enabled=True",
        must_be_on("transitEncryptionEnabled", "TLS"),
    ),
    Rule(
        "ElastiCache.6", _F, _HIGH, [CACHE],
        "Whoever reaches the port reads and writes features",
        "Write auth_token_wo with its version",
        must_be_given("authTokenWo", "a password"),
    ),
    Rule(
        "FERRY.SECRET.2", _OWN, _CRITICAL, [CACHE],
        "The password stands in the state and in every backup of it",
        "Write auth_token_wo instead of auth_token: it is never stored",
        must_not_be_given("authToken", "a password that is stored"),
    ),
    Rule(
        "ElastiCache.3", _F, _HIGH, [CACHE],
        "When a primary is lost, writes stop until a person comes",
        "Write automatic_failover_enabled=True and at least one replica per shard",
        must_be_on("automaticFailoverEnabled", "failover"), kept_only=True,
    ),
    Rule(
        "S3.8", _F, _CRITICAL, [BLOCK],
        "One careless policy publishes the bucket",
        "Set all four blocks to True",
        _block_is_whole,
    ),
    Rule(
        "S3.5", _F, _HIGH, [BUCKET_POLICY],
        "Objects can be read from the wire",
        "Add the statement that denies s3:* where aws:SecureTransport is false",
        _refuses_plain_http,
    ),
    Rule(
        "S3.2", _F, _CRITICAL, [BUCKET_POLICY],
        "Strangers read or write the bucket",
        "Name the principal, or bind it to the account by a condition",
        _open_policy("policy"),
    ),
    Rule(
        "S3.12", _F, _CRITICAL, [BUCKET],
        "An access list gives the bucket to others, whatever its policy says",
        "Leave acl out: the bucket's owner owns every object",
        _public_acl,
    ),
    Rule(
        "S3.14", _F, _HIGH, [VERSIONING],
        "An overwritten model is gone",
        'Write status="Enabled"',
        _versions_kept,
    ),
    Rule(
        "FERRY.KEEP.1", _OWN, _CRITICAL, [BUCKET],
        "A destroy empties the bucket without asking",
        "Leave force_destroy out; a reviewed teardown sets it",
        must_be_off("forceDestroy", "deletion of a bucket that is not empty"), kept_only=True,
    ),
    Rule(
        "ECR.2", _F, _MEDIUM, [REPOSITORY],
        "A tag that was reviewed may point to another image tomorrow",
        'Write image_tag_mutability="IMMUTABLE"',
        _tags_immutable,
    ),
    Rule(
        "SQS.1", _F, _MEDIUM, [QUEUE],
        "Whoever gets at the storage reads the messages",
        "Give a key, or write sqs_managed_sse_enabled=True",
        _queue_encrypted,
    ),
    Rule(
        "SQS.3", _F, _CRITICAL, ["aws:sqs/queuePolicy:QueuePolicy"],
        "Strangers send messages that the cluster believes",
        "Name the principal, or bind it to the account by a condition",
        _open_policy("policy"),
    ),
    Rule(
        "KMS.4", _F, _MEDIUM, [KEY],
        "A key that leaked stays good for ever",
        "Write enable_key_rotation=True",
        _rotates,
    ),
    Rule(
        "KMS.5", _F, _CRITICAL, [KEY],
        "Strangers decrypt with the key",
        "Name the principal, or bind it to the account by a condition",
        _open_policy("policy"),
    ),
    Rule(
        "CloudWatch.16", _F, _MEDIUM, [LOGS],
        "Logs are kept, and paid for, without an end",
        "Write retention_in_days",
        must_be_given("retentionInDays", "how long it is kept"),
    ),
    Rule(
        "FERRY.LOGS.1", _OWN, _MEDIUM, [LOGS],
        "Whoever may read the log group reads it; no key can be withdrawn",
        "Give kms_key_id",
        must_be_given("kmsKeyId", "a key of the environment's own"),
    ),
)
# fmt: on
