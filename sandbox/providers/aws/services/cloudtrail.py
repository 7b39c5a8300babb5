"""Trails: made, given their selectors, and switched on, which AWS has as three calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sandbox.providers.aws.handler import Change, Handler, Made, Scope, Tags, given, key_values, tag_map
from sandbox.providers.aws.naming import AutoName
from sandbox.providers.base import CheckFailure, Props

_SETTINGS: Final = {
    "s3BucketName": "S3BucketName",
    "s3KeyPrefix": "S3KeyPrefix",
    "snsTopicName": "SnsTopicName",
    "includeGlobalServiceEvents": "IncludeGlobalServiceEvents",
    "isMultiRegionTrail": "IsMultiRegionTrail",
    "isOrganizationTrail": "IsOrganizationTrail",
    "cloudWatchLogsGroupArn": "CloudWatchLogsLogGroupArn",
    "cloudWatchLogsRoleArn": "CloudWatchLogsRoleArn",
    "kmsKeyId": "KmsKeyId",
}
"""Inputs → arguments of CreateTrail and members of its description, where both agree."""

_FIELDS: Final = {
    "field": "Field",
    "equals": "Equals",
    "startsWiths": "StartsWith",
    "endsWiths": "EndsWith",
    "notEquals": "NotEquals",
    "notStartsWiths": "NotStartsWith",
    "notEndsWiths": "NotEndsWith",
}


class Trail(Handler):
    """``aws:cloudtrail/trail:Trail``; its id is its ARN, as of pulumi-aws 6."""

    title = "CloudTrail Trail"
    cfn = "AWS::CloudTrail::Trail"
    names = {
        "name": "TrailName",
        "cloudWatchLogsGroupArn": "CloudWatchLogsLogGroupArn",
        "enableLogging": "IsLogging",
        "advancedEventSelectors": "",
        "eventSelectors": "",
        "insightSelectors": "",
    }
    autoname = AutoName("name", 128)
    defaults = {
        "enableLogFileValidation": False,
        "enableLogging": True,
        "includeGlobalServiceEvents": True,
        "isMultiRegionTrail": False,
        "isOrganizationTrail": False,
    }

    def validate(self, inputs: Props) -> list[CheckFailure]:
        """What CloudTrail refuses when it is asked."""
        found = []
        if inputs.get("eventSelectors") and inputs.get("advancedEventSelectors"):
            reason = (
                '"advancedEventSelectors" conflicts with "eventSelectors": a trail has one kind. Remove one.'
            )
            found.append(CheckFailure("advancedEventSelectors", reason))
        if (inputs.get("cloudWatchLogsGroupArn") is None) != (inputs.get("cloudWatchLogsRoleArn") is None):
            reason = (
                "a log group needs a role that writes to it, and the other way round. Set both or neither."
            )
            found.append(CheckFailure("cloudWatchLogsRoleArn", reason))
        return found

    def create(self, aws: Scope, inputs: Props) -> Made:
        cloudtrail, name = aws.client("cloudtrail"), inputs["name"]
        made = cloudtrail.create_trail(
            Name=name,
            EnableLogFileValidation=inputs["enableLogFileValidation"],
            TagsList=key_values(inputs.get("tagsAll")),
            **given(**{theirs: inputs.get(ours) for ours, theirs in _SETTINGS.items()}),
        )
        self._select(cloudtrail, name, inputs)
        self._switch(cloudtrail, name, on=inputs["enableLogging"])
        return Made(made["TrailARN"], {"arn": made["TrailARN"], "homeRegion": aws.region, "snsTopicArn": ""})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        cloudtrail = aws.client("cloudtrail")
        found = cloudtrail.describe_trails(trailNameList=[id_])["trailList"]
        trail = next((item for item in found if item["TrailARN"] == id_), None)
        if trail is None:
            return None
        name = trail["Name"]
        chosen = cloudtrail.get_event_selectors(TrailName=name)
        tags = cloudtrail.list_tags(ResourceIdList=[id_])["ResourceTagList"][0]["TagsList"]
        return {
            "arn": id_,
            "name": name,
            "homeRegion": trail["HomeRegion"],
            "snsTopicArn": trail.get("SnsTopicARN") or "",
            "enableLogFileValidation": trail["LogFileValidationEnabled"],
            "enableLogging": cloudtrail.get_trail_status(Name=name)["IsLogging"],
            "advancedEventSelectors": [_ours(item) for item in chosen.get("AdvancedEventSelectors") or ()],
            "tagsAll": tag_map(tags),
            **given(**{ours: trail.get(theirs) for ours, theirs in _SETTINGS.items()}),
        }

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        cloudtrail, name = aws.client("cloudtrail"), change.new["name"]
        wanted = {theirs: change.new.get(ours) for ours, theirs in _SETTINGS.items() if ours in change}
        if "enableLogFileValidation" in change:
            wanted["EnableLogFileValidation"] = change.new["enableLogFileValidation"]
        if wanted:
            cloudtrail.update_trail(Name=name, **given(**wanted))
        if change.any("advancedEventSelectors", "eventSelectors"):
            self._select(cloudtrail, name, change.new)
        if "enableLogging" in change:
            self._switch(cloudtrail, name, on=change.new["enableLogging"])

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("cloudtrail").delete_trail(Name=state["name"])

    def retag(self, aws: Scope, id_: str, state: Props, put: Tags, drop: Sequence[str]) -> None:
        cloudtrail = aws.client("cloudtrail")
        if put:
            cloudtrail.add_tags(ResourceId=id_, TagsList=key_values(put))
        if drop:
            cloudtrail.remove_tags(ResourceId=id_, TagsList=[{"Key": key} for key in drop])

    def _select(self, cloudtrail: Any, name: str, inputs: Props) -> None:
        chosen = [_theirs(item) for item in inputs.get("advancedEventSelectors") or ()]
        if chosen:
            cloudtrail.put_event_selectors(TrailName=name, AdvancedEventSelectors=chosen)

    def _switch(self, cloudtrail: Any, name: str, *, on: bool) -> None:
        cloudtrail.start_logging(Name=name) if on else cloudtrail.stop_logging(Name=name)


def _theirs(selector: Props) -> dict[str, Any]:
    fields = [
        {theirs: item[ours] for ours, theirs in _FIELDS.items() if item.get(ours)}
        for item in selector["fieldSelectors"]
    ]
    return {**given(Name=selector.get("name")), "FieldSelectors": fields}


def _ours(selector: dict[str, Any]) -> Props:
    fields = [
        {ours: item[theirs] for ours, theirs in _FIELDS.items() if item.get(theirs)}
        for item in selector["FieldSelectors"]
    ]
    return {**given(name=selector.get("Name")), "fieldSelectors": fields}
