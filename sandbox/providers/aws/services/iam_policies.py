"""Managed policies, their attachments, and OpenID Connect providers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.providers.aws.handler import Change, Handler, Made, Scope, Tags, given, key_values, tag_map
from sandbox.providers.aws.naming import AutoName
from sandbox.providers.aws.services.iam import malformed, text
from sandbox.providers.base import CheckFailure, Props

VERSIONS_KEPT = 5
"""Versions of one managed policy that IAM keeps; the oldest must go before a sixth."""


class Policy(Handler):
    """``aws:iam/policy:Policy``; its id is its ARN. A new document becomes a new default version."""

    title = "IAM Policy"
    cfn = "AWS::IAM::ManagedPolicy"
    names = {"name": "ManagedPolicyName", "policy": "PolicyDocument"}
    autoname = AutoName("name", 255)
    defaults = {"path": "/"}
    replace_on = frozenset({"namePrefix", "description"})
    moves_on_update = frozenset({"attachmentCount"})

    def validate(self, inputs: Props) -> list[CheckFailure]:
        return malformed("policy", inputs)

    def create(self, aws: Scope, inputs: Props) -> Made:
        made = aws.client("iam").create_policy(
            PolicyName=inputs["name"],
            PolicyDocument=inputs["policy"],
            **given(
                Path=inputs.get("path"),
                Description=inputs.get("description"),
                Tags=key_values(inputs.get("tagsAll")) or None,
            ),
        )["Policy"]
        return Made(made["Arn"], _policy(made))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        iam = aws.client("iam")
        found = iam.get_policy(PolicyArn=id_)["Policy"]
        version = iam.get_policy_version(PolicyArn=id_, VersionId=found["DefaultVersionId"])["PolicyVersion"]
        return _policy(found) | {"policy": text(version["Document"]), "tagsAll": tag_map(found.get("Tags"))}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        iam = aws.client("iam")
        versions = iam.list_policy_versions(PolicyArn=id_)["Versions"]
        if len(versions) >= VERSIONS_KEPT:
            oldest = min(
                (version for version in versions if not version["IsDefaultVersion"]),
                key=lambda version: version["CreateDate"],
            )
            iam.delete_policy_version(PolicyArn=id_, VersionId=oldest["VersionId"])
        iam.create_policy_version(PolicyArn=id_, PolicyDocument=change.new["policy"], SetAsDefault=True)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        iam = aws.client("iam")
        for version in iam.list_policy_versions(PolicyArn=id_)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=id_, VersionId=version["VersionId"])
        iam.delete_policy(PolicyArn=id_)

    def retag(self, aws: Scope, id_: str, state: Props, put: Tags, drop: Sequence[str]) -> None:
        if put:
            aws.client("iam").tag_policy(PolicyArn=id_, Tags=key_values(put))
        if drop:
            aws.client("iam").untag_policy(PolicyArn=id_, TagKeys=list(drop))


def _policy(policy: dict[str, Any]) -> Props:
    return {
        "arn": policy["Arn"],
        "name": policy["PolicyName"],
        "path": policy["Path"],
        "policyId": policy["PolicyId"],
        "attachmentCount": policy.get("AttachmentCount", 0),
        **given(description=policy.get("Description") or None),
    }


class RolePolicyAttachment(Handler):
    """``aws:iam/rolePolicyAttachment:RolePolicyAttachment``; its id is ``<role>/<policy ARN>``."""

    title = "IAM Role Policy Attachment"
    replaced_first_deleted = True
    replace_on = frozenset({"role", "policyArn"})

    def create(self, aws: Scope, inputs: Props) -> Made:
        aws.client("iam").attach_role_policy(RoleName=inputs["role"], PolicyArn=inputs["policyArn"])
        return Made(f"{inputs['role']}/{inputs['policyArn']}")

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        role, _, arn = id_.partition("/")
        pages = aws.client("iam").get_paginator("list_attached_role_policies").paginate(RoleName=role)
        attached = {policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"]}
        return {"role": role, "policyArn": arn} if arn in attached else None

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        """Both inputs force a new attachment."""

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("iam").detach_role_policy(RoleName=state["role"], PolicyArn=state["policyArn"])


class OpenIdConnectProvider(Handler):
    """``aws:iam/openIdConnectProvider:OpenIdConnectProvider``; its id is its ARN."""

    title = "IAM OIDC Provider"
    cfn = "AWS::IAM::OIDCProvider"
    names = {"clientIdLists": "ClientIdList", "thumbprintLists": "ThumbprintList"}

    def create(self, aws: Scope, inputs: Props) -> Made:
        arn = aws.client("iam").create_open_id_connect_provider(
            Url=inputs["url"],
            ClientIDList=inputs["clientIdLists"],
            ThumbprintList=inputs.get("thumbprintLists") or [_NO_THUMBPRINT],
            **given(Tags=key_values(inputs.get("tagsAll")) or None),
        )["OpenIDConnectProviderArn"]
        return Made(arn, {"arn": arn, "thumbprintLists": inputs.get("thumbprintLists") or [_NO_THUMBPRINT]})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = aws.client("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=id_)
        url = found["Url"]
        return {
            "arn": id_,
            "url": url if url.startswith("https://") else f"https://{url}",
            "clientIdLists": found["ClientIDList"],
            "thumbprintLists": found["ThumbprintList"],
            "tagsAll": tag_map(found.get("Tags")),
        }

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        iam = aws.client("iam")
        if change.new.get("thumbprintLists") and "thumbprintLists" in change:
            iam.update_open_id_connect_provider_thumbprint(
                OpenIDConnectProviderArn=id_, ThumbprintList=change.new["thumbprintLists"]
            )
        old, new = set(change.old["clientIdLists"]), set(change.new["clientIdLists"])
        for client in sorted(new - old):
            iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=id_, ClientID=client)
        for client in sorted(old - new):
            iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=id_, ClientID=client)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=id_)

    def retag(self, aws: Scope, id_: str, state: Props, put: Tags, drop: Sequence[str]) -> None:
        iam = aws.client("iam")
        if put:
            iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=id_, Tags=key_values(put))
        if drop:
            iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=id_, TagKeys=list(drop))


_NO_THUMBPRINT = "9" * 40
"""AWS reads the issuer's thumbprint when none is given; the emulated issuer has no certificate."""
