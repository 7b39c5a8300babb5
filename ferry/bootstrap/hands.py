"""One hand for each kind of thing: how it is looked at, made and changed through AWS's own calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from ferry.bootstrap import policies
from ferry.bootstrap.jobs import JOBS
from ferry.bootstrap.plan import EXISTS, SESSION_SECONDS, Part
from ferry.bootstrap.policies import Place

Client = Any
"""A client of boto3, which ships no types."""

_VERSIONS_AT_MOST = 5
"""IAM keeps five versions of a policy; a sixth is refused until one is deleted."""


class KeyHand:
    """The key that encrypts the state, known by its alias."""

    def __init__(self, place: Place, kms: Client) -> None:
        self._place = place
        self._kms = kms

    def look(self, part: Part) -> Any:
        """See :class:`~ferry.bootstrap.account.Hand`."""
        key = self._kms.describe_key(KeyId=part.name)["KeyMetadata"]
        match part.aspect:
            case "rotation":
                return self._kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]
            case "policy":
                return json.loads(
                    self._kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"]
                )
            case _:
                return key["KeyState"]

    def create(self, part: Part) -> None:
        """See :class:`~ferry.bootstrap.account.Hand`."""
        made = self._kms.create_key(
            Description=f"Ferry {self._place.environment}: state and its secrets",
            Policy=json.dumps(policies.key_policy(self._place)),
            Tags=[{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in _tags(self._place)],
        )
        self._kms.create_alias(AliasName=part.name, TargetKeyId=made["KeyMetadata"]["KeyId"])

    def change(self, part: Part) -> None:
        """See :class:`~ferry.bootstrap.account.Hand`."""
        key = self._kms.describe_key(KeyId=part.name)["KeyMetadata"]
        match part.aspect:
            case "rotation":
                self._kms.enable_key_rotation(KeyId=key["KeyId"])
            case "policy":
                self._kms.put_key_policy(
                    KeyId=key["KeyId"], PolicyName="default", Policy=json.dumps(part.want)
                )
            case _:
                if key["KeyState"] == "PendingDeletion":
                    self._kms.cancel_key_deletion(KeyId=key["KeyId"])
                self._kms.enable_key(KeyId=key["KeyId"])


class BucketHand:
    """The state bucket."""

    def __init__(self, place: Place, s3: Client) -> None:
        self._place = place
        self._s3 = s3

    def look(self, part: Part) -> Any:
        """See :class:`~ferry.bootstrap.account.Hand`."""
        s3, bucket = self._s3, part.name
        looks: dict[str, Callable[[], Any]] = {
            EXISTS: lambda: self._region(bucket),
            "ownership": lambda: _ownership(s3.get_bucket_ownership_controls(Bucket=bucket)),
            "public access": lambda: s3.get_public_access_block(Bucket=bucket)[
                "PublicAccessBlockConfiguration"
            ],
            "versioning": lambda: s3.get_bucket_versioning(Bucket=bucket).get("Status"),
            "encryption": lambda: _encryption(s3.get_bucket_encryption(Bucket=bucket)),
            "old versions": lambda: _noncurrent_days(s3.get_bucket_lifecycle_configuration(Bucket=bucket)),
            "policy": lambda: json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]),
        }
        return looks[part.aspect]()

    def _region(self, bucket: str) -> str:
        self._s3.head_bucket(Bucket=bucket)
        # us-east-1 is the region whose constraint is empty
        return self._s3.get_bucket_location(Bucket=bucket).get("LocationConstraint") or "us-east-1"

    def create(self, part: Part) -> None:
        """See :class:`~ferry.bootstrap.account.Hand`."""
        home = {} if part.want == "us-east-1" else {"LocationConstraint": part.want}
        extra = {"CreateBucketConfiguration": home} if home else {}
        self._s3.create_bucket(Bucket=part.name, **extra)
        self._s3.put_bucket_tagging(Bucket=part.name, Tagging={"TagSet": _tags(self._place)})

    def change(self, part: Part) -> None:
        """See :class:`~ferry.bootstrap.account.Hand`."""
        s3, bucket, want = self._s3, part.name, part.want
        match part.aspect:
            case "ownership":
                s3.put_bucket_ownership_controls(
                    Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": want}]}
                )
            case "public access":
                s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=want)
            case "versioning":
                s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": want})
            case "encryption":
                s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=_as_s3(want))
            case "old versions":
                s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=_expire(want))
            case "policy":
                s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(want))


class ProviderHand:
    """GitHub's identity provider in the account."""

    def __init__(self, place: Place, iam: Client) -> None:
        self._place = place
        self._iam = iam

    def look(self, part: Part) -> Any:
        """See :class:`~ferry.bootstrap.account.Hand`."""
        provider = self._iam.get_open_id_connect_provider(OpenIDConnectProviderArn=part.name)
        if part.aspect == EXISTS:
            return True
        audiences = provider.get("ClientIDList", [])
        # Others may use the same provider with audiences of their own.
        return policies.AUDIENCE if policies.AUDIENCE in audiences else audiences

    def create(self, part: Part) -> None:
        """See :class:`~ferry.bootstrap.account.Hand`."""
        del part  # its ARN follows from the URL
        self._iam.create_open_id_connect_provider(
            Url=f"https://{policies.GITHUB}", ClientIDList=[policies.AUDIENCE], Tags=_tags(self._place)
        )

    def change(self, part: Part) -> None:
        """See :class:`~ferry.bootstrap.account.Hand`."""
        self._iam.add_client_id_to_open_id_connect_provider(
            OpenIDConnectProviderArn=part.name, ClientID=part.want
        )


