"""EKS add-ons, each at its exact version and with a role of its own where it talks to AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.iam import Statement
from infra.roles import ServiceRole
from infra.scope import Component


@dataclass(frozen=True)
class AddonArgs:
    """One add-on.

    Attributes:
        cluster_name: of the cluster that gets it.
        addon: its name at EKS.
        version: exact.
        role: of its service account; None when it never talks to AWS.
        configuration: values of the add-on that differ from its defaults.
    """

    cluster_name: pulumi.Input[str]
    addon: str
    version: str
    role: ServiceRole | None = None
    configuration: Mapping[str, Any] | None = None


class Addon(Component):
    """An add-on that waits for its role to be complete.

    Attributes:
        arn: of the add-on.
    """

    def __init__(self, name: str, args: AddonArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Addon", name, opts)
        self._addon = self._make(args)
        self.arn = self._addon.arn
        self.register_outputs({"arn": self.arn})

    def _make(self, args: AddonArgs) -> aws.eks.Addon:
        configuration = json.dumps(args.configuration, sort_keys=True) if args.configuration else None
        return aws.eks.Addon(
            self.part("addon"),
            cluster_name=args.cluster_name,
            addon_name=args.addon,
            addon_version=args.version,
            service_account_role_arn=args.role.arn if args.role else None,
            configuration_values=configuration,
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            preserve=False,
            opts=self.child(depends_on=[args.role] if args.role else None),
        )


def csi_statements(key_arn: str) -> list[Statement]:
    """What the volumes' driver may do with the one key that encrypts them: use it, and let EC2 use it."""
    return [
        Statement(
            sid="UseTheVolumesKey",
            actions=[
                "kms:Decrypt",
                "kms:Encrypt",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
                "kms:DescribeKey",
                "kms:GenerateDataKeyWithoutPlaintext",
            ],
            resources=[key_arn],
        ),
        Statement(
            sid="LetEc2UseTheVolumesKey",
            actions=["kms:CreateGrant"],
            resources=[key_arn],
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
    ]
