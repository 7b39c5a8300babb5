"""The policies that bootstrap writes, as pure documents; tests judge each by what it refuses.

Three documents matter. The *boundary* is a ceiling: it grants nothing, and whatever the apply role makes must
carry it, so that no role made by the program can do what the apply role cannot. The *apply* role makes and
deletes the environment. The *preview* role reads, decrypts the state, and can change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ferry.bootstrap.actions import (
    BOUNDED_WRITES,
    CEILING,
    IDENTITY_READS,
    KEY_KEEPERS,
    PASSED_TO,
    POLICY_WRITES,
    PREVIEW_READS,
    PROFILE_WRITES,
    PROVIDER_WRITES,
    ROLE_WRITES,
    STATE_KEEPERS,
)

Document = dict[str, Any]

GITHUB = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"


@dataclass(frozen=True)
class Place:
    """Where and for whom: what every name and policy of bootstrap derives from.

    Attributes:
        environment: ``dev``, ``staging`` or ``prod``.
        account: twelve digits.
        region: home region of the environment; the state lives there.
        repository: ``owner/name`` as it stands in the subject of GitHub's tokens. Repositories made after
            18 June 2026 carry ids in it (GitHub's changelog of 23 April 2026); give it as GitHub shows it.
    """

    environment: str
    account: str
    region: str
    repository: str

    @property
    def bucket(self) -> str:
        """The state bucket; the account is part of it, because bucket names are one space for everybody."""
        return f"ferry-{self.environment}-state-{self.account}"

    @property
    def alias(self) -> str:
        """Alias of the key that encrypts the state and the secrets in it."""
        return f"alias/ferry-{self.environment}-state"

    @property
    def alias_arn(self) -> str:
        """The alias as S3's default encryption and key policies name it."""
        return f"arn:aws:kms:{self.region}:{self.account}:{self.alias}"

    @property
    def boundary(self) -> str:
        """Name of the boundary policy."""
        return f"ferry-{self.environment}-boundary"

    @property
    def boundary_arn(self) -> str:
        """ARN of the boundary policy; every role that the program makes carries it."""
        return f"arn:aws:iam::{self.account}:policy/{self.boundary}"

    @property
    def provider_arn(self) -> str:
        """ARN of GitHub's identity provider in this account (one for all environments)."""
        return f"arn:aws:iam::{self.account}:oidc-provider/{GITHUB}"

    def role(self, purpose: str) -> str:
        """Name of the role for a purpose (``jobs.JOBS``)."""
        return f"ferry-{self.environment}-{purpose}"


def preview_trust(place: Place) -> Document:
    """Pull requests of the repository itself, and the scheduled look for drift.

    A fork's pull request is given no token by GitHub, so it has no subject to match.
    """
    drift = f"repo:{place.repository}:environment:{place.environment}-preview"
    return trust_of(place, [f"repo:{place.repository}:pull_request", drift])


def apply_trust(place: Place) -> Document:
    """Jobs of the repository's protected environment of the same name, which a person approves."""
    return trust_of(place, [f"repo:{place.repository}:environment:{place.environment}"])


def boundary(place: Place) -> Document:
    """The ceiling of the apply role and of every role that it makes; it refuses bootstrap's own things."""
    return document(
        {"Sid": "Ceiling", "Effect": "Allow", "Action": list(CEILING), "Resource": "*"},
        *_identity(place),
        *_own_things_stay(place),
        *_state_stays(place),
    )


def apply_policy(place: Place) -> Document:
    """What making and deleting an environment needs; the boundary cuts it down to less.

    Wildcard resources: ids of VPCs, keys and queues are not known before they exist. What can be named by
    the environment's prefix is: roles, policies, buckets.
    """
    others = [action for action in CEILING if action != "s3:*"]
    prefix = f"arn:aws:s3:::ferry-{place.environment}-*"
    return document(
        {"Sid": "Services", "Effect": "Allow", "Action": others, "Resource": "*"},
        {"Sid": "Stores", "Effect": "Allow", "Action": "s3:*", "Resource": [prefix, f"{prefix}/*"]},
        {"Sid": "SeeStores", "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"},
        *_identity(place),
    )


def evidence_store(place: Place) -> str:
    """ARN of the store of evidence."""
    return f"arn:aws:s3:::ferry-{place.environment}-evidence-{place.account}-{place.region}"


def with_key(
    place: Place, sid: str, action: str | list[str], alias: str, *, through_s3: bool = False
) -> dict[str, Any]:
    """Use a key of the environment by its alias; ``through_s3``: only where S3 asks on the role's behalf."""
    condition: dict[str, Any] = {
        "ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/ferry-{place.environment}-{alias}"}
    }
    if through_s3:
        condition["StringEquals"] = {"kms:ViaService": f"s3.{place.region}.amazonaws.com"}
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": action,
        "Resource": f"arn:aws:kms:{place.region}:{place.account}:key/*",
        "Condition": condition,
    }


