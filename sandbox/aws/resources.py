"""What a call is about, in the words of IAM: the action, the ARNs, the tags it brings. Pure.

Source: AWS's service authorization reference. An operation whose resource is not known here is about ``*``,
which a policy that names resources does not allow: unknown means refused, never allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.aws.wire import Call

Params = Mapping[str, Any]
Tags = list[tuple[str, str]]

IAM_PREFIX = {"monitoring": "cloudwatch", "email": "ses", "aidevops": "devops-agent"}
"""Signing name → prefix of IAM actions, where they differ."""

_S3_ACTIONS = {
    "HeadObject": "GetObject",
    "CopyObject": "PutObject",
    "UploadPartCopy": "PutObject",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "ListBuckets": "ListAllMyBuckets",
    "DeleteObjects": "DeleteObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
}
"""S3 operation → the permission it needs, where the names differ."""


def action_of(call: Call) -> str:
    """``s3:PutObject``: the permission that the call needs."""
    operation = call.operation or "?"
    if call.service == "s3":
        operation = _S3_ACTIONS.get(operation, operation)
        if operation in {"GetObject", "DeleteObject"} and call.params.get("VersionId"):
            operation += "Version"
    return f"{IAM_PREFIX.get(call.service, call.service) or 'unknown'}:{operation}"


def resources_of(call: Call, account: str) -> list[str]:
    """The ARNs that policies name; ``["*"]`` for actions without one and for those not known here."""
    finder = _FINDERS.get(call.service)
    if call.service == "ec2":
        return ec2_resources(call, account) or ["*"]
    found = finder(call.params, call.region, account) if finder else []
    listed = [found] if isinstance(found, str) else list(found)
    return [arn for arn in listed if arn] or ["*"]


def _s3(params: Params, _region: str, _account: str) -> str | list[str]:
    bucket, key = params.get("Bucket", ""), params.get("Key", "")
    if not bucket:
        return []
    arn = f"arn:aws:s3:::{bucket}"
    objects = (params.get("Delete") or {}).get("Objects") or []
    if objects:
        return [f"{arn}/{item['Key']}" for item in objects]
    return f"{arn}/{key}" if key else arn


def _sqs(params: Params, region: str, account: str) -> str:
    name = str(params.get("QueueUrl", params.get("QueueName", ""))).rsplit("/", 1)[-1]
    return f"arn:aws:sqs:{region}:{account}:{name}" if name else ""


_IAM_KINDS = (
    ("InstanceProfileName", "instance-profile"),
    ("RoleName", "role"),
    ("UserName", "user"),
    ("GroupName", "group"),
    ("PolicyName", "policy"),
)


def _iam(params: Params, _region: str, account: str) -> str:
    for key, kind in _IAM_KINDS:
        if params.get(key):
            return f"arn:aws:iam::{account}:{kind}/{params[key]}"
    if params.get("Url"):  # of an identity provider that is being made; its ARN is that without the scheme
        return f"arn:aws:iam::{account}:oidc-provider/{str(params['Url']).removeprefix('https://')}"
    return str(params.get("PolicyArn") or params.get("OpenIDConnectProviderArn") or "")


def _sts(params: Params, _region: str, _account: str) -> str:
    return str(params.get("RoleArn", ""))


def _eks(params: Params, region: str, account: str) -> str:
    if params.get("resourceArn"):
        return str(params["resourceArn"])
    head = f"arn:aws:eks:{region}:{account}"
    name = params.get("clusterName") or params.get("name")
    for key, kind in (("nodegroupName", "nodegroup"), ("addonName", "addon")):
        if name and params.get(key):
            return f"{head}:{kind}/{name}/{params[key]}/*"
    return f"{head}:cluster/{name}" if name else ""


def _ssm(params: Params, region: str, account: str) -> list[str]:
    names = params.get("Names") or [params.get("Name") or params.get("Path") or ""]
    public = "/aws/service/"
    return [
        f"arn:aws:ssm:{region}:{'' if name.startswith(public) else account}:parameter/{name.lstrip('/')}"
        for name in names
        if name
    ]


def _secrets(params: Params, region: str, account: str) -> str:
    secret = str(params.get("SecretId") or params.get("Name") or "")
    if not secret or secret.startswith("arn:"):
        return secret
    return f"arn:aws:secretsmanager:{region}:{account}:secret:{secret}"


def _kms(params: Params, region: str, account: str) -> str:
    key = str(params.get("KeyId") or params.get("TargetKeyId") or "")
    if not key or key.startswith("arn:"):
        return key
    kind = key if key.startswith("alias/") else f"key/{key}"
    return f"arn:aws:kms:{region}:{account}:{kind}"


def _ecr(params: Params, region: str, account: str) -> str:
    name = params.get("repositoryName")
    return f"arn:aws:ecr:{region}:{account}:repository/{name}" if name else str(params.get("resourceArn", ""))


def _logs(params: Params, region: str, account: str) -> str:
    name = params.get("logGroupName")
    return f"arn:aws:logs:{region}:{account}:log-group:{name}" if name else str(params.get("resourceArn", ""))


def _events(params: Params, region: str, account: str) -> str:
    name = params.get("Name") or params.get("Rule")
    return f"arn:aws:events:{region}:{account}:rule/{name}" if name else str(params.get("ResourceARN", ""))


def _rds(params: Params, region: str, account: str) -> str:
    head = f"arn:aws:rds:{region}:{account}"
    for key, kind in (
        ("DBInstanceIdentifier", "db"),
        ("DBSubnetGroupName", "subgrp"),
        ("DBParameterGroupName", "pg"),
        ("DBSnapshotIdentifier", "snapshot"),
    ):
        if params.get(key):
            return f"{head}:{kind}:{params[key]}"
    return str(params.get("ResourceName", ""))


def _elasticache(params: Params, region: str, account: str) -> str:
    head = f"arn:aws:elasticache:{region}:{account}"
    for key, kind in (
        ("ReplicationGroupId", "replicationgroup"),
        ("CacheSubnetGroupName", "subnetgroup"),
        ("CacheParameterGroupName", "parametergroup"),
        ("UserGroupId", "usergroup"),
        ("UserId", "user"),
    ):
        if params.get(key):
            return f"{head}:{kind}:{params[key]}"
    return str(params.get("ResourceName", ""))


_EC2_KEYS = (
    "VpcId",
    "SubnetId",
    "GroupId",
    "InternetGatewayId",
    "NatGatewayId",
    "RouteTableId",
    "VpcEndpointId",
    "LaunchTemplateId",
    "InstanceId",
    "VolumeId",
    "AllocationId",
    "NetworkInterfaceId",
    "ImageId",
)
_EC2_PREFIXES = {
    "vpc": "vpc",
    "subnet": "subnet",
    "sg": "security-group",
    "igw": "internet-gateway",
    "nat": "natgateway",
    "rtb": "route-table",
    "vpce": "vpc-endpoint",
    "lt": "launch-template",
    "i": "instance",
    "vol": "volume",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "ami": "image",
}
"""The id's prefix → the resource's kind in ARNs."""
MADE = {
    "RunInstances": ("instance", "volume", "network-interface"),
    "CreateFleet": ("fleet", "instance", "volume", "network-interface"),
    "CreateLaunchTemplate": ("launch-template",),
    "CreateVolume": ("volume",),
}
"""Kinds that a call brings into being, and for each of which it needs the permission."""


def _ec2(params: Params, region: str, account: str) -> list[str]:
    ids = [*(params.get("Resources") or []), *(params.get("InstanceIds") or [])]
    ids += [*(params.get("SecurityGroupIds") or [])]
    ids += [params[key] for key in _EC2_KEYS if isinstance(params.get(key), str)]
    templates = [params, params.get("LaunchTemplate") or {}]
    for config in params.get("LaunchTemplateConfigs") or []:
        templates.append(config.get("LaunchTemplateSpecification") or {})
        ids += [one["SubnetId"] for one in config.get("Overrides") or [] if one.get("SubnetId")]
    ids += [one["LaunchTemplateId"] for one in templates[1:] if one.get("LaunchTemplateId")]
    found = [ec2_arn(identity, region, account) for identity in dict.fromkeys(ids)]
    names = [one["LaunchTemplateName"] for one in templates if one.get("LaunchTemplateName")]
    found += [f"arn:aws:ec2:{region}:{account}:launch-template/{name}" for name in names]
    return [arn for arn in found if arn]


def ec2_resources(call: Call, account: str) -> list[str]:
    """EC2 judges each thing that a call makes or uses; reads have no resource."""
    if call.operation.startswith(("Describe", "Get")):
        return []
    made = [f"arn:aws:ec2:{call.region}:{account}:{kind}/*" for kind in MADE.get(call.operation, ())]
    named = [] if call.operation == "CreateLaunchTemplate" else _ec2(call.params, call.region, account)
    return [*made, *named]


def ec2_arn(identity: str, region: str, account: str) -> str:
    """The ARN of an EC2 id; empty for a kind that is not known here."""
    kind = _EC2_PREFIXES.get(identity.split("-", 1)[0])
    owner = "" if kind in ("image", "snapshot") else account  # these may be another account's
    return f"arn:aws:ec2:{region}:{owner}:{kind}/{identity}" if kind else ""


_FINDERS: dict[str, Callable[[Params, str, str], str | Sequence[str]]] = {
    "s3": _s3,
    "sqs": _sqs,
    "iam": _iam,
    "sts": _sts,
    "eks": _eks,
    "ssm": _ssm,
    "secretsmanager": _secrets,
    "kms": _kms,
    "ecr": _ecr,
    "logs": _logs,
    "events": _events,
    "rds": _rds,
    "elasticache": _elasticache,
}


def request_tags(params: Params, kind: str = "") -> Tags:
    """Tags that the call sets, in whichever of AWS's three forms it gives them; of one EC2 kind, if named."""
    found = listed_tags(params.get("Tags", params.get("tags")))
    for specification in params.get("TagSpecifications") or []:
        if kind in ("", specification.get("ResourceType")):
            found += listed_tags(specification.get("Tags"))
    return found


def listed_tags(tags: Any) -> Tags:
    """Key and value of tags: a mapping to values or to pairs, or a list of pairs in any spelling."""
    if isinstance(tags, Mapping):
        return [
            (str(key), str(value.get("Value", "") if isinstance(value, Mapping) else value))
            for key, value in tags.items()
        ]
    return [
        (str(tag.get("Key", tag.get("key"))), str(tag.get("Value", tag.get("value")) or ""))
        for tag in tags or []
        if isinstance(tag, Mapping)
    ]
