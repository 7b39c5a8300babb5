"""Roles, their inline policies, and instance profiles."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sandbox.providers.aws.handler import Change, Handler, Made, Scope, Tags, given, key_values, tag_map
from sandbox.providers.aws.naming import AutoName
from sandbox.providers.aws.refusals import is_gone
from sandbox.providers.base import CheckFailure, Props
from sandbox.providers.codec import UNKNOWN


def text(document: Any) -> str:
    """A policy document as text: boto3 decodes what IAM returns."""
    return document if isinstance(document, str) else json.dumps(document)


def malformed(key: str, inputs: Props) -> list[CheckFailure]:
    """IAM's MalformedPolicyDocument, found before anything is sent."""
    document = inputs.get(key)
    if document is None or document is UNKNOWN or not isinstance(document, str):
        return []
    try:
        parsed = json.loads(document)
    except ValueError as error:
        return [
            CheckFailure(key, f'"{key}" contains an invalid JSON policy: {error}. Build it with json.dumps.')
        ]
    if isinstance(parsed, dict) and "Statement" in parsed:
        return []
    return [CheckFailure(key, f'"{key}" is no policy document: it has no Statement. Add one.')]


class Role(Handler):
    """``aws:iam/role:Role``."""

    title = "IAM Role"
    cfn = "AWS::IAM::Role"
    names = {"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"}
    autoname = AutoName("name", 64)
    defaults = {"forceDetachPolicies": False, "maxSessionDuration": 3600, "path": "/"}
    replace_on = frozenset({"namePrefix"})

    def validate(self, inputs: Props) -> list[CheckFailure]:
        return malformed("assumeRolePolicy", inputs)

    def create(self, aws: Scope, inputs: Props) -> Made:
        iam = aws.client("iam")
        made = iam.create_role(
            RoleName=inputs["name"],
            AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
            **given(
                Path=inputs.get("path"),
                Description=inputs.get("description"),
                MaxSessionDuration=inputs.get("maxSessionDuration"),
                PermissionsBoundary=inputs.get("permissionsBoundary"),
                Tags=key_values(inputs.get("tagsAll")) or None,
            ),
        )["Role"]
        for arn in inputs.get("managedPolicyArns") or ():
            iam.attach_role_policy(RoleName=inputs["name"], PolicyArn=arn)
        for policy in inputs.get("inlinePolicies") or ():
            if policy.get("policy"):
                iam.put_role_policy(
                    RoleName=inputs["name"], PolicyName=policy["name"], PolicyDocument=policy["policy"]
                )
        return Made(inputs["name"], _role(made))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        role = aws.client("iam").get_role(RoleName=id_)["Role"]
        return _role(role) | {
            "assumeRolePolicy": text(role["AssumeRolePolicyDocument"]),
            "tagsAll": tag_map(role.get("Tags")),
        }

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        iam, new = aws.client("iam"), change.new
        if "assumeRolePolicy" in change:
            iam.update_assume_role_policy(RoleName=id_, PolicyDocument=new["assumeRolePolicy"])
        if change.any("description", "maxSessionDuration"):
            iam.update_role(
                RoleName=id_,
                Description=new.get("description") or "",
                MaxSessionDuration=new["maxSessionDuration"],
            )
        if "permissionsBoundary" in change:
            if new.get("permissionsBoundary"):
                iam.put_role_permissions_boundary(
                    RoleName=id_, PermissionsBoundary=new["permissionsBoundary"]
                )
            else:
                iam.delete_role_permissions_boundary(RoleName=id_)
        if "managedPolicyArns" in change:
            old_arns, new_arns = (
                set(change.old.get("managedPolicyArns") or ()),
                set(new.get("managedPolicyArns") or ()),
            )
            for arn in sorted(old_arns - new_arns):
                iam.detach_role_policy(RoleName=id_, PolicyArn=arn)
            for arn in sorted(new_arns - old_arns):
                iam.attach_role_policy(RoleName=id_, PolicyArn=arn)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        iam = aws.client("iam")
        if state.get("forceDetachPolicies"):
            for policy in iam.list_attached_role_policies(RoleName=id_)["AttachedPolicies"]:
                iam.detach_role_policy(RoleName=id_, PolicyArn=policy["PolicyArn"])
        else:
            for arn in state.get("managedPolicyArns") or ():
                iam.detach_role_policy(RoleName=id_, PolicyArn=arn)
        for policy in state.get("inlinePolicies") or ():
            iam.delete_role_policy(RoleName=id_, PolicyName=policy["name"])
        iam.delete_role(RoleName=id_)

    def retag(self, aws: Scope, id_: str, state: Props, put: Tags, drop: Sequence[str]) -> None:
        if put:
            aws.client("iam").tag_role(RoleName=id_, Tags=key_values(put))
        if drop:
            aws.client("iam").untag_role(RoleName=id_, TagKeys=list(drop))


