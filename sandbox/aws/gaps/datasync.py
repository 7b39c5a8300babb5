"""DataSync: locations and tasks as they are described. moto has some, in an account that is not this one.

Nothing is moved here: a task can be made, changed and read, and starting one is not emulated.
"""

from __future__ import annotations

import secrets
import time
from http import HTTPStatus
from typing import Any, Final

from moto.datasync.models import datasync_backends

from sandbox.aws.gaps.asking import Ask, Gap
from sandbox.aws.identity import role_of
from sandbox.aws.wire import RefusedError

_SERVICE: Final = "datasync.amazonaws.com"


def _kept(ask: Ask, kind: str) -> dict[str, dict[str, Any]]:
    """Locations or tasks of the account and region, by ARN; they end with moto's own state."""
    backend = datasync_backends[ask.account][ask.region]
    found: dict[str, dict[str, Any]] = vars(backend).setdefault(f"ferry_{kind}", {})
    return found


def _invalid(message: str) -> RefusedError:
    return RefusedError("InvalidRequestException", message, HTTPStatus.BAD_REQUEST)


def _found(ask: Ask, kind: str, arn: str) -> dict[str, Any]:
    held = _kept(ask, kind).get(arn)
    if held is None:
        raise _invalid(f"{kind.removesuffix('s').capitalize()} {arn} is not found.")
    return held


def _keep(ask: Ask, kind: str, record: dict[str, Any]) -> str:
    word = "location/loc" if kind == "locations" else "task/task"
    arn = f"arn:aws:datasync:{ask.region}:{ask.account}:{word}-0{secrets.token_hex(8)}"
    tags = {tag["Key"]: tag.get("Value", "") for tag in ask.params.get("Tags") or ()}
    _kept(ask, kind)[arn] = {**record, "arn": arn, "made": time.time(), "tags": tags}
    return arn


def create_s3(ask: Ask) -> object:
    """CreateLocationS3; refused when DataSync may not take the role, which it tries at once."""
    role = str(ask.params["S3Config"]["BucketAccessRoleArn"])
    known = role_of(ask.account, role)
    if known is None or _SERVICE not in str(known.assume_role_policy_document):
        raise _invalid(f"Unable to assume role. Reason: Access denied when calling sts:AssumeRole: {role}")
    bucket = str(ask.params["S3BucketArn"]).rsplit(":", 1)[-1]
    path = _slashed(str(ask.params.get("Subdirectory") or "/"))
    record = {
        "LocationUri": f"s3://{bucket}{path}",
        "S3StorageClass": ask.params.get("S3StorageClass") or "STANDARD",
        "S3Config": ask.params["S3Config"],
    }
    return {"LocationArn": _keep(ask, "locations", record)}


def create_nfs(ask: Ask) -> object:
    """CreateLocationNfs; the agents are beside the data, so nobody asks them here."""
    path = _slashed(str(ask.params["Subdirectory"]))
    record = {
        "LocationUri": f"nfs://{ask.params['ServerHostname']}{path}",
        "OnPremConfig": ask.params["OnPremConfig"],
        "MountOptions": ask.params.get("MountOptions") or {"Version": "AUTOMATIC"},
    }
    return {"LocationArn": _keep(ask, "locations", record)}


def _slashed(path: str) -> str:
    """As DataSync writes a directory: a slash at both ends."""
    return f"/{path.strip('/')}/" if path.strip("/") else "/"


def describe_location(ask: Ask) -> object:
    """DescribeLocationS3 and DescribeLocationNfs."""
    held = _found(ask, "locations", str(ask.params["LocationArn"]))
    hidden = ("arn", "made", "tags")
    shown = {key: value for key, value in held.items() if key not in hidden}
    return {"LocationArn": held["arn"], "CreationTime": held["made"], **shown}


def delete_location(ask: Ask) -> object:
    """DeleteLocation; refused while a task uses it."""
    arn = str(ask.params["LocationArn"])
    _found(ask, "locations", arn)
    for task in _kept(ask, "tasks").values():
        if arn in (task["SourceLocationArn"], task["DestinationLocationArn"]):
            raise _invalid(f"Location {arn} is in use by task {task['arn']}.")
    _kept(ask, "locations").pop(arn)
    return {}


def list_locations(ask: Ask) -> object:
    """ListLocations."""
    held = _kept(ask, "locations").values()
    return {"Locations": [{"LocationArn": one["arn"], "LocationUri": one["LocationUri"]} for one in held]}


_TASK: Final = ("Name", "CloudWatchLogGroupArn", "Options", "Excludes", "Includes", "Schedule")


def create_task(ask: Ask) -> object:
    """CreateTask; both locations must exist."""
    ends = {key: str(ask.params[key]) for key in ("SourceLocationArn", "DestinationLocationArn")}
    for arn in ends.values():
        _found(ask, "locations", arn)
    given = {key: ask.params[key] for key in _TASK if ask.params.get(key) is not None}
    mode = ask.params.get("TaskMode") or "BASIC"
    return {"TaskArn": _keep(ask, "tasks", {**ends, **given, "TaskMode": mode})}


def update_task(ask: Ask) -> object:
    """UpdateTask: what is named changes."""
    task = _found(ask, "tasks", str(ask.params["TaskArn"]))
    task.update({key: ask.params[key] for key in _TASK if key in ask.params})
    return {}


def describe_task(ask: Ask) -> object:
    """DescribeTask."""
    held = _found(ask, "tasks", str(ask.params["TaskArn"]))
    shown = {key: value for key, value in held.items() if key not in ("arn", "made", "tags")}
    return {"TaskArn": held["arn"], "Status": "AVAILABLE", "CreationTime": held["made"], **shown}


def delete_task(ask: Ask) -> object:
    """DeleteTask."""
    arn = str(ask.params["TaskArn"])
    _found(ask, "tasks", arn)
    _kept(ask, "tasks").pop(arn)
    return {}


def list_tasks(ask: Ask) -> object:
    """ListTasks."""
    held = _kept(ask, "tasks").values()
    return {
        "Tasks": [{"TaskArn": one["arn"], "Status": "AVAILABLE", "Name": one.get("Name")} for one in held]
    }


def _tagged(ask: Ask) -> dict[str, str]:
    arn = str(ask.params["ResourceArn"])
    kind = "tasks" if ":task/" in arn else "locations"
    tags: dict[str, str] = _found(ask, kind, arn)["tags"]
    return tags


def list_tags(ask: Ask) -> object:
    """ListTagsForResource."""
    return {"Tags": [{"Key": key, "Value": value} for key, value in _tagged(ask).items()]}


def tag(ask: Ask) -> object:
    """TagResource."""
    _tagged(ask).update({one["Key"]: one.get("Value", "") for one in ask.params["Tags"]})
    return {}


def untag(ask: Ask) -> object:
    """UntagResource."""
    for key in ask.params["Keys"]:
        _tagged(ask).pop(key, None)
    return {}


GAP = Gap(
    "datasync",
    {
        "CreateLocationS3": create_s3,
        "CreateLocationNfs": create_nfs,
        "DescribeLocationS3": describe_location,
        "DescribeLocationNfs": describe_location,
        "DeleteLocation": delete_location,
        "ListLocations": list_locations,
        "CreateTask": create_task,
        "UpdateTask": update_task,
        "DescribeTask": describe_task,
        "DeleteTask": delete_task,
        "ListTasks": list_tasks,
        "ListTagsForResource": list_tags,
        "TagResource": tag,
        "UntagResource": untag,
    },
)
