"""What a call demands of IAM: its own permission on each resource, and those that AWS checks along with it.

A launch needs ``iam:PassRole``, tags at birth need ``ec2:CreateTags``, an encrypted object needs its key.
Sources: service authorization reference; S3 user guide, "Using server-side encryption with AWS KMS keys".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.ec2.models import ec2_backends
from moto.eks.models import eks_backends
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.sqs.models import sqs_backends

from sandbox.aws.gaps.asking import Ask
from sandbox.aws.identity import document, role_of
from sandbox.aws.policy import Policy, tag_context
from sandbox.aws.resources import MADE, Tags, action_of, listed_tags, request_tags, resources_of

Keys = dict[str, list[str]]


@dataclass(frozen=True)
class Demand:
    """One permission that a call needs.

    Attributes:
        policy: the resource's own policy, if it has one.
        gated: the resource's policy must allow too (KMS keys, trust policies).
    """

    action: str
    resource: str
    context: Mapping[str, list[str]]
    policy: Policy | None = None
    gated: bool = False


def demands(ask: Ask) -> Iterator[Demand]:
    """Everything that must be allowed for the call to go through."""
    policy, gated = _resource_policy(ask), ask.call.service == "kms" or ask.call.operation == "AssumeRole"
    for resource in resources_of(ask.call, ask.account):
        named = _key_behind(ask, resource)
        yield Demand(action_of(ask.call), named, _context(ask, named), policy, gated)
    if ask.call.service == "ec2":
        yield from _tags_at_birth(ask)
    if ask.call.service == "s3":
        yield from _copy_source(ask)
        yield from _object_key(ask)
    for role, service in _passed(ask):
        yield Demand("iam:PassRole", role, {**_who(ask), "iam:PassedToService": [service]})


def _who(ask: Ask) -> Keys:
    return {
        "aws:RequestedRegion": [ask.region],
        "aws:PrincipalArn": [ask.principal.role or ask.principal.arn],
        "aws:PrincipalAccount": [ask.account],
        "aws:SourceIp": ["127.0.0.1"],
        "aws:SecureTransport": ["true"],  # loopback stands for TLS here; listed among the differences
        **tag_context("aws:PrincipalTag", _tags_of(role_of(ask.account, ask.principal.role))),
    }


def _context(ask: Ask, resource: str) -> Keys:
    """Condition keys of the call, as far as they are known here; README lists them."""
    kind = resource.rsplit(":", 1)[-1].split("/", maxsplit=1)[0] if ask.call.service == "ec2" else ""
    tags = request_tags(ask.params, kind)
    own = _resource_tags(ask, resource)
    return {
        **_who(ask),
        "aws:TagKeys": [key for key, _ in tags],
        **tag_context("aws:RequestTag", tags),
        **tag_context("aws:ResourceTag", own),
        **_service_keys(ask, own),
    }


def _service_keys(ask: Ask, own: Tags) -> Keys:
    given = {key: [str(ask.params[name])] for key, name in _KEYS.items() if ask.params.get(name) is not None}
    service = ask.call.service
    found = {key: value for key, value in given.items() if key.split(":")[0] == service}
    if service == "ec2":
        found |= {"ec2:Region": [ask.region], **tag_context("ec2:ResourceTag", own)}
    if service in ("iam", "secretsmanager", "eks"):
        found |= tag_context(f"{service}:ResourceTag", own)
    if service == "kms" and (key := _key_named(ask, str(ask.params.get("KeyId") or ""))) is not None:
        found["kms:ResourceAliases"] = sorted(key.aliases)
    return found


_KEYS = {
    "s3:prefix": "Prefix",
    "s3:delimiter": "Delimiter",
    "s3:x-amz-server-side-encryption": "ServerSideEncryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "s3:x-amz-acl": "ACL",
    "iam:PermissionsBoundary": "PermissionsBoundary",
    "iam:PolicyARN": "PolicyArn",
    "iam:AWSServiceName": "AWSServiceName",
    "secretsmanager:Name": "Name",
    "secretsmanager:VersionStage": "VersionStage",
}
"""Condition key → the input's member that gives it."""


# --- tags --------------------------------------------------------------------------------------------------


def _tags_of(thing: Any) -> Tags:
    return listed_tags(getattr(thing, "tags", None)) if thing is not None else []


def _resource_tags(ask: Ask, resource: str) -> Tags:
    name = resource.rsplit("/", 1)[-1]
    if ask.call.service == "ec2":
        return listed_tags(dict(ec2_backends[ask.account][ask.region].tags.get(name, {})))
    if ask.call.service == "eks":
        clusters = eks_backends[ask.account][ask.region].clusters.values()
        return next((listed_tags(one.tags) for one in clusters if one.arn == resource), [])
    if ask.call.service != "iam":
        return []
    backend = iam_backends[ask.account]["aws"]
    owners: Iterable[Any] = [*backend.instance_profiles.values(), *backend.roles.values()]
    return next((_tags_of(owner) for owner in owners if owner.arn == resource), [])


def _tags_at_birth(ask: Ask) -> Iterator[Demand]:
    """``ec2:CreateTags`` for what the call makes with tags."""
    for kind in MADE.get(ask.call.operation, ()):
        tags = request_tags(ask.params, kind)
        if tags:
            context = {
                **_who(ask),
                "aws:TagKeys": [key for key, _ in tags],
                "ec2:CreateAction": [ask.call.operation],
                **tag_context("aws:RequestTag", tags),
            }
            arn = f"arn:aws:ec2:{ask.region}:{ask.account}:{kind}/*"
            yield Demand("ec2:CreateTags", arn, context)