def _role(role: dict[str, Any]) -> Props:
    boundary = (role.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
    return {
        "arn": role["Arn"],
        "name": role["RoleName"],
        "path": role["Path"],
        "uniqueId": role["RoleId"],
        "createDate": role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        **given(
            description=role.get("Description"),
            maxSessionDuration=role.get("MaxSessionDuration"),
            permissionsBoundary=boundary,
        ),
    }


class RolePolicy(Handler):
    """``aws:iam/rolePolicy:RolePolicy``; its id is ``<role>:<name>``."""

    title = "IAM Role Policy"
    cfn = "AWS::IAM::RolePolicy"
    names = {"role": "RoleName", "name": "PolicyName", "policy": "PolicyDocument"}
    autoname = AutoName("name", 255)
    replace_on = frozenset({"namePrefix"})

    def validate(self, inputs: Props) -> list[CheckFailure]:
        return malformed("policy", inputs)

    def create(self, aws: Scope, inputs: Props) -> Made:
        self._put(aws, inputs)
        return Made(f"{inputs['role']}:{inputs['name']}")

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        role, _, name = id_.partition(":")
        found = aws.client("iam").get_role_policy(RoleName=role, PolicyName=name)
        return {"role": role, "name": name, "policy": text(found["PolicyDocument"])}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        self._put(aws, change.new)

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        role, _, name = id_.partition(":")
        aws.client("iam").delete_role_policy(RoleName=role, PolicyName=name)

    def _put(self, aws: Scope, inputs: Props) -> None:
        aws.client("iam").put_role_policy(
            RoleName=inputs["role"], PolicyName=inputs["name"], PolicyDocument=inputs["policy"]
        )


class InstanceProfile(Handler):
    """``aws:iam/instanceProfile:InstanceProfile``; its role changes in place."""

    title = "IAM Instance Profile"
    cfn = "AWS::IAM::InstanceProfile"
    names = {"name": "InstanceProfileName", "role": ""}
    autoname = AutoName("name", 255)
    defaults = {"path": "/"}
    replace_on = frozenset({"namePrefix"})

    def create(self, aws: Scope, inputs: Props) -> Made:
        iam, name = aws.client("iam"), inputs["name"]
        made = iam.create_instance_profile(
            InstanceProfileName=name,
            **given(Path=inputs.get("path"), Tags=key_values(inputs.get("tagsAll")) or None),
        )["InstanceProfile"]
        if inputs.get("role"):
            iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=inputs["role"])
        return Made(name, _profile(made) | given(role=inputs.get("role")))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = aws.client("iam").get_instance_profile(InstanceProfileName=id_)["InstanceProfile"]
        return _profile(found) | {"tagsAll": tag_map(found.get("Tags"))}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        iam = aws.client("iam")
        if change.old.get("role"):
            iam.remove_role_from_instance_profile(InstanceProfileName=id_, RoleName=change.old["role"])
        if change.new.get("role"):
            iam.add_role_to_instance_profile(InstanceProfileName=id_, RoleName=change.new["role"])

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        iam = aws.client("iam")
        if state.get("role"):
            try:
                iam.remove_role_from_instance_profile(InstanceProfileName=id_, RoleName=state["role"])
            except Exception as error:
                if not is_gone(error):
                    raise
        iam.delete_instance_profile(InstanceProfileName=id_)

    def retag(self, aws: Scope, id_: str, state: Props, put: Tags, drop: Sequence[str]) -> None:
        if put:
            aws.client("iam").tag_instance_profile(InstanceProfileName=id_, Tags=key_values(put))
        if drop:
            aws.client("iam").untag_instance_profile(InstanceProfileName=id_, TagKeys=list(drop))


def _profile(profile: dict[str, Any]) -> Props:
    roles = profile.get("Roles") or []
    return {
        "arn": profile["Arn"],
        "name": profile["InstanceProfileName"],
        "path": profile["Path"],
        "uniqueId": profile["InstanceProfileId"],
        "createDate": profile["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        **({"role": roles[0]["RoleName"]} if roles else {}),
    }
