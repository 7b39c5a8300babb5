"""Samples of roles, keys and secrets."""

from __future__ import annotations

from typing import Any

from tests.sandbox.providers.aws.bench import Bench, Made, allow, trust
from tests.sandbox.providers.aws.makers import key, role, secret
from tests.sandbox.providers.aws.sample import Sample


def _policy(bench: Bench) -> Made:
    return bench.make("aws:iam/policy:Policy", policy=allow("s3:GetObject"))


def _attached(bench: Bench, made: Made) -> Any:
    policies = bench.boto("iam").list_attached_role_policies(RoleName=made["role"])["AttachedPolicies"]
    return [policy for policy in policies if policy["PolicyArn"] == made["policyArn"]]


def _aliases(bench: Bench, made: Made) -> Any:
    return [item for item in bench.boto("kms").list_aliases()["Aliases"] if item["AliasName"] == made.id]


SAMPLES: dict[str, Sample] = {
    "aws:iam/role:Role": Sample(
        lambda _: {"assumeRolePolicy": trust("ec2.amazonaws.com")},
        lambda b, m: b.boto("iam").get_role(RoleName=m.id),
        lambda _: {"description": "nodes", "assumeRolePolicy": trust("eks.amazonaws.com")},
        unreadable=frozenset({"forceDetachPolicies"}),
    ),
    "aws:iam/rolePolicy:RolePolicy": Sample(
        lambda b: {"role": role(b).id, "policy": allow("s3:GetObject")},
        lambda b, m: b.boto("iam").get_role_policy(RoleName=m["role"], PolicyName=m["name"]),
        lambda _: {"policy": allow("s3:PutObject")},
    ),
    "aws:iam/instanceProfile:InstanceProfile": Sample(
        lambda b: {"role": role(b).id},
        lambda b, m: b.boto("iam").get_instance_profile(InstanceProfileName=m.id),
        lambda b: {"role": role(b).id},
    ),
    "aws:iam/policy:Policy": Sample(
        lambda _: {"policy": allow("s3:GetObject")},
        lambda b, m: b.boto("iam").get_policy(PolicyArn=m.id),
        lambda _: {"policy": allow("s3:PutObject")},
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Sample(
        lambda b: {"role": role(b).id, "policyArn": _policy(b).id}, _attached
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Sample(
        lambda _: {"url": "https://oidc.example.com/id/A", "clientIdLists": ["sts.amazonaws.com"]},
        lambda b, m: b.boto("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=m.id),
        lambda _: {"clientIdLists": ["sts.amazonaws.com", "other"]},
    ),
    "aws:kms/key:Key": Sample(
        lambda _: {"description": "a key", "enableKeyRotation": True},
        lambda b, m: b.boto("kms").describe_key(KeyId=m.id)["KeyMetadata"]["KeyState"] == "Enabled",
        lambda _: {"description": "another", "enableKeyRotation": False},
        unreadable=frozenset({"bypassPolicyLockoutSafetyCheck"}),
    ),
    "aws:kms/alias:Alias": Sample(
        lambda b: {"targetKeyId": key(b).id}, _aliases, lambda b: {"targetKeyId": key(b).id}
    ),
    "aws:kms/keyPolicy:KeyPolicy": Sample(
        lambda b: {"keyId": key(b).id, "policy": allow("kms:*")},
        lambda b, m: b.boto("kms").get_key_policy(KeyId=m.id, PolicyName="default"),
        lambda _: {"policy": allow("kms:Decrypt")},
        stays="a key always has a policy: deleting puts the default one back",
        unreadable=frozenset({"bypassPolicyLockoutSafetyCheck"}),
    ),
    "aws:secretsmanager/secret:Secret": Sample(
        lambda _: {"description": "one", "recoveryWindowInDays": 7},
        lambda b, m: not b.boto("secretsmanager").describe_secret(SecretId=m.id).get("DeletedDate"),
        lambda _: {"description": "two"},
        unreadable=frozenset({"recoveryWindowInDays", "forceOverwriteReplicaSecret"}),
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": Sample(
        lambda b: {"secretId": secret(b).id, "secretStringWo": "hush", "secretStringWoVersion": 1},
        lambda b, m: (
            b.boto("secretsmanager").get_secret_value(SecretId=m["secretId"])["SecretString"] == "hush"
        ),
        stays="AWS keeps the current version with its secret",
        importable=False,
    ),
    "aws:secretsmanager/secretPolicy:SecretPolicy": Sample(
        lambda b: {"secretArn": secret(b).id, "policy": allow("secretsmanager:GetSecretValue")},
        lambda b, m: b.boto("secretsmanager").get_resource_policy(SecretId=m.id).get("ResourcePolicy"),
        lambda _: {"policy": allow("secretsmanager:DescribeSecret")},
    ),
    "aws:secretsmanager/secretRotation:SecretRotation": Sample(
        lambda b: {
            "secretId": secret(b).id,
            "rotationRules": {"automaticallyAfterDays": 30},
        },
        lambda b, m: b.boto("secretsmanager").describe_secret(SecretId=m.id).get("RotationEnabled"),
        lambda _: {"rotationRules": {"automaticallyAfterDays": 60}},
        unreadable=frozenset({"rotateImmediately"}),
        stays="rotation that a service manages is the service's to end",
    ),
}