# --- roles given away --------------------------------------------------------------------------------------

_PASSED = {
    ("eks", "CreateCluster"): ("roleArn", "eks.amazonaws.com"),
    ("eks", "CreateNodegroup"): ("nodeRole", "eks.amazonaws.com"),
    ("eks", "CreateAddon"): ("serviceAccountRoleArn", "eks.amazonaws.com"),
    ("eks", "CreatePodIdentityAssociation"): ("roleArn", "pods.eks.amazonaws.com"),
    ("ec2", "CreateFlowLogs"): ("DeliverLogsPermissionArn", "vpc-flow-logs.amazonaws.com"),
    ("rds", "CreateDBInstance"): ("MonitoringRoleArn", "monitoring.rds.amazonaws.com"),
}
"""Operation → the member with a role's ARN, and the service that it is given to."""


def _passed(ask: Ask) -> Iterator[tuple[str, str]]:
    member, service = _PASSED.get((ask.call.service, ask.call.operation), ("", ""))
    if role := ask.params.get(member):
        yield str(role), service
    profile = (ask.params.get("IamInstanceProfile") or {}) if ask.call.operation == "RunInstances" else {}
    if profile:
        name = profile.get("Name") or str(profile.get("Arn", "")).rsplit("/", 1)[-1]
        for one in iam_backends[ask.account]["aws"].instance_profiles.values():
            if one.name == name:
                yield from ((role.arn, "ec2.amazonaws.com") for role in one.roles)
    if (ask.call.service, ask.call.operation) == ("s3", "PutBucketReplication"):
        configuration = ask.params.get("ReplicationConfiguration") or {}
        if configuration.get("Role"):
            yield str(configuration["Role"]), "s3.amazonaws.com"


# --- objects and their keys --------------------------------------------------------------------------------


def _bucket(ask: Ask) -> Any:
    return s3_backends[ask.account]["aws"].buckets.get(str(ask.params.get("Bucket")))


def _copy_source(ask: Ask) -> Iterator[Demand]:
    """A copy reads its source."""
    source = ask.params.get("CopySource")
    if isinstance(source, str) and source:
        path = source.split("?")[0].lstrip("/")
        yield Demand("s3:GetObject", f"arn:aws:s3:::{path}", _who(ask))


_WRITES = {"PutObject", "CopyObject", "CreateMultipartUpload"}
_READS = {"GetObject", "HeadObject"}


def _object_key(ask: Ask) -> Iterator[Demand]:
    """The KMS key of an object that is written or read: S3 uses it in the caller's name."""
    operation, bucket = ask.call.operation, _bucket(ask)
    if bucket is None or operation not in _WRITES | _READS:
        return
    name = _write_key(ask, bucket) if operation in _WRITES else _read_key(ask, bucket)
    key = _key_named(ask, name)
    if key is None:
        return
    context = {
        **_who(ask),
        "kms:ViaService": [f"s3.{ask.region}.amazonaws.com"],
        "kms:CallerAccount": [ask.account],
        "kms:EncryptionContext:aws:s3:arn": [f"arn:aws:s3:::{ask.params['Bucket']}/{ask.params['Key']}"],
    }
    action = "kms:GenerateDataKey" if operation in _WRITES else "kms:Decrypt"
    yield Demand(action, key.arn, context, dict(document(key.policy)), gated=True)


def _write_key(ask: Ask, bucket: Any) -> str:
    if ask.params.get("ServerSideEncryption"):
        return str(ask.params.get("SSEKMSKeyId") or "")
    rule = (bucket.encryption or {}).get("Rule") or {}
    rule = rule[0] if isinstance(rule, list) else rule
    default = rule.get("ApplyServerSideEncryptionByDefault") or {}
    return str(default.get("KMSMasterKeyID") or "")


def _read_key(ask: Ask, bucket: Any) -> str:
    found = bucket.keys.get(ask.params.get("Key"))
    return str(getattr(found, "kms_key_id", None) or "") if found is not None else ""


def _key_named(ask: Ask, name: str) -> Any:
    """The key of an id, ARN or alias in the call's region."""
    backend = kms_backends[ask.account][ask.region]
    short = name.rsplit(":", 1)[-1].removeprefix("key/")
    if short.startswith("alias/"):
        short = str(backend.get_key_id_from_alias(short) or "")
    return backend.keys.get(short)


def _key_behind(ask: Ask, resource: str) -> str:
    """An alias stands for its key: a call that names a key by its alias needs a right to the key, no other
    (https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html).
    """
    if ask.call.service != "kms" or ":alias/" not in resource:
        return resource
    key = _key_named(ask, resource)
    return resource if key is None else str(key.arn)


def _resource_policy(ask: Ask) -> Policy | None:
    """The policy of the bucket, queue, key or role that the call is about."""
    service, found = ask.call.service, None
    if service == "s3" and (bucket := _bucket(ask)) is not None:
        found = bucket.policy
    elif service == "sqs":
        name = str(ask.params.get("QueueUrl", "")).rsplit("/", 1)[-1]
        queue = sqs_backends[ask.account][ask.region].queues.get(name)
        found = getattr(queue, "policy", None)
    elif service == "kms":
        key = _key_named(ask, str(ask.params.get("KeyId") or ""))
        found = getattr(key, "policy", None)
    elif ask.call.operation == "AssumeRole":
        role = role_of(ask.account, str(ask.params.get("RoleArn", "")))
        found = getattr(role, "assume_role_policy_document", None)
    text = found.decode() if isinstance(found, bytes) else found
    return dict(document(text)) if text else None
