"""Launch templates: every change of content is a new version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.providers.aws.handler import Change, Made, Scope, given, key_values
from sandbox.providers.aws.naming import AutoName
from sandbox.providers.aws.services.convert import from_aws, to_aws
from sandbox.providers.aws.services.ec2 import Ec2Handler, first, tags_of
from sandbox.providers.base import Props
from sandbox.providers.codec import Value

_NAMES: Final[Mapping[str, str]] = {
    "vpcSecurityGroupIds": "SecurityGroupIds",
    "securityGroupNames": "SecurityGroups",
    "subnetId": "SubnetId",
    "securityGroups": "Groups",
    "httpProtocolIpv6": "HttpProtocolIpv6",
}
_ABOUT: Final = frozenset(
    {
        "name",
        "namePrefix",
        "description",
        "tags",
        "tagsAll",
        "region",
        "updateDefaultVersion",
        "defaultVersion",
    }
)
_TEXT_FLAGS: Final = frozenset(
    {"encrypted", "deleteOnTermination", "ebsOptimized", "associatePublicIpAddress"}
)
"""Booleans that the provider takes as text, so that "not set" can be told from false."""


class LaunchTemplate(Ec2Handler):
    """``aws:ec2/launchTemplate:LaunchTemplate``."""

    title = "EC2 Launch Template"
    kind = "launch-template"
    autoname = AutoName("name", 125)
    replace_on = frozenset({"name", "namePrefix"})
    moves_on_update = frozenset({"latestVersion", "defaultVersion"})

    def create(self, aws: Scope, inputs: Props) -> Made:
        made = aws.client("ec2").create_launch_template(
            LaunchTemplateName=inputs["name"],
            LaunchTemplateData=_content(inputs),
            **given(VersionDescription=inputs.get("description")),
            **self.tagged(inputs),
        )["LaunchTemplate"]
        return Made(made["LaunchTemplateId"], _template(aws, made))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        ec2 = aws.client("ec2")
        found = first(ec2.describe_launch_templates(LaunchTemplateIds=[id_])["LaunchTemplates"])
        if found is None:
            return None
        version = ec2.describe_launch_template_versions(LaunchTemplateId=id_, Versions=["$Latest"])
        data = version["LaunchTemplateVersions"][0]["LaunchTemplateData"]
        plain = {key: value for key, value in from_aws(data, _NAMES).items() if isinstance(value, str | int)}
        return _template(aws, found) | plain | {"tagsAll": tags_of(found)}

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        ec2, new = aws.client("ec2"), change.new
        if change.keys - _ABOUT or "description" in change:
            made = ec2.create_launch_template_version(
                LaunchTemplateId=id_,
                LaunchTemplateData=_content(new),
                **given(VersionDescription=new.get("description")),
            )["LaunchTemplateVersion"]
            if new.get("updateDefaultVersion"):
                ec2.modify_launch_template(LaunchTemplateId=id_, DefaultVersion=str(made["VersionNumber"]))
        if "defaultVersion" in change and new.get("defaultVersion"):
            ec2.modify_launch_template(LaunchTemplateId=id_, DefaultVersion=str(new["defaultVersion"]))

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("ec2").delete_launch_template(LaunchTemplateId=id_)


def _template(aws: Scope, template: dict[str, Any]) -> Props:
    return {
        "arn": aws.arn("ec2", f"launch-template/{template['LaunchTemplateId']}"),
        "name": template["LaunchTemplateName"],
        "defaultVersion": template["DefaultVersionNumber"],
        "latestVersion": template["LatestVersionNumber"],
    }


def _content(inputs: Props) -> dict[str, Any]:
    """What an instance is launched with, as EC2 takes it."""
    data = {key: _flags(key, value) for key, value in inputs.items() if key not in _ABOUT}
    specifications = data.pop("tagSpecifications", None) or []
    content: dict[str, Any] = to_aws(data, _NAMES)
    if specifications:
        content["TagSpecifications"] = [
            {"ResourceType": item["resourceType"], "Tags": key_values(item.get("tags"))}
            for item in specifications
        ]
    return content


def _flags(key: str, value: Value) -> Value:
    match value:
        case dict():
            return {inner: _flags(inner, item) for inner, item in value.items()}
        case list():
            return [_flags(key, item) for item in value]
        case str() if key in _TEXT_FLAGS:
            return value == "true"
    return value