class BoundaryHand:
    """The boundary policy."""

    def __init__(self, place: Place, iam: Client) -> None:
        self._place = place
        self._iam = iam

    def look(self, part: Part) -> Any:
        """See :class:`~ferry.bootstrap.account.Hand`."""
        version = self._iam.get_policy(PolicyArn=part.name)["Policy"]["DefaultVersionId"]
        found = self._iam.get_policy_version(PolicyArn=part.name, VersionId=version)
        return found["PolicyVersion"]["Document"]

    def create(self, part: Part) -> None:
        """See :class:`~ferry.bootstrap.account.Hand`."""
        self._iam.create_policy(
            PolicyName=self._place.boundary, PolicyDocument=json.dumps(part.want), Tags=_tags(self._place)
        )
        self._iam.get_waiter("policy_exists").wait(PolicyArn=part.name)

    def change(self, part: Part) -> None:
        """See :class:`~ferry.bootstrap.account.Hand`."""
        versions = self._iam.list_policy_versions(PolicyArn=part.name)["Versions"]
        if len(versions) >= _VERSIONS_AT_MOST:
            oldest = min((v for v in versions if not v["IsDefaultVersion"]), key=lambda v: v["CreateDate"])
            self._iam.delete_policy_version(PolicyArn=part.name, VersionId=oldest["VersionId"])
        self._iam.create_policy_version(
            PolicyArn=part.name, PolicyDocument=json.dumps(part.want), SetAsDefault=True
        )


class RoleHand:
    """The roles of the pipeline."""

    def __init__(self, place: Place, iam: Client) -> None:
        self._place = place
        self._iam = iam

    def look(self, part: Part) -> Any:
        """See :class:`~ferry.bootstrap.account.Hand`."""
        iam, name = self._iam, part.name
        match part.aspect:
            case "policies":
                return {
                    policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
                    for policy in self._inline(name)
                }
            case "attached policies":
                return list(self._attached(name))
        role = iam.get_role(RoleName=name)["Role"]
        match part.aspect:
            case "trust":
                return role["AssumeRolePolicyDocument"]
            case "boundary":
                return role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "none")
            case "session":
                return role["MaxSessionDuration"]
            case _:
                return True

    def create(self, part: Part) -> None:
        """See :class:`~ferry.bootstrap.account.Hand`."""
        trusts = {self._place.role(purpose): job.trust for purpose, job in JOBS.items()}
        self._iam.create_role(
            RoleName=part.name,
            AssumeRolePolicyDocument=json.dumps(trusts[part.name](self._place)),
            PermissionsBoundary=self._place.boundary_arn,
            MaxSessionDuration=SESSION_SECONDS,
            Tags=_tags(self._place),
        )
        self._iam.get_waiter("role_exists").wait(RoleName=part.name)

    def change(self, part: Part) -> None:
        """See :class:`~ferry.bootstrap.account.Hand`."""
        iam, name, want = self._iam, part.name, part.want
        match part.aspect:
            case "trust":
                iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(want))
            case "boundary":
                iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=want)
            case "session":
                iam.update_role(RoleName=name, MaxSessionDuration=want)
            case "policies":
                self._only_inline(name, want)
            case "attached policies":
                for arn in list(self._attached(name)):
                    iam.detach_role_policy(RoleName=name, PolicyArn=arn)

    def _only_inline(self, role: str, want: dict[str, policies.Document]) -> None:
        for policy, document in want.items():
            self._iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))
        for policy in list(self._inline(role)):
            if policy not in want:
                self._iam.delete_role_policy(RoleName=role, PolicyName=policy)

    def _inline(self, role: str) -> Iterator[str]:
        for page in self._iam.get_paginator("list_role_policies").paginate(RoleName=role):
            yield from page["PolicyNames"]

    def _attached(self, role: str) -> Iterator[str]:
        for page in self._iam.get_paginator("list_attached_role_policies").paginate(RoleName=role):
            yield from (policy["PolicyArn"] for policy in page["AttachedPolicies"])


def _tags(place: Place) -> list[dict[str, str]]:
    return [
        {"Key": "project", "Value": "ferry"},
        {"Key": "environment", "Value": place.environment},
        {"Key": "managed-by", "Value": "ferry bootstrap"},
    ]


def _ownership(answer: dict[str, Any]) -> str:
    return str(answer["OwnershipControls"]["Rules"][0]["ObjectOwnership"])


def _encryption(answer: dict[str, Any]) -> dict[str, Any]:
    rule = answer["ServerSideEncryptionConfiguration"]["Rules"][0]
    default = rule["ApplyServerSideEncryptionByDefault"]
    return {
        "algorithm": default["SSEAlgorithm"],
        "key": default.get("KMSMasterKeyID"),
        "bucket_key": rule.get("BucketKeyEnabled", False),
    }


def _as_s3(want: dict[str, Any]) -> dict[str, Any]:
    default = {"SSEAlgorithm": want["algorithm"], "KMSMasterKeyID": want["key"]}
    return {
        "Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": want["bucket_key"]}]
    }


def _noncurrent_days(answer: dict[str, Any]) -> Any:
    rules = answer["Rules"]
    only = rules[0]
    # Any other rule may expire the state itself: report all rules, which differ from what is wanted.
    if len(rules) > 1 or "Expiration" in only or only["Status"] != "Enabled":
        return rules
    return only.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays")


def _expire(days: int) -> dict[str, Any]:
    rule = {
        "ID": "old-versions",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": days},
    }
    return {"Rules": [rule]}
