"""What all EC2 handlers share: tags by resource id, tag specifications, and finding one thing by its id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from sandbox.providers.aws.handler import Handler, Scope, Tags, key_values, tag_map
from sandbox.providers.base import Props


class Ec2Handler(Handler):
    """An EC2 resource, tagged by its id."""

    kind: ClassVar[str] = ""
    """EC2's word for it in tag specifications: ``vpc``."""

    def tagged(self, inputs: Props) -> dict[str, Any]:
        """The TagSpecifications argument, or nothing when there are no tags."""
        tags = key_values(inputs.get("tagsAll"))
        return {"TagSpecifications": [{"ResourceType": self.kind, "Tags": tags}]} if tags else {}

    def retag(self, aws: Scope, id_: str, state: Props, put: Tags, drop: Sequence[str]) -> None:
        """Put and drop tags by resource id."""
        if put:
            aws.client("ec2").create_tags(Resources=[id_], Tags=key_values(put))
        if drop:
            aws.client("ec2").delete_tags(Resources=[id_], Tags=[{"Key": key} for key in drop])


def tags_of(thing: dict[str, Any]) -> dict[str, str]:
    """The tags of any described EC2 thing."""
    return tag_map(thing.get("Tags"))


def first(things: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The one thing that was asked for, or None when it is gone."""
    return things[0] if things else None