def _evidence(place: Place) -> list[dict[str, Any]]:
    """A preview judges the evidence of a step: read the store of gates, and check signatures."""
    return [
        {
            "Sid": "Evidence",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": f"{evidence_store(place)}/gates/*",
        },
        with_key(place, "DecryptEvidence", "kms:Decrypt", "data", through_s3=True),
        with_key(place, "VerifyEvidence", "kms:Verify", "evidence"),
    ]


def preview_policy(place: Place) -> Document:
    """Read configuration, read and decrypt the state; the engine takes no lock in a preview, so no write."""
    bucket = f"arn:aws:s3:::{place.bucket}"
    return document(
        {"Sid": "Look", "Effect": "Allow", "Action": list(PREVIEW_READS), "Resource": "*"},
        {"Sid": "State", "Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{bucket}/*"},
        {"Sid": "ListState", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket},
        {
            "Sid": "DecryptState",
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": f"arn:aws:kms:{place.region}:{place.account}:key/*",
            "Condition": {"ForAnyValue:StringEquals": {"kms:ResourceAliases": place.alias}},
        },
        *_evidence(place),
        {
            "Sid": "AmiParameters",
            "Effect": "Allow",
            "Action": "ssm:GetParameter*",
            "Resource": f"arn:aws:ssm:{place.region}::parameter/aws/service/*",
        },
    )


def key_policy(place: Place) -> Document:
    """IAM of the account decides who uses the key; without this line nobody could ever change it."""
    root = f"arn:aws:iam::{place.account}:root"
    return document(
        {"Sid": "Account", "Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}
    )


def bucket_policy(place: Place) -> Document:
    """Nobody reads or writes the state over an unencrypted connection."""
    bucket = f"arn:aws:s3:::{place.bucket}"
    return document(
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket, f"{bucket}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )


def document(*statements: Document) -> Document:
    """A policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trust_of(place: Place, subjects: list[str]) -> Document:
    return document(
        {
            "Sid": "GitHub",
            "Effect": "Allow",
            "Principal": {"Federated": place.provider_arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{GITHUB}:aud": AUDIENCE, f"{GITHUB}:sub": subjects}},
        }
    )


def _identity(place: Place) -> list[Document]:
    """Identities of this environment only, told by their names."""
    iam = f"arn:aws:iam::{place.account}"
    own = f"ferry-{place.environment}-*"
    return [
        {"Sid": "SeeIdentities", "Effect": "Allow", "Action": list(IDENTITY_READS), "Resource": "*"},
        {"Sid": "Roles", "Effect": "Allow", "Action": list(ROLE_WRITES), "Resource": f"{iam}:role/{own}"},
        {
            "Sid": "Rest",
            "Effect": "Allow",
            "Action": [*POLICY_WRITES, *PROFILE_WRITES, *PROVIDER_WRITES],
            "Resource": [
                f"{iam}:policy/{own}",
                f"{iam}:instance-profile/{own}",
                f"{iam}:oidc-provider/oidc.eks.{place.region}.amazonaws.com/*",
            ],
        },
        {
            "Sid": "Pass",
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": f"{iam}:role/{own}",
            "Condition": {"StringEquals": {"iam:PassedToService": list(PASSED_TO)}},
        },
        {
            "Sid": "ServiceLinked",
            "Effect": "Allow",
            "Action": "iam:CreateServiceLinkedRole",
            "Resource": f"{iam}:role/aws-service-role/*",
        },
    ]


def _own_things_stay(place: Place) -> list[Document]:
    """The apply role cannot edit itself, its neighbour, the identity provider or the boundary."""
    iam = f"arn:aws:iam::{place.account}"
    return [
        {
            "Sid": "BootstrapStays",
            "Effect": "Deny",
            "NotAction": list(IDENTITY_READS),
            "Resource": [
                f"{iam}:role/ferry-*-apply",
                f"{iam}:role/ferry-*-evidence",
                f"{iam}:role/ferry-*-preview",
                f"{iam}:role/ferry-*-publish",
                f"{iam}:policy/ferry-*-boundary",
                place.provider_arn,
            ],
        },
        {
            "Sid": "OnlyBounded",
            "Effect": "Deny",
            "Action": list(BOUNDED_WRITES),
            "Resource": "*",
            "Condition": {"StringNotEquals": {"iam:PermissionsBoundary": place.boundary_arn}},
        },
        {
            "Sid": "StaysBounded",
            "Effect": "Deny",
            "Action": "iam:DeleteRolePermissionsBoundary",
            "Resource": "*",
        },
    ]


def _state_stays(place: Place) -> list[Document]:
    """The record of what exists, its history, and the key that opens it."""
    aliases = "alias/ferry-*-state"
    return [
        {
            "Sid": "StateStays",
            "Effect": "Deny",
            "Action": list(STATE_KEEPERS),
            "Resource": ["arn:aws:s3:::ferry-*-state-*"],
        },
        {
            "Sid": "KeyStays",
            "Effect": "Deny",
            "Action": list(KEY_KEEPERS),
            "Resource": "*",
            "Condition": {"ForAnyValue:StringLike": {"kms:ResourceAliases": aliases}},
        },
        {
            "Sid": "AliasStays",
            "Effect": "Deny",
            "Action": ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"],
            "Resource": f"arn:aws:kms:*:{place.account}:{aliases}",
        },
    ]
