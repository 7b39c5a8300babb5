"""A service's IAM role with managed policies: the component's own building block."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws


class ServiceRole(pulumi.ComponentResource):
    """An IAM role that a service assumes, with AWS-managed policies attached.

    ``ready`` lists the role and its attachments: what depends on the role's rights depends on all of them.
    """

    def __init__(
        self,
        name: str,
        service: str,
        policies: Sequence[str],
        opts: pulumi.ResourceOptions,
        *,
        partition: pulumi.Input[str],
        description: str | None = None,
        tags: Any = None,
        actions: Sequence[str] = ("sts:AssumeRole",),
    ) -> None:
        super().__init__("eks:index:ServiceRole", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.role = aws.iam.Role(
            f"{name}-role",
            description=description,
            assume_role_policy=_trust(service, actions),
            tags=tags,
            opts=child,
        )
        attachments = [
            aws.iam.RolePolicyAttachment(
                f"{name}-{_short_hash(f'arn:aws:iam::aws:policy/{policy}')}",
                policy_arn=pulumi.Output.concat("arn:", partition, ":iam::aws:policy/", policy),
                role=self.role.id,
                opts=child,
            )
            for policy in policies
        ]
        self.ready: list[pulumi.Resource] = [self.role, *attachments]
        self.register_outputs({"resolvedRole": self.role, "directRole": self.role})


def _trust(service: str, actions: Sequence[str]) -> str:
    statement = {"Action": list(actions), "Effect": "Allow", "Principal": {"Service": [service]}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))


def _short_hash(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:8]
