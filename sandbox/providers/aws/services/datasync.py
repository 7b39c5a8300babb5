"""DataSync: where data come from and go to, and the tasks between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sandbox.providers.aws.handler import Change, Handler, Made, Scope, Tags, given, key_values, tag_map
from sandbox.providers.aws.services.convert import from_aws, to_aws
from sandbox.providers.base import Props

_DEFAULT_OPTIONS: Final[Props] = {
    # What pulumi-aws documents as the defaults of a task's options.
    "atime": "BEST_EFFORT",
    "bytesPerSecond": -1,
    "gid": "INT_VALUE",
    "logLevel": "OFF",
    "mtime": "PRESERVE",
    "objectTags": "PRESERVE",
    "overwriteMode": "ALWAYS",
    "posixPermissions": "PRESERVE",
    "preserveDeletedFiles": "PRESERVE",
    "preserveDevices": "NONE",
    "taskQueueing": "ENABLED",
    "transferMode": "CHANGED",
    "uid": "INT_VALUE",
    "verifyMode": "POINT_IN_TIME_CONSISTENT",
}


class DataSyncHandler(Handler):
    """A resource of DataSync; its id is its ARN, by which it is tagged."""

    def retag(self, aws: Scope, id_: str, state: Props, put: Tags, drop: Sequence[str]) -> None:
        client = aws.client("datasync")
        if put:
            client.tag_resource(ResourceArn=id_, Tags=key_values(put))
        if drop:
            client.untag_resource(ResourceArn=id_, Keys=list(drop))

    def tags(self, aws: Scope, arn: str) -> dict[str, str]:
        """Live tags."""
        return tag_map(aws.client("datasync").list_tags_for_resource(ResourceArn=arn)["Tags"])


class S3Location(DataSyncHandler):
    """``aws:datasync/s3Location:S3Location``; every change but of tags is a new one."""

    title = "DataSync Location S3"
    cfn = "AWS::DataSync::LocationS3"
    names = {"subdirectory": ""}
    replace_on = frozenset({"agentArns", "s3BucketArn", "s3Config", "s3StorageClass", "subdirectory"})

    def create(self, aws: Scope, inputs: Props) -> Made:
        made = aws.client("datasync").create_location_s3(
            S3BucketArn=inputs["s3BucketArn"],
            Subdirectory=inputs["subdirectory"],
            S3Config={"BucketAccessRoleArn": inputs["s3Config"]["bucketAccessRoleArn"]},
            Tags=key_values(inputs.get("tagsAll")),
            **given(S3StorageClass=inputs.get("s3StorageClass")),
        )
        found = aws.client("datasync").describe_location_s3(LocationArn=made["LocationArn"])
        return Made(made["LocationArn"], _s3(found))

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = aws.client("datasync").describe_location_s3(LocationArn=id_)
        bucket, _, path = str(found["LocationUri"]).removeprefix("s3://").partition("/")
        return {
            **_s3(found),
            "s3BucketArn": f"arn:aws:s3:::{bucket}",
            "subdirectory": _same_path(state, path),
            "s3Config": {"bucketAccessRoleArn": found["S3Config"]["BucketAccessRoleArn"]},
            "tagsAll": self.tags(aws, id_),
        }

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("datasync").delete_location(LocationArn=id_)


def _s3(found: dict[str, Any]) -> Props:
    return {
        "arn": found["LocationArn"],
        "uri": found["LocationUri"],
        "s3StorageClass": found["S3StorageClass"],
    }


def _same_path(state: Props, path: str) -> str:
    """As it was given, if it means the same: DataSync adds a slash at the end, which the provider ignores."""
    given_path, live = str(state.get("subdirectory") or ""), f"/{path}"
    if given_path.rstrip("/") == live.rstrip("/") and given_path:
        return given_path
    return live.rstrip("/") or "/"


class NfsLocation(DataSyncHandler):
    """``aws:datasync/nfsLocation:NfsLocation``; its server and path are a new one, its options are not."""

    title = "DataSync Location NFS"
    cfn = "AWS::DataSync::LocationNFS"
    names = {"subdirectory": "", "serverHostname": ""}
    replace_on = frozenset({"serverHostname", "subdirectory", "mountOptions", "onPremConfig"})

    def create(self, aws: Scope, inputs: Props) -> Made:
        made = aws.client("datasync").create_location_nfs(
            ServerHostname=inputs["serverHostname"],
            Subdirectory=inputs["subdirectory"],
            OnPremConfig={"AgentArns": inputs["onPremConfig"]["agentArns"]},
            Tags=key_values(inputs.get("tagsAll")),
            **given(MountOptions=to_aws(inputs.get("mountOptions"))),
        )
        found = aws.client("datasync").describe_location_nfs(LocationArn=made["LocationArn"])
        return Made(made["LocationArn"], {"arn": made["LocationArn"], "uri": found["LocationUri"]})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = aws.client("datasync").describe_location_nfs(LocationArn=id_)
        server, _, path = str(found["LocationUri"]).removeprefix("nfs://").partition("/")
        mount = from_aws(found.get("MountOptions"))
        asked = state.get("mountOptions") is not None or not state
        return {
            "arn": id_,
            "uri": found["LocationUri"],
            "serverHostname": server,
            "subdirectory": _same_path(state, path),
            "onPremConfig": {"agentArns": found["OnPremConfig"]["AgentArns"]},
            "tagsAll": self.tags(aws, id_),
            **given(mountOptions=mount if asked else None),
        }

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("datasync").delete_location(LocationArn=id_)


class Task(DataSyncHandler):
    """``aws:datasync/task:Task``."""

    title = "DataSync Task"
    cfn = "AWS::DataSync::Task"
    names = {"cloudwatchLogGroupArn": "CloudWatchLogGroupArn", "excludes": "", "includes": ""}
    replace_on = frozenset({"sourceLocationArn", "destinationLocationArn", "taskMode"})

    def fill(self, inputs: Props) -> Props:
        """Options that were not given have defaults."""
        options = inputs.get("options")
        filled = {**_DEFAULT_OPTIONS, **(options or {})} if isinstance(options, dict | None) else options
        return {**inputs, "options": filled}

    def create(self, aws: Scope, inputs: Props) -> Made:
        made = aws.client("datasync").create_task(
            SourceLocationArn=inputs["sourceLocationArn"],
            DestinationLocationArn=inputs["destinationLocationArn"],
            Tags=key_values(inputs.get("tagsAll")),
            **_settings(inputs),
            **given(TaskMode=inputs.get("taskMode")),
        )
        found = aws.client("datasync").describe_task(TaskArn=made["TaskArn"])
        return Made(made["TaskArn"], {"arn": made["TaskArn"], "taskMode": found["TaskMode"]})

    def read(self, aws: Scope, id_: str, state: Props) -> Props | None:
        found = aws.client("datasync").describe_task(TaskArn=id_)
        return {
            "arn": id_,
            "name": found.get("Name", ""),
            "sourceLocationArn": found["SourceLocationArn"],
            "destinationLocationArn": found["DestinationLocationArn"],
            "options": from_aws(found["Options"]),
            "taskMode": found["TaskMode"],
            "tagsAll": self.tags(aws, id_),
            **given(cloudwatchLogGroupArn=found.get("CloudWatchLogGroupArn")),
            **given(schedule=from_aws(found["Schedule"]) if found.get("Schedule") else None),
        }

    def update(self, aws: Scope, id_: str, change: Change) -> None:
        aws.client("datasync").update_task(TaskArn=id_, **_settings(change.new))

    def delete(self, aws: Scope, id_: str, state: Props) -> None:
        aws.client("datasync").delete_task(TaskArn=id_)


def _settings(inputs: Props) -> dict[str, Any]:
    """What can change in place."""
    return given(
        Name=inputs.get("name"),
        CloudWatchLogGroupArn=inputs.get("cloudwatchLogGroupArn"),
        Options=to_aws(inputs.get("options")),
        Schedule=to_aws(inputs.get("schedule")),
    )
