"""The pipeline's roles, each with whom it trusts and what it may do. Pure.

Beside the two that look at and change an environment stand two that are narrower still: one publishes the
project's images and one measures gates. Neither can read the state, and neither can make anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ferry.bootstrap import policies
from ferry.bootstrap.policies import Document, Place

PUSHES = (
    # What `docker push` and `cosign sign` ask of a repository; nothing that removes.
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:DescribeImages",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)
READ_BY_GATES = ("predictions", "labels", "features")
"""Folders of the evidence store that a gate reads (``ferry/gates/sources.py``)."""


@dataclass(frozen=True)
class Job:
    """A role of the pipeline.

    Attributes:
        trust: who may take it on.
        policy: what it may do.
    """

    trust: Callable[[Place], Document]
    policy: Callable[[Place], Document]


def publish_trust(place: Place) -> Document:
    """Jobs of the environment ``<env>-images``, which only the main branch may use."""
    return policies.trust_of(place, [f"repo:{place.repository}:environment:{place.environment}-images"])


def publish_policy(place: Place) -> Document:
    """Push into this environment's repositories, and read back what was pushed; their tags never move."""
    own = f"arn:aws:ecr:{place.region}:{place.account}:repository/ferry-{place.environment}/*"
    return policies.document(
        # A login to the registry as a whole: ECR knows no narrower resource.
        {"Sid": "Login", "Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
        {"Sid": "Push", "Effect": "Allow", "Action": list(PUSHES), "Resource": own},
    )


def evidence_trust(place: Place) -> Document:
    """Jobs of the environment ``<env>-evidence``, which only the main branch may use."""
    return policies.trust_of(place, [f"repo:{place.repository}:environment:{place.environment}-evidence"])


def evidence_policy(place: Place) -> Document:
    """Read what was recorded, sign what was found, put it beside; never change what was recorded."""
    store = policies.evidence_store(place)
    return policies.document(
        {"Sid": "List", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": store},
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": [f"{store}/{folder}/*" for folder in READ_BY_GATES],
        },
        {"Sid": "Keep", "Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{store}/gates/*"},
        policies.with_key(place, "UseKey", ["kms:Decrypt", "kms:GenerateDataKey"], "data", through_s3=True),
        policies.with_key(place, "Sign", "kms:Sign", "evidence"),
    )


JOBS: Mapping[str, Job] = {
    "preview": Job(policies.preview_trust, policies.preview_policy),
    "apply": Job(policies.apply_trust, policies.apply_policy),
    "publish": Job(publish_trust, publish_policy),
    "evidence": Job(evidence_trust, evidence_policy),
}
"""Purpose → role; the purpose is the end of the role's name and the input of the workflows."""
