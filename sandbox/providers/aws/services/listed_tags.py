"""Tags as RDS and ElastiCache keep them: listed, added and removed by the resource's ARN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sandbox.providers.aws.handler import Handler, Scope, Tags, key_values, tag_map
from sandbox.providers.base import Props


class ListedTags(Handler):
    """A resource of ``service``, tagged by its ARN."""

    service: ClassVar[str]

    def retag(self, aws: Scope, id_: str, state: Props, put: Tags, drop: Sequence[str]) -> None:
        client, arn = aws.client(self.service), state["arn"]
        if put:
            client.add_tags_to_resource(ResourceName=arn, Tags=key_values(put))
        if drop:
            client.remove_tags_from_resource(ResourceName=arn, TagKeys=list(drop))

    def tags(self, aws: Scope, arn: str) -> dict[str, str]:
        """Live tags."""
        return tag_map(aws.client(self.service).list_tags_for_resource(ResourceName=arn)["TagList"])
